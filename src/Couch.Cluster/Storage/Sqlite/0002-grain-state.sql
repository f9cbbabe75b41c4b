-- One row a grain, and the row is the list's row. The primary key makes a second first write impossible, and its
-- order is the lists' order: ids are ULIDs. Times are ISO text of fixed width, so text order is time order.
CREATE TABLE grain_state (
  service TEXT NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  -- JSON. Null once a grain has cleared its state; the row stays to keep the version.
  state TEXT,
  status TEXT GENERATED ALWAYS AS (state ->> 'status') STORED,
  -- Until when a row that is still open is open: past it, the row is overdue until its grain has recorded the end.
  open_until TEXT GENERATED ALWAYS AS (
    CASE WHEN state ->> 'status' IN ('active', 'provisioning', 'running') THEN state ->> 'expiresAt' END) STORED,
  -- The guest that a redeemed invite brings.
  guest_id TEXT GENERATED ALWAYS AS (
    CASE WHEN kind = 'invite' THEN state -> 'redemption' ->> 'guestId' END) STORED,
  PRIMARY KEY (service, kind, id)
) STRICT;

CREATE INDEX grain_state_by_status ON grain_state (service, kind, status, id);

CREATE INDEX grain_state_open ON grain_state (service, kind, open_until, id) WHERE open_until IS NOT NULL;

CREATE INDEX grain_state_redeemed ON grain_state (service, kind, guest_id, id) WHERE guest_id IS NOT NULL;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('ReadFromStorageKey', '
  SELECT CAST(state AS BLOB) AS "PayloadBinary", version AS "Version"
  FROM grain_state
  WHERE service = @ServiceId AND kind = @GrainTypeString AND id = @GrainIdExtensionString
'),
-- No version means a first write, which must find no row; a version means an update, which must find that version.
-- Whoever lost the race is answered no row, which the provider turns into an InconsistentStateException. One
-- statement, so that the only writer is never kept waiting between two.
('WriteToStorageKey', '
  INSERT INTO grain_state (service, kind, id, version, state)
  SELECT @ServiceId, @GrainTypeString, @GrainIdExtensionString, 1, CAST(@PayloadBinary AS TEXT)
  WHERE @GrainStateVersion IS NULL OR EXISTS (
    SELECT 1 FROM grain_state
    WHERE service = @ServiceId AND kind = @GrainTypeString AND id = @GrainIdExtensionString AND version = @GrainStateVersion)
  ON CONFLICT (service, kind, id) DO UPDATE
    SET version = version + 1, state = excluded.state
    WHERE version = @GrainStateVersion
  RETURNING version AS "NewGrainStateVersion"
'),
('ClearStorageKey', '
  UPDATE grain_state
  SET version = version + 1, state = NULL
  WHERE service = @ServiceId AND kind = @GrainTypeString AND id = @GrainIdExtensionString AND version = @GrainStateVersion
  RETURNING version AS "NewGrainStateVersion"
'),
('DeleteStorageKey', '
  DELETE FROM grain_state
  WHERE service = @ServiceId AND kind = @GrainTypeString AND id = @GrainIdExtensionString AND version = @GrainStateVersion
  RETURNING version + 1 AS "NewGrainStateVersion"
');
