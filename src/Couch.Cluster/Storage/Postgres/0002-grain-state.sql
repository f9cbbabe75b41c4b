-- One row a grain, and the row is the list's row. The primary key makes a second first write impossible, and its
-- order is the lists' order: ids are ULIDs. Times are ISO text of fixed width, so text order is time order; text is
-- compared by bytes ("C"), as ids and times are.
--
-- Lists and sweeps ask for the generated columns only. An update that leaves their values as they were (usage
-- counters, many a minute) touches no index, as long as the page has room: hence the fillfactor.
CREATE TABLE grain_state (
  service text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  -- Null once a grain has cleared its state; the row stays to keep the version.
  state jsonb,
  status text COLLATE "C" GENERATED ALWAYS AS (state ->> 'status') STORED,
  -- Until when a row that is still open is open: past it, the row is overdue until its grain has recorded the end.
  open_until text COLLATE "C" GENERATED ALWAYS AS (
    CASE WHEN state ->> 'status' IN ('active', 'provisioning', 'running') THEN state ->> 'expiresAt' END) STORED,
  -- The guest that a redeemed invite brings.
  guest_id text COLLATE "C" GENERATED ALWAYS AS (
    CASE WHEN kind = 'invite' THEN state -> 'redemption' ->> 'guestId' END) STORED,
  PRIMARY KEY (service, kind, id)
) WITH (fillfactor = 75);

-- The status comes first, unlike in the primary key: were the two alike to begin with, a database without statistics
-- would take either to look for one row, and this one would read all rows of a kind to find it.
CREATE INDEX grain_state_by_status ON grain_state (status, service, kind, id);

CREATE INDEX grain_state_open ON grain_state (service, kind, open_until, id) WHERE open_until IS NOT NULL;

CREATE INDEX grain_state_redeemed ON grain_state (service, kind, guest_id, id) WHERE guest_id IS NOT NULL;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('ReadFromStorageKey', $$
  SELECT convert_to(CAST(state AS text), 'UTF8') AS "PayloadBinary", version AS "Version"
  FROM grain_state
  WHERE service = @ServiceId AND kind = @GrainTypeString AND id = @GrainIdExtensionString
$$),
-- No version means a first write, which must find no row; a version means an update, which must find that version.
-- Whoever lost the race is answered no row, which the provider turns into an InconsistentStateException.
('WriteToStorageKey', $$
  WITH first AS (
    INSERT INTO grain_state (service, kind, id, version, state)
    SELECT @ServiceId, @GrainTypeString, @GrainIdExtensionString, 1, CAST(convert_from(@PayloadBinary, 'UTF8') AS jsonb)
    WHERE @GrainStateVersion IS NULL
    ON CONFLICT (service, kind, id) DO NOTHING
    RETURNING version
  ), later AS (
    UPDATE grain_state
    SET version = version + 1, state = CAST(convert_from(@PayloadBinary, 'UTF8') AS jsonb)
    WHERE service = @ServiceId AND kind = @GrainTypeString AND id = @GrainIdExtensionString AND version = @GrainStateVersion
    RETURNING version
  )
  SELECT version AS "NewGrainStateVersion" FROM first
  UNION ALL
  SELECT version FROM later
$$),
('ClearStorageKey', $$
  UPDATE grain_state
  SET version = version + 1, state = NULL
  WHERE service = @ServiceId AND kind = @GrainTypeString AND id = @GrainIdExtensionString AND version = @GrainStateVersion
  RETURNING version AS "NewGrainStateVersion"
$$),
('DeleteStorageKey', $$
  DELETE FROM grain_state
  WHERE service = @ServiceId AND kind = @GrainTypeString AND id = @GrainIdExtensionString AND version = @GrainStateVersion
  RETURNING version + 1 AS "NewGrainStateVersion"
$$);
