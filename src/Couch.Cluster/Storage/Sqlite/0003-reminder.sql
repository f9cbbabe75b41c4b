-- A silo reads its range of the hash ring again and again, and keeps in memory only what is due soon. So ranges are
-- read through an index that begins with the time, and give only what is due within the horizon: it must exceed
-- Orleans' ReminderLoadingWindow.
CREATE TABLE reminder (
  service TEXT NOT NULL,
  grain_id TEXT NOT NULL,
  name TEXT NOT NULL,
  -- UTC, as the ADO.NET client spells a DateTime: '2026-11-23 21:03:11.5'. Its text order is time order.
  start_time TEXT NOT NULL,
  -- Milliseconds.
  period INTEGER NOT NULL,
  grain_hash INTEGER NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (service, grain_id, name)
) STRICT;

CREATE INDEX reminder_due ON reminder (service, start_time, grain_hash);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('UpsertReminderRowKey', '
  INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version)
  VALUES (@ServiceId, @GrainId, @ReminderName, @StartTime, @Period, @GrainHash, 0)
  ON CONFLICT (service, grain_id, name) DO UPDATE
    SET start_time = excluded.start_time, period = excluded.period, grain_hash = excluded.grain_hash,
        version = version + 1
  RETURNING version AS "Version"
'),
('ReadReminderRowsKey', '
  SELECT grain_id AS "GrainId", name AS "ReminderName", start_time AS "StartTime", period AS "Period", version AS "Version"
  FROM reminder
  WHERE service = @ServiceId AND grain_id = @GrainId
'),
('ReadReminderRowKey', '
  SELECT grain_id AS "GrainId", name AS "ReminderName", start_time AS "StartTime", period AS "Period", version AS "Version"
  FROM reminder
  WHERE service = @ServiceId AND grain_id = @GrainId AND name = @ReminderName
'),
-- A range that does not pass the end of the ring, and one that does.
('ReadRangeRows1Key', '
  SELECT grain_id AS "GrainId", name AS "ReminderName", start_time AS "StartTime", period AS "Period", version AS "Version"
  FROM reminder
  WHERE service = @ServiceId AND start_time <= strftime(''%Y-%m-%d %H:%M:%f'', ''now'', ''+$reminder_horizon$'')
    AND grain_hash > @BeginHash AND grain_hash <= @EndHash
'),
('ReadRangeRows2Key', '
  SELECT grain_id AS "GrainId", name AS "ReminderName", start_time AS "StartTime", period AS "Period", version AS "Version"
  FROM reminder
  WHERE service = @ServiceId AND start_time <= strftime(''%Y-%m-%d %H:%M:%f'', ''now'', ''+$reminder_horizon$'')
    AND (grain_hash > @BeginHash OR grain_hash <= @EndHash)
'),
-- Two statements: a delete that finds nothing answers no row, and the provider wants one.
('DeleteReminderRowKey', '
  DELETE FROM reminder
  WHERE service = @ServiceId AND grain_id = @GrainId AND name = @ReminderName AND version = @Version;
  SELECT changes()
'),
('DeleteReminderRowsKey', '
  DELETE FROM reminder WHERE service = @ServiceId
');
