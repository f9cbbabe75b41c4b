-- A row says itself when its grain must act next, and the reminder service reads that: state and reminder are one write. The
-- reminders that an older version has armed are read beside it, under their own name, until they have ticked; the version before
-- runs on as it did.
--
-- "wakeAt" is in milliseconds since 1970, because no text is a time for certain and one that is none would fail the whole read.
-- "ring" is the grain's place on Orleans' hash ring. What is out of bounds counts as none.
ALTER TABLE grain_state ADD COLUMN wake_at INTEGER GENERATED ALWAYS AS (
  CASE WHEN json_type(state, '$.wakeAt') = 'integer' AND state ->> 'wakeAt' BETWEEN 0 AND 253402300799999 THEN state ->> 'wakeAt' END) VIRTUAL;
ALTER TABLE grain_state ADD COLUMN ring INTEGER GENERATED ALWAYS AS (
  CASE WHEN json_type(state, '$.ring') = 'integer' THEN state ->> 'ring' END) VIRTUAL;

CREATE INDEX grain_state_wake ON grain_state (service, wake_at, ring) WHERE wake_at IS NOT NULL;

UPDATE OrleansQuery SET QueryText = '
  SELECT grain_id AS "GrainId", name AS "ReminderName", start_time AS "StartTime", period AS "Period", version AS "Version"
  FROM reminder
  WHERE service = @ServiceId AND start_time <= strftime(''%Y-%m-%d %H:%M:%f'', ''now'', ''+$reminder_horizon$'')
    AND grain_hash > @BeginHash AND grain_hash <= @EndHash
  UNION ALL
  SELECT kind || ''/'' || id, ''wake'', strftime(''%Y-%m-%d %H:%M:%f'', wake_at / 1000.0, ''unixepoch''), 60000, version
  FROM grain_state
  WHERE service = @ServiceId AND wake_at <= 1000 * CAST(strftime(''%s'', ''now'', ''+$reminder_horizon$'') AS INTEGER)
    AND ring > @BeginHash AND ring <= @EndHash
' WHERE QueryKey = 'ReadRangeRows1Key';

UPDATE OrleansQuery SET QueryText = '
  SELECT grain_id AS "GrainId", name AS "ReminderName", start_time AS "StartTime", period AS "Period", version AS "Version"
  FROM reminder
  WHERE service = @ServiceId AND start_time <= strftime(''%Y-%m-%d %H:%M:%f'', ''now'', ''+$reminder_horizon$'')
    AND (grain_hash > @BeginHash OR grain_hash <= @EndHash)
  UNION ALL
  SELECT kind || ''/'' || id, ''wake'', strftime(''%Y-%m-%d %H:%M:%f'', wake_at / 1000.0, ''unixepoch''), 60000, version
  FROM grain_state
  WHERE service = @ServiceId AND wake_at <= 1000 * CAST(strftime(''%s'', ''now'', ''+$reminder_horizon$'') AS INTEGER)
    AND (ring > @BeginHash OR ring <= @EndHash)
' WHERE QueryKey = 'ReadRangeRows2Key';
