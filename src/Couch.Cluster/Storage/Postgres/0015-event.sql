-- The log: what has happened, in one order for all readers. A row's write carries its events, and the statement that writes the
-- row puts them here.
--
-- Commits overlap, so no number that is drawn before a commit is in the order in which readers see events. Events are therefore
-- written without a number, and numbered once they are committed, by whoever is about to read, one at a time
-- (couch_number_events). The version before writes rows without events and runs on as it did.
CREATE TABLE event_unnumbered (
  -- Keeps what one grain writes in its order.
  drawn bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  agent text COLLATE "C",
  invite text COLLATE "C",
  guest text COLLATE "C",
  -- JSON: the record as readers are given it, but for its id.
  record text NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

CREATE TABLE event (
  id bigint PRIMARY KEY,
  at text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  agent text COLLATE "C",
  invite text COLLATE "C",
  guest text COLLATE "C",
  record text NOT NULL
);

CREATE INDEX event_by_type ON event (type, id);
CREATE INDEX event_by_agent ON event (agent, id) WHERE agent IS NOT NULL;
CREATE INDEX event_by_invite ON event (invite, id) WHERE invite IS NOT NULL;
CREATE INDEX event_by_guest ON event (guest, id) WHERE guest IS NOT NULL;

-- One row. Its lock is what keeps numbers and their commits in one order.
CREATE TABLE event_number (
  is_the_one boolean PRIMARY KEY DEFAULT true CHECK (is_the_one),
  last bigint NOT NULL,
  -- The highest "drawn" that has a number.
  drawn bigint NOT NULL
);
INSERT INTO event_number (last, drawn) VALUES (0, 0);

-- Numbers what is committed, at most so many. Answers the last number there is, how many were numbered now, and the time in
-- microseconds since 1970. A number is at least that time, so that a database that was restored from a backup goes on above all
-- numbers that readers have seen from the one before.
--
-- Deleted rows stay in the index for as long as any transaction is open that could see them. So only what was drawn recently is
-- looked at, and everything where the caller is thorough, which housekeeping is.
CREATE FUNCTION couch_number_events(most integer, is_thorough boolean, OUT newest bigint, OUT numbered integer, OUT now_is bigint)
LANGUAGE plpgsql AS $$
DECLARE
  looks_from bigint;
  drawn_last bigint;
BEGIN
  now_is := CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint);
  numbered := 0;
  SELECT last, CASE WHEN is_thorough THEN 0 ELSE drawn - 100000 END INTO newest, looks_from FROM event_number;
  IF newest IS NULL THEN
    INSERT INTO event_number (last, drawn) SELECT coalesce(max(id), 0), 0 FROM event ON CONFLICT DO NOTHING;
    looks_from := 0;
    SELECT last INTO newest FROM event_number;
  END IF;
  IF NOT EXISTS (SELECT FROM event_unnumbered WHERE event_unnumbered.drawn > looks_from) THEN
    RETURN;
  END IF;

  SELECT last INTO newest FROM event_number FOR UPDATE;
  WITH found AS (
    SELECT event_unnumbered.drawn FROM event_unnumbered WHERE event_unnumbered.drawn > looks_from
    ORDER BY event_unnumbered.drawn LIMIT most
  ), taken AS (
    DELETE FROM event_unnumbered AS gone WHERE gone.drawn IN (SELECT found.drawn FROM found)
    RETURNING gone.drawn, at, type, agent, invite, guest, record
  ), placed AS (
    INSERT INTO event (id, at, type, agent, invite, guest, record)
    SELECT greatest(newest, now_is) + row_number() OVER (ORDER BY taken.drawn), at, type, agent, invite, guest, record FROM taken
    RETURNING id
  )
  SELECT count(*), max(placed.id), (SELECT max(taken.drawn) FROM taken) INTO numbered, newest, drawn_last FROM placed;
  -- None where another reader was faster.
  IF numbered > 0 THEN
    UPDATE event_number SET last = newest, drawn = greatest(event_number.drawn, drawn_last);
  ELSE
    SELECT last INTO newest FROM event_number;
  END IF;
END
$$;

UPDATE OrleansQuery SET QueryText = $$
  WITH given AS MATERIALIZED (
    SELECT CAST(convert_from(@PayloadBinary, 'UTF8') AS jsonb) AS state
  ), first AS (
    INSERT INTO grain_state (service, kind, id, version, state)
    SELECT @ServiceId, @GrainTypeString, @GrainIdExtensionString, 1, given.state - 'events' FROM given
    WHERE @GrainStateVersion IS NULL
    ON CONFLICT (service, kind, id) DO NOTHING
    RETURNING version
  ), later AS (
    UPDATE grain_state
    SET version = version + 1, state = given.state - 'events' FROM given
    WHERE service = @ServiceId AND kind = @GrainTypeString AND id = @GrainIdExtensionString AND version = @GrainStateVersion
    RETURNING version
  ), written AS (
    SELECT version FROM first
    UNION ALL
    SELECT version FROM later
  ), logged AS (
    INSERT INTO event_unnumbered (at, type, agent, invite, guest, record)
    SELECT e ->> 'at', e ->> 'type', e ->> 'agent', e ->> 'invite', e ->> 'guest', e ->> 'record'
    FROM written, given, jsonb_array_elements(given.state -> 'events') AS e
  )
  SELECT version AS "NewGrainStateVersion" FROM written
$$ WHERE QueryKey = 'WriteToStorageKey';
