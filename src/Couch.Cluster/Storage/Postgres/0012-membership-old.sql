-- What a silo that starts may do about rows of silos that are not there any more. No silo's clock is asked, and the database's
-- alone is not believed either: it may have been set back, or another database may have taken over. A lease is promised for four
-- and a half seconds (LeaseRenewal), so no wait for one is longer, and one that has stood still for longer is over.

-- As before, but that a death waits for no longer than a lease lasts. The row is locked meanwhile, so nobody renews it.
CREATE OR REPLACE FUNCTION couch_membership_update(
  of_deployment text, of_address text, of_port integer, of_generation integer,
  to_status integer, to_suspect_times text, alive timestamptz, known_version integer)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  promised timestamptz;
BEGIN
  UPDATE membership_version SET version = version + 1, changed_at = now()
  WHERE deployment_id = of_deployment AND version = known_version
    AND EXISTS (
      SELECT FROM membership
      WHERE deployment_id = of_deployment AND address = of_address AND port = of_port AND generation = of_generation);
  IF NOT FOUND THEN
    RETURN false;
  END IF;

  -- The silo itself may have given a later sign of life meanwhile.
  UPDATE membership
  SET status = to_status, suspect_times = to_suspect_times, i_am_alive_time = greatest(i_am_alive_time, alive)
  WHERE deployment_id = of_deployment AND address = of_address AND port = of_port AND generation = of_generation
  RETURNING lease_until INTO promised;
  IF NOT FOUND THEN
    RETURN false;
  END IF;

  IF to_status = 6 AND promised > clock_timestamp() THEN
    PERFORM pg_sleep(least(extract(epoch FROM promised - clock_timestamp()), 4.5));
  END IF;
  RETURN true;
END
$$;

-- Takes an address: older silos at it are declared dead, and rows of a later generation, which a clock that was ahead has left,
-- are deleted, for they would outlive every silo until then. A lease that its caller has seen stand still for longer than one
-- lasts (passed_lease: the latest of them at this address) counts as over. Answers null once it is done; else until when a silo
-- at this address may still answer from memory.
CREATE FUNCTION couch_membership_take(of_deployment text, of_address text, of_port integer, of_generation integer, passed_lease timestamptz)
RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
  promised timestamptz;
BEGIN
  PERFORM FROM membership_version WHERE deployment_id = of_deployment FOR UPDATE;
  IF NOT EXISTS (
    SELECT FROM membership
    WHERE deployment_id = of_deployment AND address = of_address AND port = of_port AND (status <> 6 OR generation >= of_generation)) THEN
    RETURN NULL;
  END IF;

  UPDATE membership SET status = 6
  WHERE deployment_id = of_deployment AND address = of_address AND port = of_port AND status <> 6
    AND (lease_until IS NULL OR lease_until <= clock_timestamp() OR lease_until = passed_lease);
  DELETE FROM membership
  WHERE deployment_id = of_deployment AND address = of_address AND port = of_port AND status = 6 AND generation >= of_generation;
  UPDATE membership_version SET version = version + 1, changed_at = now() WHERE deployment_id = of_deployment;

  SELECT max(lease_until) INTO promised FROM membership
  WHERE deployment_id = of_deployment AND address = of_address AND port = of_port AND status <> 6;
  RETURN promised;
END
$$;

-- Declares a silo dead that has shown no sign of life since it was last looked at. The caller has seen the same lease for longer
-- than one lasts.
CREATE FUNCTION couch_membership_outlive(
  of_deployment text, of_address text, of_port integer, of_generation integer, seen_lease timestamptz, seen_alive timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM membership_version WHERE deployment_id = of_deployment FOR UPDATE;
  UPDATE membership SET status = 6
  WHERE deployment_id = of_deployment AND address = of_address AND port = of_port AND generation = of_generation AND status <> 6
    AND lease_until IS NOT DISTINCT FROM seen_lease AND i_am_alive_time = seen_alive;
  IF NOT FOUND THEN
    RETURN false;
  END IF;

  UPDATE membership_version SET version = version + 1, changed_at = now() WHERE deployment_id = of_deployment;
  RETURN true;
END
$$;
