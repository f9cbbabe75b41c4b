-- What a silo that starts may do about rows of silos that are not there any more. Neither asks a silo's clock: a promise counts
-- until the moment that the database has written beside it (lease_until), and by the database's own clock.

-- Takes an address: older silos at it are declared dead, and rows of a later generation, which a clock that was ahead has left,
-- are deleted, for they would outlive every silo until then. Answers null once it is done; else until when a silo at this
-- address may still answer from memory.
CREATE FUNCTION couch_membership_take(of_deployment text, of_address text, of_port integer, of_generation integer)
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
    AND (lease_until IS NULL OR lease_until <= clock_timestamp());
  DELETE FROM membership
  WHERE deployment_id = of_deployment AND address = of_address AND port = of_port AND status = 6 AND generation >= of_generation;
  UPDATE membership_version SET version = version + 1, changed_at = now() WHERE deployment_id = of_deployment;

  SELECT max(lease_until) INTO promised FROM membership
  WHERE deployment_id = of_deployment AND address = of_address AND port = of_port AND status <> 6;
  RETURN promised;
END
$$;

-- Declares a silo dead that has shown no sign of life since it was last looked at, and promises nothing any more.
CREATE FUNCTION couch_membership_outlive(
  of_deployment text, of_address text, of_port integer, of_generation integer, seen_lease timestamptz, seen_alive timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM membership_version WHERE deployment_id = of_deployment FOR UPDATE;
  UPDATE membership SET status = 6
  WHERE deployment_id = of_deployment AND address = of_address AND port = of_port AND generation = of_generation AND status <> 6
    AND lease_until IS NOT DISTINCT FROM seen_lease AND i_am_alive_time = seen_alive
    AND (lease_until IS NULL OR lease_until <= clock_timestamp());
  IF NOT FOUND THEN
    RETURN false;
  END IF;

  UPDATE membership_version SET version = version + 1, changed_at = now() WHERE deployment_id = of_deployment;
  RETURN true;
END
$$;
