-- A silo reads its range of the hash ring again and again, and keeps in memory only what is due soon. So ranges are
-- read through an index that begins with the time, and give only what is due within the horizon: it must exceed
-- Orleans' ReminderLoadingWindow plus the clocks' difference.
CREATE TABLE reminder (
  service text COLLATE "C" NOT NULL,
  grain_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  start_time timestamptz NOT NULL,
  -- Milliseconds.
  period bigint NOT NULL,
  grain_hash integer NOT NULL,
  version integer NOT NULL,
  PRIMARY KEY (service, grain_id, name)
);

CREATE INDEX reminder_due ON reminder (service, start_time, grain_hash);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('UpsertReminderRowKey', $$
  INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version)
  VALUES (@ServiceId, @GrainId, @ReminderName, @StartTime, @Period, @GrainHash, 0)
  ON CONFLICT (service, grain_id, name) DO UPDATE
    SET start_time = excluded.start_time, period = excluded.period, grain_hash = excluded.grain_hash,
        version = reminder.version + 1
  RETURNING version AS "Version"
$$),
('ReadReminderRowsKey', $$
  SELECT grain_id AS "GrainId", name AS "ReminderName", start_time AS "StartTime", period AS "Period", version AS "Version"
  FROM reminder
  WHERE service = @ServiceId AND grain_id = @GrainId
$$),
('ReadReminderRowKey', $$
  SELECT grain_id AS "GrainId", name AS "ReminderName", start_time AS "StartTime", period AS "Period", version AS "Version"
  FROM reminder
  WHERE service = @ServiceId AND grain_id = @GrainId AND name = @ReminderName
$$),
-- A range that does not pass the end of the ring, and one that does.
('ReadRangeRows1Key', $$
  SELECT grain_id AS "GrainId", name AS "ReminderName", start_time AS "StartTime", period AS "Period", version AS "Version"
  FROM reminder
  WHERE service = @ServiceId AND start_time <= now() + interval '$reminder_horizon$'
    AND grain_hash > @BeginHash AND grain_hash <= @EndHash
$$),
('ReadRangeRows2Key', $$
  SELECT grain_id AS "GrainId", name AS "ReminderName", start_time AS "StartTime", period AS "Period", version AS "Version"
  FROM reminder
  WHERE service = @ServiceId AND start_time <= now() + interval '$reminder_horizon$'
    AND (grain_hash > @BeginHash OR grain_hash <= @EndHash)
$$),
('DeleteReminderRowKey', $$
  WITH gone AS (
    DELETE FROM reminder
    WHERE service = @ServiceId AND grain_id = @GrainId AND name = @ReminderName AND version = @Version
    RETURNING 1
  )
  SELECT EXISTS (SELECT FROM gone)
$$),
('DeleteReminderRowsKey', $$
  DELETE FROM reminder WHERE service = @ServiceId
$$);
