-- Which silos there are. Every change of the table raises its one version, and must know the version before:
-- two silos that change it at once cannot both succeed.
CREATE TABLE membership_version (
  deployment_id text COLLATE "C" PRIMARY KEY,
  version integer NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE membership (
  deployment_id text COLLATE "C" NOT NULL REFERENCES membership_version,
  address text COLLATE "C" NOT NULL,
  port integer NOT NULL,
  generation integer NOT NULL,
  silo_name text NOT NULL,
  host_name text NOT NULL,
  -- Orleans' SiloStatus: 3 is active, 6 is dead.
  status integer NOT NULL,
  proxy_port integer NOT NULL,
  suspect_times text,
  start_time timestamptz NOT NULL,
  i_am_alive_time timestamptz NOT NULL,
  PRIMARY KEY (deployment_id, address, port, generation)
) WITH (fillfactor = 75);

-- Two statements each, hence functions: one statement whose second half waits for another transaction's row would
-- have to run its first half again, which PostgreSQL refuses for a change.
CREATE FUNCTION couch_membership_insert(
  of_deployment text, of_address text, of_port integer, of_generation integer, with_silo_name text, with_host_name text,
  with_status integer, with_proxy_port integer, started timestamptz, alive timestamptz, known_version integer)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  -- The version's row is locked first by whoever changes the table, so what is seen below is settled.
  UPDATE membership_version SET version = version + 1, changed_at = now()
  WHERE deployment_id = of_deployment AND version = known_version
    AND NOT EXISTS (
      SELECT FROM membership
      WHERE deployment_id = of_deployment AND address = of_address AND port = of_port AND generation = of_generation);
  IF NOT FOUND THEN
    RETURN false;
  END IF;

  INSERT INTO membership (
    deployment_id, address, port, generation, silo_name, host_name, status, proxy_port, start_time, i_am_alive_time)
  VALUES (
    of_deployment, of_address, of_port, of_generation, with_silo_name, with_host_name, with_status, with_proxy_port,
    started, alive);
  RETURN true;
END
$$;

CREATE FUNCTION couch_membership_update(
  of_deployment text, of_address text, of_port integer, of_generation integer,
  to_status integer, to_suspect_times text, alive timestamptz, known_version integer)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  UPDATE membership_version SET version = version + 1, changed_at = now()
  WHERE deployment_id = of_deployment AND version = known_version
    AND EXISTS (
      SELECT FROM membership
      WHERE deployment_id = of_deployment AND address = of_address AND port = of_port AND generation = of_generation);
  IF NOT FOUND THEN
    RETURN false;
  END IF;

  -- The silo itself may have given a later sign of life meanwhile.
  UPDATE membership
  SET status = to_status, suspect_times = to_suspect_times, i_am_alive_time = greatest(i_am_alive_time, alive)
  WHERE deployment_id = of_deployment AND address = of_address AND port = of_port AND generation = of_generation;
  RETURN FOUND;
END
$$;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('InsertMembershipVersionKey', $$
  WITH made AS (
    INSERT INTO membership_version (deployment_id, version) VALUES (@DeploymentId, 0)
    ON CONFLICT (deployment_id) DO NOTHING
    RETURNING 1
  )
  SELECT EXISTS (SELECT FROM made)
$$),
('InsertMembershipKey', $$
  SELECT couch_membership_insert(
    @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort,
    @StartTime, @IAmAliveTime, @Version)
$$),
('UpdateMembershipKey', $$
  SELECT couch_membership_update(
    @DeploymentId, @Address, @Port, @Generation, @Status, @SuspectTimes, @IAmAliveTime, @Version)
$$),
('UpdateIAmAlivetimeKey', $$
  UPDATE membership SET i_am_alive_time = @IAmAliveTime
  WHERE deployment_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
$$),
-- The table's version is answered even where no silo is: a row without a StartTime.
('MembershipReadRowKey', $$
  SELECT v.version AS "Version", m.address AS "Address", m.port AS "Port", m.generation AS "Generation",
    m.silo_name AS "SiloName", m.host_name AS "HostName", m.status AS "Status", m.proxy_port AS "ProxyPort",
    m.suspect_times AS "SuspectTimes", m.start_time AS "StartTime", m.i_am_alive_time AS "IAmAliveTime"
  FROM membership_version v
  LEFT JOIN membership m
    ON m.deployment_id = v.deployment_id AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
  WHERE v.deployment_id = @DeploymentId
$$),
('MembershipReadAllKey', $$
  SELECT v.version AS "Version", m.address AS "Address", m.port AS "Port", m.generation AS "Generation",
    m.silo_name AS "SiloName", m.host_name AS "HostName", m.status AS "Status", m.proxy_port AS "ProxyPort",
    m.suspect_times AS "SuspectTimes", m.start_time AS "StartTime", m.i_am_alive_time AS "IAmAliveTime"
  FROM membership_version v
  LEFT JOIN membership m ON m.deployment_id = v.deployment_id
  WHERE v.deployment_id = @DeploymentId
$$),
('GatewaysQueryKey', $$
  SELECT address AS "Address", proxy_port AS "ProxyPort", generation AS "Generation"
  FROM membership
  WHERE deployment_id = @DeploymentId AND status = @Status AND proxy_port > 0
$$),
('DeleteMembershipTableEntriesKey', $$
  DELETE FROM membership WHERE deployment_id = @DeploymentId;
  DELETE FROM membership_version WHERE deployment_id = @DeploymentId
$$),
-- Only the dead are cleaned away, one silo at a time and as they were seen, or all that were old and unsuspected.
('CleanupDefunctSiloEntriesKey', $$
  DELETE FROM membership
  WHERE deployment_id = @DeploymentId AND status = 6 AND suspect_times IS NULL
    AND start_time < @IAmAliveTime AND i_am_alive_time < @IAmAliveTime
$$),
('CleanupDefunctSiloEntryKey', $$
  DELETE FROM membership
  WHERE deployment_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation AND status = 6
    AND start_time = @StartTime AND i_am_alive_time = @IAmAliveTime AND suspect_times IS NOT DISTINCT FROM @SuspectTimes
$$);
