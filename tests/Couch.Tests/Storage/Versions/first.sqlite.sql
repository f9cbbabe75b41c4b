CREATE TABLE [SchemaVersions] (
    SchemaVersionID INTEGER CONSTRAINT [PK_SchemaVersions_Id] PRIMARY KEY AUTOINCREMENT NOT NULL,
    ScriptName TEXT NOT NULL,
    Applied DATETIME NOT NULL
);
CREATE TABLE OrleansQuery (
  QueryKey TEXT PRIMARY KEY,
  QueryText TEXT NOT NULL
) STRICT;
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
    CASE WHEN kind = 'invite' THEN state -> 'redemption' ->> 'guestId' END) STORED, has_vm INTEGER GENERATED ALWAYS AS (
  CASE
    WHEN kind = 'guest' AND state -> 'vm' ->> 'state' IN ('requested', 'booting', 'ready', 'destroying', 'lost')
      AND state -> 'vm' ->> 'destroyedAt' IS NULL THEN 1
    WHEN kind = 'guest' AND state ->> 'status' IN ('provisioning', 'running') AND state ->> 'vmId' IS NOT NULL THEN 1
  END) VIRTUAL,
  PRIMARY KEY (service, kind, id)
) STRICT;
CREATE INDEX grain_state_by_status ON grain_state (service, kind, status, id);
CREATE INDEX grain_state_open ON grain_state (service, kind, open_until, id) WHERE open_until IS NOT NULL;
CREATE INDEX grain_state_redeemed ON grain_state (service, kind, guest_id, id) WHERE guest_id IS NOT NULL;
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
CREATE TABLE invite_key (
  service TEXT NOT NULL,
  key_hash TEXT NOT NULL,
  body_hash TEXT NOT NULL,
  invite_id TEXT NOT NULL,
  claimed_at TEXT NOT NULL,
  PRIMARY KEY (service, key_hash)
) STRICT;
CREATE INDEX invite_key_claimed ON invite_key (service, claimed_at);
CREATE TABLE installation (
  service TEXT NOT NULL PRIMARY KEY,
  id TEXT NOT NULL
) STRICT;
CREATE INDEX grain_state_vm ON grain_state (service, kind, id) WHERE has_vm;
INSERT INTO SchemaVersions (SchemaVersionID, ScriptName, Applied) VALUES (1, '0001-orleans-query', '2026-11-26 17:51:56.5457126');
INSERT INTO SchemaVersions (SchemaVersionID, ScriptName, Applied) VALUES (2, '0002-grain-state', '2026-11-26 17:51:56.5779802');
INSERT INTO SchemaVersions (SchemaVersionID, ScriptName, Applied) VALUES (3, '0003-reminder', '2026-11-26 17:51:56.5816208');
INSERT INTO SchemaVersions (SchemaVersionID, ScriptName, Applied) VALUES (4, '0004-invite-key', '2026-11-26 17:51:56.5960481');
INSERT INTO SchemaVersions (SchemaVersionID, ScriptName, Applied) VALUES (5, '0005-installation', '2026-11-26 17:51:56.5965694');
INSERT INTO SchemaVersions (SchemaVersionID, ScriptName, Applied) VALUES (6, '0006-open-vms', '2026-11-26 17:51:56.6010146');
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadFromStorageKey', '
  SELECT CAST(state AS BLOB) AS "PayloadBinary", version AS "Version"
  FROM grain_state
  WHERE service = @ServiceId AND kind = @GrainTypeString AND id = @GrainIdExtensionString
