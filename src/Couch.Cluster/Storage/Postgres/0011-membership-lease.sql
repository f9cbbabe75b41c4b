-- Until when a silo may answer from memory: it renews this in its own row, and whoever declares it dead waits for that moment.
-- Null for a silo that promises nothing. One more change of the row a second, which touches no index.
ALTER TABLE membership ADD COLUMN lease_until timestamptz;

-- As before, but that a death waits. The dying silo's row is locked meanwhile, so it cannot renew; nobody sees the death, or
-- acts on it, before the commit. The wait is shorter than any statement's time, and none where the silo is gone for good: its
-- lease has run out by the time at which three probes have been missed.
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
    PERFORM pg_sleep(extract(epoch FROM promised - clock_timestamp()));
  END IF;
  RETURN true;
END
$$;
