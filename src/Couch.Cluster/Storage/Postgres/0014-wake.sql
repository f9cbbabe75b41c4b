-- A row says itself when its grain must act next, and the reminder service reads that: state and reminder are one write. The
-- reminders that an older version has armed are read beside it, under their own name, until they have ticked; the version before
-- runs on as it did. Rewrites the table once.
--
-- "wakeAt" is in milliseconds since 1970, because no text is a time for certain and one that is none would fail the whole read.
-- "ring" is the grain's place on Orleans' hash ring. What is out of bounds counts as none.
ALTER TABLE grain_state
  ADD COLUMN wake_at bigint GENERATED ALWAYS AS (
    CASE WHEN jsonb_typeof(state -> 'wakeAt') = 'number' THEN
      CASE WHEN (state ->> 'wakeAt')::numeric BETWEEN 0 AND 253402300799999 THEN (state ->> 'wakeAt')::numeric::bigint END END) STORED,
  ADD COLUMN ring integer GENERATED ALWAYS AS (
    CASE WHEN jsonb_typeof(state -> 'ring') = 'number' THEN
      CASE WHEN (state ->> 'ring')::numeric BETWEEN -2147483648 AND 2147483647 THEN (state ->> 'ring')::numeric::integer END END) STORED;

CREATE INDEX grain_state_wake ON grain_state (service, wake_at, ring) WHERE wake_at IS NOT NULL;

UPDATE OrleansQuery SET QueryText = $$
  SELECT grain_id AS "GrainId", name AS "ReminderName", start_time AS "StartTime", period AS "Period", version AS "Version"
  FROM reminder
  WHERE service = @ServiceId AND start_time <= now() + interval '$reminder_horizon$'
    AND grain_hash > @BeginHash AND grain_hash <= @EndHash
  UNION ALL
  SELECT kind || '/' || id, 'wake', to_timestamp(wake_at / 1000.0), CAST(60000 AS bigint), version
  FROM grain_state
  WHERE service = @ServiceId AND wake_at <= CAST(extract(epoch FROM now() + interval '$reminder_horizon$') * 1000 AS bigint)
    AND ring > @BeginHash AND ring <= @EndHash
$$ WHERE QueryKey = 'ReadRangeRows1Key';

UPDATE OrleansQuery SET QueryText = $$
  SELECT grain_id AS "GrainId", name AS "ReminderName", start_time AS "StartTime", period AS "Period", version AS "Version"
  FROM reminder
  WHERE service = @ServiceId AND start_time <= now() + interval '$reminder_horizon$'
    AND (grain_hash > @BeginHash OR grain_hash <= @EndHash)
  UNION ALL
  SELECT kind || '/' || id, 'wake', to_timestamp(wake_at / 1000.0), CAST(60000 AS bigint), version
  FROM grain_state
  WHERE service = @ServiceId AND wake_at <= CAST(extract(epoch FROM now() + interval '$reminder_horizon$') * 1000 AS bigint)
    AND (ring > @BeginHash OR ring <= @EndHash)
$$ WHERE QueryKey = 'ReadRangeRows2Key';
