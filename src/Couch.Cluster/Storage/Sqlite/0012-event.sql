-- The log: what has happened, in one order for all readers. A row's write carries its events, and the statement that writes the
-- row puts them here. There is one writer, so an event has its number from the beginning. A number is at least the microseconds
-- since 1970, so that a database that was restored from a backup goes on above all numbers that readers have seen.
CREATE TABLE event (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,
  type TEXT NOT NULL,
  agent TEXT,
  invite TEXT,
  guest TEXT,
  -- JSON: the record as readers are given it, but for its id.
  record TEXT NOT NULL
) STRICT;

CREATE INDEX event_by_type ON event (type, id);
CREATE INDEX event_by_agent ON event (agent, id) WHERE agent IS NOT NULL;
CREATE INDEX event_by_invite ON event (invite, id) WHERE invite IS NOT NULL;
CREATE INDEX event_by_guest ON event (guest, id) WHERE guest IS NOT NULL;

-- The second statement runs in the first one's transaction. Should it fail, it undoes the transaction, and not itself alone: no
-- state is without its event.
UPDATE OrleansQuery SET QueryText = '
  INSERT INTO grain_state (service, kind, id, version, state)
  SELECT @ServiceId, @GrainTypeString, @GrainIdExtensionString, 1, json_remove(CAST(@PayloadBinary AS TEXT), ''$.events'')
  WHERE @GrainStateVersion IS NULL OR EXISTS (
    SELECT 1 FROM grain_state
    WHERE service = @ServiceId AND kind = @GrainTypeString AND id = @GrainIdExtensionString AND version = @GrainStateVersion)
  ON CONFLICT (service, kind, id) DO UPDATE
    SET version = version + 1, state = excluded.state
    WHERE version = @GrainStateVersion
  RETURNING version AS "NewGrainStateVersion";
  INSERT OR ROLLBACK INTO event (id, at, type, agent, invite, guest, record)
  SELECT
    max(
      1 + coalesce((SELECT seq FROM sqlite_sequence WHERE name = ''event''), 0),
      CAST((julianday(''now'') - 2440587.5) * 86400000 AS INTEGER) * 1000) + e.key,
    e.value ->> ''at'', e.value ->> ''type'', e.value ->> ''agent'', e.value ->> ''invite'', e.value ->> ''guest'', e.value ->> ''record''
  FROM json_each(CAST(@PayloadBinary AS TEXT), ''$.events'') AS e
  WHERE changes() > 0
' WHERE QueryKey = 'WriteToStorageKey';
