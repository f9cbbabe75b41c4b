-- The write of a row as a function, which runs the insert or the update, and the log's insert only where there are events. As one
-- statement with all three in it, the server sets up each of them at every run, with all generated columns, even those that do
-- nothing. The version before runs on as it did, with the statement that it has read.
--
-- Answers the row's new version; null for a lost race. Without a known version it is a first write, which must find no row; with
-- one it is an update, which must find that version.
CREATE FUNCTION couch_write_row(its_service text, its_kind text, its_id text, known integer, payload bytea) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  given jsonb := CAST(convert_from(payload, 'UTF8') AS jsonb);
  events jsonb := given -> 'events';
  written integer;
BEGIN
  IF events IS NOT NULL THEN
    given := given - 'events';
  END IF;

  IF known IS NULL THEN
    INSERT INTO grain_state (service, kind, id, version, state)
    VALUES (its_service, its_kind, its_id, 1, given)
    ON CONFLICT (service, kind, id) DO NOTHING
    RETURNING version INTO written;
  ELSE
    UPDATE grain_state
    SET version = version + 1, state = given
    WHERE service = its_service AND kind = its_kind AND id = its_id AND version = known
    RETURNING version INTO written;
  END IF;

  IF events IS NOT NULL AND written IS NOT NULL THEN
    INSERT INTO event_unnumbered (at, type, agent, invite, guest, record)
    SELECT e ->> 'at', e ->> 'type', e ->> 'agent', e ->> 'invite', e ->> 'guest', e ->> 'record'
    FROM jsonb_array_elements(events) AS e;
  END IF;

  RETURN written;
END
$$;

UPDATE OrleansQuery SET QueryText = $$
  SELECT written AS "NewGrainStateVersion"
  FROM couch_write_row(@ServiceId, @GrainTypeString, @GrainIdExtensionString, @GrainStateVersion, @PayloadBinary) AS written
  WHERE written IS NOT NULL
$$ WHERE QueryKey = 'WriteToStorageKey';