');
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('WriteToStorageKey', '
  INSERT INTO grain_state (service, kind, id, version, state)
  SELECT @ServiceId, @GrainTypeString, @GrainIdExtensionString, 1, CAST(@PayloadBinary AS TEXT)
  WHERE @GrainStateVersion IS NULL OR EXISTS (
    SELECT 1 FROM grain_state
    WHERE service = @ServiceId AND kind = @GrainTypeString AND id = @GrainIdExtensionString AND version = @GrainStateVersion)
  ON CONFLICT (service, kind, id) DO UPDATE
    SET version = version + 1, state = excluded.state
    WHERE version = @GrainStateVersion
  RETURNING version AS "NewGrainStateVersion"
');
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ClearStorageKey', '
  UPDATE grain_state
  SET version = version + 1, state = NULL
  WHERE service = @ServiceId AND kind = @GrainTypeString AND id = @GrainIdExtensionString AND version = @GrainStateVersion
  RETURNING version AS "NewGrainStateVersion"
');
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('DeleteStorageKey', '
  DELETE FROM grain_state
  WHERE service = @ServiceId AND kind = @GrainTypeString AND id = @GrainIdExtensionString AND version = @GrainStateVersion
  RETURNING version + 1 AS "NewGrainStateVersion"
');
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('UpsertReminderRowKey', '
  INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version)
  VALUES (@ServiceId, @GrainId, @ReminderName, @StartTime, @Period, @GrainHash, 0)
  ON CONFLICT (service, grain_id, name) DO UPDATE
    SET start_time = excluded.start_time, period = excluded.period, grain_hash = excluded.grain_hash,
        version = version + 1
  RETURNING version AS "Version"
');
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadReminderRowsKey', '
  SELECT grain_id AS "GrainId", name AS "ReminderName", start_time AS "StartTime", period AS "Period", version AS "Version"
  FROM reminder
  WHERE service = @ServiceId AND grain_id = @GrainId
');
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadReminderRowKey', '
  SELECT grain_id AS "GrainId", name AS "ReminderName", start_time AS "StartTime", period AS "Period", version AS "Version"
  FROM reminder
  WHERE service = @ServiceId AND grain_id = @GrainId AND name = @ReminderName
');
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadRangeRows1Key', '
  SELECT grain_id AS "GrainId", name AS "ReminderName", start_time AS "StartTime", period AS "Period", version AS "Version"
  FROM reminder
  WHERE service = @ServiceId AND start_time <= strftime(''%Y-%m-%d %H:%M:%f'', ''now'', ''+14400000 minutes'')
    AND grain_hash > @BeginHash AND grain_hash <= @EndHash
');
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('ReadRangeRows2Key', '
  SELECT grain_id AS "GrainId", name AS "ReminderName", start_time AS "StartTime", period AS "Period", version AS "Version"
  FROM reminder
  WHERE service = @ServiceId AND start_time <= strftime(''%Y-%m-%d %H:%M:%f'', ''now'', ''+14400000 minutes'')
    AND (grain_hash > @BeginHash OR grain_hash <= @EndHash)
');
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('DeleteReminderRowKey', '
  DELETE FROM reminder
  WHERE service = @ServiceId AND grain_id = @GrainId AND name = @ReminderName AND version = @Version;
  SELECT changes()
');
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ('DeleteReminderRowsKey', '
  DELETE FROM reminder WHERE service = @ServiceId
');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M844DZKVTA7BTFX72FD570JB', 1, '{"id":"01M844DZKVTA7BTFX72FD570JB","createdBy":"noah","label":"test","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","status":"active","expiresAt":"2026-12-23T12:00:00.123Z"}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M844DZKVVMFFKNXYH8P8H1NC', 1, '{"id":"01M844DZKVVMFFKNXYH8P8H1NC","createdBy":"noah","label":"test","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","status":"active","expiresAt":"2026-11-23T14:03:00.123Z"}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M844DZKVPPCBYETKC2CX4Z8E', 2, '{"id":"01M844DZKVPPCBYETKC2CX4Z8E","createdBy":"noah","label":"test","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","status":"revoked","expiresAt":"2026-11-24T12:00:00.123Z","revokedWith":{"name":"configured"}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M844DZKV8M59PR0JJGGFY0G3', 2, '{"id":"01M844DZKV8M59PR0JJGGFY0G3","createdBy":"noah","label":"test","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","status":"expired","expiresAt":"2026-11-23T13:00:00.123Z"}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M84B9PVVMQPM2G5VF59V654Q', 2, '{"id":"01M84B9PVVMQPM2G5VF59V654Q","createdBy":"noah","label":"test","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","status":"redeemed","expiresAt":"2026-11-24T14:00:00.123Z","redemption":{"guestId":"01M84B9PVVWPDXP4587P8ZRA7J","guestName":"guest-1","publicKey":"ssh-ed25519 AAAA","idempotency":{"keyHash":"8fa3aab2faa9b79e0a0398da5b5abd0780142442a5be80b9a64608d718cb1fcd","bodyHash":"585eea2415065af784dc58038ba8479749044439904d15f093068d04f6bc38f4"}}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B9PVVWPDXP4587P8ZRA7J', 1, '{"id":"01M84B9PVVWPDXP4587P8ZRA7J","inviteId":"01M84B9PVVMQPM2G5VF59V654Q","name":"guest-1","publicKey":"ssh-ed25519 AAAA","status":"provisioning","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","resourceUsage":{"cpuSeconds":0,"memoryPeakMB":0,"diskUsedGB":0,"networkEgressGB":0,"tokensUsed":0,"uptimeSeconds":0},"expiresAt":"2026-11-26T14:00:00.123Z","vm":{"state":"none","attempts":0,"failedReleases":0}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M84B9PVV3SAZ1C3FG153Q923', 2, '{"id":"01M84B9PVV3SAZ1C3FG153Q923","createdBy":"noah","label":"test","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":0.05,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","status":"redeemed","expiresAt":"2026-11-24T14:00:00.123Z","redemption":{"guestId":"01M84B9PVVFC99GJHV7HBFDBGT","guestName":"guest-1"}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B9PVVFC99GJHV7HBFDBGT', 1, '{"id":"01M84B9PVVFC99GJHV7HBFDBGT","inviteId":"01M84B9PVV3SAZ1C3FG153Q923","name":"guest-1","status":"provisioning","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":0.05,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","resourceUsage":{"cpuSeconds":0,"memoryPeakMB":0,"diskUsedGB":0,"networkEgressGB":0,"tokensUsed":0,"uptimeSeconds":0},"expiresAt":"2026-11-23T14:03:00.123Z","vm":{"state":"none","attempts":0,"failedReleases":0}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M84B9PVVTVS66NTWTRSS9ZYY', 2, '{"id":"01M84B9PVVTVS66NTWTRSS9ZYY","createdBy":"noah","label":"test","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"report","status":"redeemed","expiresAt":"2026-11-24T14:00:00.123Z","redemption":{"guestId":"01M84B9PVVY9PM68SZSYND64H5","guestName":"guest-1"}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B9PVVY9PM68SZSYND64H5', 4, '{"id":"01M84B9PVVY9PM68SZSYND64H5","inviteId":"01M84B9PVVTVS66NTWTRSS9ZYY","name":"guest-1","status":"running","vmId":"vm-1","agentEndpoint":"http://vm-1","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":73.5,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"report","resourceUsage":{"cpuSeconds":1.5,"memoryPeakMB":5000,"diskUsedGB":2,"networkEgressGB":0.25,"tokensUsed":7,"uptimeSeconds":60},"expiresAt":"2026-11-26T15:30:00.123Z","vm":{"state":"none","attempts":0,"failedReleases":0},"activatedWith":{"name":"configured"},"extendedWith":{"name":"configured"}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M84B9PVVCJF1DD9GYX038HAF', 2, '{"id":"01M84B9PVVCJF1DD9GYX038HAF","createdBy":"noah","label":"test","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","status":"redeemed","expiresAt":"2026-11-24T14:00:00.123Z","redemption":{"guestId":"01M84B9PVV7NC2CYSZPR73DBP5","guestName":"guest-1"}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B9PVV7NC2CYSZPR73DBP5', 2, '{"id":"01M84B9PVV7NC2CYSZPR73DBP5","inviteId":"01M84B9PVVCJF1DD9GYX038HAF","name":"guest-1","status":"revoked","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","resourceUsage":{"cpuSeconds":0,"memoryPeakMB":0,"diskUsedGB":0,"networkEgressGB":0,"tokensUsed":0,"uptimeSeconds":0},"expiresAt":"2026-11-26T14:00:00.123Z","stoppedAt":"2026-11-23T14:00:00.123Z","endReason":"killed","vm":{"state":"none","attempts":0,"failedReleases":0},"killedWith":{"name":"configured"}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M84B9PVVTXBX8BK2CGMR0JXY', 2, '{"id":"01M84B9PVVTXBX8BK2CGMR0JXY","createdBy":"noah","label":"test","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","status":"redeemed","expiresAt":"2026-11-24T14:00:00.123Z","redemption":{"guestId":"01M84B9PVV8YWKZB9RB1N6RX2V","guestName":"guest-1"}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B9PVV8YWKZB9RB1N6RX2V', 2, '{"id":"01M84B9PVV8YWKZB9RB1N6RX2V","inviteId":"01M84B9PVVTXBX8BK2CGMR0JXY","name":"guest-1","status":"stopped","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","resourceUsage":{"cpuSeconds":0,"memoryPeakMB":0,"diskUsedGB":0,"networkEgressGB":0,"tokensUsed":0,"uptimeSeconds":0},"expiresAt":"2026-11-26T14:00:00.123Z","stoppedAt":"2026-11-23T14:00:00.123Z","endReason":"checked-out","vm":{"state":"none","attempts":0,"failedReleases":0}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M84B9PVVB3530GG22FCCHMJH', 2, '{"id":"01M84B9PVVB3530GG22FCCHMJH","createdBy":"noah","label":"test","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","status":"redeemed","expiresAt":"2026-11-24T14:00:00.123Z","redemption":{"guestId":"01M84B9PVVAH3FB8PNTB5A7PA7","guestName":"guest-1"}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B9PVVAH3FB8PNTB5A7PA7', 2, '{"id":"01M84B9PVVAH3FB8PNTB5A7PA7","inviteId":"01M84B9PVVB3530GG22FCCHMJH","name":"guest-1","status":"stopped","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","resourceUsage":{"cpuSeconds":0,"memoryPeakMB":0,"diskUsedGB":0,"networkEgressGB":0,"tokensUsed":50000001,"uptimeSeconds":0},"expiresAt":"2026-11-26T14:00:00.123Z","stoppedAt":"2026-11-23T14:00:00.123Z","endReason":"limits-exceeded","endDetail":"tokens: 50000001/50000000","vm":{"state":"none","attempts":0,"failedReleases":0}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M847VV7VD5A2MZGJ37EN7S23', 1, '{"id":"01M847VV7VD5A2MZGJ37EN7S23","createdBy":"noah","label":"test","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","status":"redeemed","expiresAt":"2026-11-24T13:00:00.123Z","redemption":{"guestId":"01M84B7W8VHCPGP4RR8RWQT3CY","guestName":"guest-1"}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B7W8VHCPGP4RR8RWQT3CY', 1, '{"id":"01M84B7W8VHCPGP4RR8RWQT3CY","inviteId":"01M847VV7VD5A2MZGJ37EN7S23","name":"guest-1","status":"provisioning","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","resourceUsage":{"cpuSeconds":0,"memoryPeakMB":0,"diskUsedGB":0,"networkEgressGB":0,"tokensUsed":0,"uptimeSeconds":0},"expiresAt":"2026-11-26T13:59:00.123Z","vm":{"host":"vers","state":"requested","requestedAt":"2026-11-23T13:59:00.123Z","attempts":1,"lastError":"503","failedReleases":0,"notBefore":"2026-11-23T14:00:00.123Z"}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M847VV7VRWD54Q77YQPRGNVQ', 1, '{"id":"01M847VV7VRWD54Q77YQPRGNVQ","createdBy":"noah","label":"test","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","status":"redeemed","expiresAt":"2026-11-24T13:00:00.123Z","redemption":{"guestId":"01M84B7W8VKEGG8D1QTWT3WHRQ","guestName":"guest-1"}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B7W8VKEGG8D1QTWT3WHRQ', 1, '{"id":"01M84B7W8VKEGG8D1QTWT3WHRQ","inviteId":"01M847VV7VRWD54Q77YQPRGNVQ","name":"guest-1","status":"provisioning","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","resourceUsage":{"cpuSeconds":0,"memoryPeakMB":0,"diskUsedGB":0,"networkEgressGB":0,"tokensUsed":0,"uptimeSeconds":0},"expiresAt":"2026-11-26T13:59:00.123Z","vm":{"host":"vers","state":"booting","requestedAt":"2026-11-23T13:59:00.123Z","attempts":1,"id":"vm-2","endpoint":"https://vm-2","failedReleases":0}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M847VV7V76HWDXJD689N8JP0', 1, '{"id":"01M847VV7V76HWDXJD689N8JP0","createdBy":"noah","label":"test","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","status":"redeemed","expiresAt":"2026-11-24T13:00:00.123Z","redemption":{"guestId":"01M84B7W8VE07DQKEZGSE0QJCJ","guestName":"guest-1"}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B7W8VE07DQKEZGSE0QJCJ', 1, '{"id":"01M84B7W8VE07DQKEZGSE0QJCJ","inviteId":"01M847VV7V76HWDXJD689N8JP0","name":"guest-1","status":"running","vmId":"vm-2","agentEndpoint":"https://vm-2","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","resourceUsage":{"cpuSeconds":0,"memoryPeakMB":0,"diskUsedGB":0,"networkEgressGB":0,"tokensUsed":0,"uptimeSeconds":0},"expiresAt":"2026-11-26T13:59:00.123Z","vm":{"host":"vers","state":"ready","requestedAt":"2026-11-23T13:59:00.123Z","readyAt":"2026-11-23T14:00:00.123Z","attempts":1,"id":"vm-2","endpoint":"https://vm-2","failedReleases":0,"missingSince":"2026-11-23T14:00:00.123Z"}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M847VV7V82VKTSAVCVMZJ929', 1, '{"id":"01M847VV7V82VKTSAVCVMZJ929","createdBy":"noah","label":"test","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","status":"redeemed","expiresAt":"2026-11-24T13:00:00.123Z","redemption":{"guestId":"01M84B7W8VD0ECPD8JRJH4TJTS","guestName":"guest-1"}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B7W8VD0ECPD8JRJH4TJTS', 1, '{"id":"01M84B7W8VD0ECPD8JRJH4TJTS","inviteId":"01M847VV7V82VKTSAVCVMZJ929","name":"guest-1","status":"revoked","vmId":"vm-2","agentEndpoint":"https://vm-2","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","resourceUsage":{"cpuSeconds":0,"memoryPeakMB":0,"diskUsedGB":0,"networkEgressGB":0,"tokensUsed":0,"uptimeSeconds":0},"expiresAt":"2026-11-26T13:59:00.123Z","stoppedAt":"2026-11-23T14:00:00.123Z","endReason":"killed","vm":{"host":"vers","state":"destroying","requestedAt":"2026-11-23T13:59:00.123Z","readyAt":"2026-11-23T14:00:00.123Z","destroyRequestedAt":"2026-11-23T14:00:00.123Z","attempts":1,"id":"vm-2","endpoint":"https://vm-2","failedReleases":2}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M847VV7V8FMKG3DK11GEKHYQ', 1, '{"id":"01M847VV7V8FMKG3DK11GEKHYQ","createdBy":"noah","label":"test","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","status":"redeemed","expiresAt":"2026-11-24T13:00:00.123Z","redemption":{"guestId":"01M84B7W8VG1X6J1RQQM3Y6C7W","guestName":"guest-1"}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B7W8VG1X6J1RQQM3Y6C7W', 1, '{"id":"01M84B7W8VG1X6J1RQQM3Y6C7W","inviteId":"01M847VV7V8FMKG3DK11GEKHYQ","name":"guest-1","status":"expired","vmId":"vm-2","agentEndpoint":"https://vm-2","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","resourceUsage":{"cpuSeconds":0,"memoryPeakMB":0,"diskUsedGB":0,"networkEgressGB":0,"tokensUsed":0,"uptimeSeconds":0},"expiresAt":"2026-11-26T13:59:00.123Z","stoppedAt":"2026-11-23T14:00:00.123Z","endReason":"expired","vm":{"host":"vers","state":"destroyed","requestedAt":"2026-11-23T13:59:00.123Z","readyAt":"2026-11-23T14:00:00.123Z","destroyRequestedAt":"2026-11-23T14:00:00.123Z","destroyedAt":"2026-11-23T14:00:00.123Z","attempts":1,"id":"vm-2","endpoint":"https://vm-2","failedReleases":0}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M847VV7VCA7EATC3MT5QGKCK', 1, '{"id":"01M847VV7VCA7EATC3MT5QGKCK","createdBy":"noah","label":"test","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","status":"redeemed","expiresAt":"2026-11-24T13:00:00.123Z","redemption":{"guestId":"01M84B7W8VEPGAPT5SVAY9SY3W","guestName":"guest-1"}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B7W8VEPGAPT5SVAY9SY3W', 1, '{"id":"01M84B7W8VEPGAPT5SVAY9SY3W","inviteId":"01M847VV7VCA7EATC3MT5QGKCK","name":"guest-1","status":"stopped","vmId":"vm-2","agentEndpoint":"https://vm-2","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","resourceUsage":{"cpuSeconds":0,"memoryPeakMB":0,"diskUsedGB":0,"networkEgressGB":0,"tokensUsed":0,"uptimeSeconds":0},"expiresAt":"2026-11-26T13:59:00.123Z","stoppedAt":"2026-11-23T14:00:00.123Z","endReason":"vm-lost","vm":{"host":"vers","state":"lost","requestedAt":"2026-11-23T13:59:00.123Z","readyAt":"2026-11-23T14:00:00.123Z","destroyRequestedAt":"2026-11-23T14:00:00.123Z","attempts":1,"id":"vm-2","endpoint":"https://vm-2","failedReleases":0}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M847VV7VMQEWJSYZSTJPR9WA', 1, '{"id":"01M847VV7VMQEWJSYZSTJPR9WA","createdBy":"noah","label":"test","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","status":"redeemed","expiresAt":"2026-11-24T13:00:00.123Z","redemption":{"guestId":"01M84B7W8VEEE8HWX12FKBER3B","guestName":"guest-1"}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B7W8VEEE8HWX12FKBER3B', 1, '{"id":"01M84B7W8VEEE8HWX12FKBER3B","inviteId":"01M847VV7VMQEWJSYZSTJPR9WA","name":"guest-1","status":"stopped","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","resourceUsage":{"cpuSeconds":0,"memoryPeakMB":0,"diskUsedGB":0,"networkEgressGB":0,"tokensUsed":0,"uptimeSeconds":0},"expiresAt":"2026-11-26T13:59:00.123Z","stoppedAt":"2026-11-23T14:00:00.123Z","endReason":"provisioning-failed","vm":{"host":"vers","state":"destroyed","requestedAt":"2026-11-23T13:59:00.123Z","destroyRequestedAt":"2026-11-23T14:00:00.123Z","destroyedAt":"2026-11-23T14:00:00.123Z","attempts":1,"failedReleases":0}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'host-key', '01M84B9PVV6TV2MHZ2THMG4HKS', 1, '{"id":"01M84B9PVV6TV2MHZ2THMG4HKS","name":"meter","scopes":{"invites":false,"guests":false,"meter":true,"keys":false},"createdWith":{"name":"configured"},"expiresAt":"2026-11-23T15:00:00.123Z"}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'host-key', '01M84B9PVV6V25AQYTSX52VSBY', 2, '{"id":"01M84B9PVV6V25AQYTSX52VSBY","name":"meter","scopes":{"invites":false,"guests":false,"meter":true,"keys":true},"createdWith":{"name":"configured"},"revokedAt":"2026-11-23T14:00:00.123Z","revokedWith":{"keyId":"01M84B9PVV6V25AQYTSX52VSBY","name":"meter"}}');
INSERT INTO grain_state (service, kind, id, version, state) VALUES ('couch', 'housekeeping', 'couch', 1, '{"arrivedBelow":"01M84B61NV0000000000000000"}');
INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'invite/01M844DZKVTA7BTFX72FD570JB', 'due', '2026-12-23 12:00:00.123', 60000, -180384880, 0);
INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'invite/01M844DZKVVMFFKNXYH8P8H1NC', 'due', '2026-11-23 14:03:00.123', 60000, -265907909, 0);
INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'invite/01M844DZKVPPCBYETKC2CX4Z8E', 'due', '2026-11-24 12:00:00.123', 60000, 74404462, 0);
INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'invite/01M844DZKV8M59PR0JJGGFY0G3', 'due', '2026-11-23 13:00:00.123', 60000, 498519288, 0);
INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'invite/01M84B9PVVMQPM2G5VF59V654Q', 'due', '2026-11-24 14:00:00.123', 60000, -238477276, 0);
INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B9PVVWPDXP4587P8ZRA7J', 'due', '2026-11-26 14:00:00.123', 60000, 1027458116, 0);
INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'invite/01M84B9PVV3SAZ1C3FG153Q923', 'due', '2026-11-24 14:00:00.123', 60000, -409095129, 0);
INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B9PVVFC99GJHV7HBFDBGT', 'due', '2026-11-23 14:03:00.123', 60000, 142117391, 0);
INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'invite/01M84B9PVVTVS66NTWTRSS9ZYY', 'due', '2026-11-24 14:00:00.123', 60000, 890488003, 0);
INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B9PVVY9PM68SZSYND64H5', 'due', '2026-11-26 15:30:00.123', 60000, -886811477, 1);
INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'invite/01M84B9PVVCJF1DD9GYX038HAF', 'due', '2026-11-24 14:00:00.123', 60000, -693102758, 0);
INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B9PVV7NC2CYSZPR73DBP5', 'due', '2026-11-26 14:00:00.123', 60000, -595278910, 0);
INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'invite/01M84B9PVVTXBX8BK2CGMR0JXY', 'due', '2026-11-24 14:00:00.123', 60000, -514022821, 0);
INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B9PVV8YWKZB9RB1N6RX2V', 'due', '2026-11-26 14:00:00.123', 60000, 597055977, 0);
INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'invite/01M84B9PVVB3530GG22FCCHMJH', 'due', '2026-11-24 14:00:00.123', 60000, -1709553480, 0);
INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B9PVVAH3FB8PNTB5A7PA7', 'due', '2026-11-26 14:00:00.123', 60000, -976808478, 0);
INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B7W8VHCPGP4RR8RWQT3CY', 'due', '2026-11-23 14:01:00.123', 60000, 1151264806, 0);
INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B7W8VKEGG8D1QTWT3WHRQ', 'due', '2026-11-23 14:01:00.123', 60000, -2131257831, 0);
INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B7W8VE07DQKEZGSE0QJCJ', 'due', '2026-11-26 13:59:00.123', 60000, -1961280259, 0);
INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B7W8VD0ECPD8JRJH4TJTS', 'due', '2026-11-23 14:01:00.123', 60000, 433034017, 0);
INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B7W8VG1X6J1RQQM3Y6C7W', 'due', '2026-11-26 13:59:00.123', 60000, 1966640683, 0);
INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B7W8VEPGAPT5SVAY9SY3W', 'due', '2026-11-23 14:01:00.123', 60000, -861673791, 0);
INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B7W8VEEE8HWX12FKBER3B', 'due', '2026-11-26 13:59:00.123', 60000, 1911152285, 0);
INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'housekeeping/couch', 'due', '2026-11-23 14:01:00.123', 60000, 1842448019, 0);
INSERT INTO invite_key (service, key_hash, body_hash, invite_id, claimed_at) VALUES ('couch', '8fa3aab2faa9b79e0a0398da5b5abd0780142442a5be80b9a64608d718cb1fcd', '9402f4938bb69206552ef4c8795501c0e388d9831c1f5a9f8b88d2db526fdd86', '01M844DZKV8M59PR0JJGGFY0G3', '2026-11-23T12:00:00.123Z');
