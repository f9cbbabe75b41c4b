-- A lease is promised for four and a half seconds (LeaseRenewal). A moment further away was written by a database whose clock
-- has been set back since, or that failed over to another: who waited for it would wait for that clock.

-- As before, but that a death waits for no longer than a promise can be. The row is locked meanwhile, so nobody renews.
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

-- As before, but that a lease which has stood still for longer than one lasts (passed_lease: the latest of them at this address) is
-- over, whatever the clock says.
DROP FUNCTION couch_membership_take(text, text, integer, integer);
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

-- As before; who asks has seen the same lease for longer than one lasts, so no clock is asked whether it is over.
CREATE OR REPLACE FUNCTION couch_membership_outlive(
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
