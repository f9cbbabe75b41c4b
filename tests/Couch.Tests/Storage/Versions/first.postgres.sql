SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE FUNCTION public.couch_membership_insert(of_deployment text, of_address text, of_port integer, of_generation integer, with_silo_name text, with_host_name text, with_status integer, with_proxy_port integer, started timestamp with time zone, alive timestamp with time zone, known_version integer) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION public.couch_membership_update(of_deployment text, of_address text, of_port integer, of_generation integer, to_status integer, to_suspect_times text, alive timestamp with time zone, known_version integer) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
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
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.grain_state (
    service text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    id text NOT NULL COLLATE pg_catalog."C",
    version integer NOT NULL,
    state jsonb,
    status text GENERATED ALWAYS AS ((state ->> 'status'::text)) STORED COLLATE pg_catalog."C",
    open_until text GENERATED ALWAYS AS (
CASE
    WHEN ((state ->> 'status'::text) = ANY (ARRAY['active'::text, 'provisioning'::text, 'running'::text])) THEN (state ->> 'expiresAt'::text)
    ELSE NULL::text
END) STORED COLLATE pg_catalog."C",
    guest_id text GENERATED ALWAYS AS (
CASE
    WHEN (kind = 'invite'::text) THEN ((state -> 'redemption'::text) ->> 'guestId'::text)
    ELSE NULL::text
END) STORED COLLATE pg_catalog."C",
    has_vm boolean GENERATED ALWAYS AS (
CASE
    WHEN ((kind = 'guest'::text) AND (((state -> 'vm'::text) ->> 'state'::text) = ANY (ARRAY['requested'::text, 'booting'::text, 'ready'::text, 'destroying'::text, 'lost'::text])) AND (((state -> 'vm'::text) ->> 'destroyedAt'::text) IS NULL)) THEN true
    WHEN ((kind = 'guest'::text) AND ((state ->> 'status'::text) = ANY (ARRAY['provisioning'::text, 'running'::text])) AND ((state ->> 'vmId'::text) IS NOT NULL)) THEN true
    ELSE NULL::boolean
END) STORED
)
WITH (fillfactor='75');
CREATE TABLE public.installation (
    service text NOT NULL COLLATE pg_catalog."C",
    id text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.invite_key (
    service text NOT NULL COLLATE pg_catalog."C",
    key_hash text NOT NULL COLLATE pg_catalog."C",
    body_hash text NOT NULL COLLATE pg_catalog."C",
    invite_id text NOT NULL COLLATE pg_catalog."C",
    claimed_at text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.membership (
    deployment_id text NOT NULL COLLATE pg_catalog."C",
    address text NOT NULL COLLATE pg_catalog."C",
    port integer NOT NULL,
    generation integer NOT NULL,
    silo_name text NOT NULL,
    host_name text NOT NULL,
    status integer NOT NULL,
    proxy_port integer NOT NULL,
    suspect_times text,
    start_time timestamp with time zone NOT NULL,
    i_am_alive_time timestamp with time zone NOT NULL
)
WITH (fillfactor='75');
CREATE TABLE public.membership_version (
    deployment_id text NOT NULL COLLATE pg_catalog."C",
    version integer NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.orleansquery (
    querykey text NOT NULL COLLATE pg_catalog."C",
    querytext text NOT NULL
);
CREATE TABLE public.reminder (
    service text NOT NULL COLLATE pg_catalog."C",
    grain_id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    start_time timestamp with time zone NOT NULL,
    period bigint NOT NULL,
    grain_hash integer NOT NULL,
    version integer NOT NULL
);
CREATE TABLE public.schemaversions (
    schemaversionsid integer NOT NULL,
    scriptname character varying(255) NOT NULL,
    applied timestamp without time zone NOT NULL
);
CREATE SEQUENCE public.schemaversions_schemaversionsid_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.schemaversions_schemaversionsid_seq OWNED BY public.schemaversions.schemaversionsid;
ALTER TABLE ONLY public.schemaversions ALTER COLUMN schemaversionsid SET DEFAULT nextval('public.schemaversions_schemaversionsid_seq'::regclass);
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M844DZKVHN3Z4AKPQT15VB4H', 1, '{"id": "01M844DZKVHN3Z4AKPQT15VB4H", "label": "test", "status": "active", "createdBy": "noah", "expiresAt": "2026-12-23T12:00:00.123Z", "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M844DZKVG1EH9X4CKMMFQ29K', 1, '{"id": "01M844DZKVG1EH9X4CKMMFQ29K", "label": "test", "status": "active", "createdBy": "noah", "expiresAt": "2026-11-23T14:03:00.123Z", "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M844DZKVDM2FE6B897VA66TZ', 2, '{"id": "01M844DZKVDM2FE6B897VA66TZ", "label": "test", "status": "revoked", "createdBy": "noah", "expiresAt": "2026-11-24T12:00:00.123Z", "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "revokedWith": {"name": "configured"}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M844DZKV743JCQW78KXCWTSG', 2, '{"id": "01M844DZKV743JCQW78KXCWTSG", "label": "test", "status": "expired", "createdBy": "noah", "expiresAt": "2026-11-23T13:00:00.123Z", "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M84B9PVV847B7M91MKZT1PSX', 2, '{"id": "01M84B9PVV847B7M91MKZT1PSX", "label": "test", "status": "redeemed", "createdBy": "noah", "expiresAt": "2026-11-24T14:00:00.123Z", "redemption": {"guestId": "01M84B9PVV1V8R21ZFSW7BNY3T", "guestName": "guest-1", "publicKey": "ssh-ed25519 AAAA", "idempotency": {"keyHash": "8fa3aab2faa9b79e0a0398da5b5abd0780142442a5be80b9a64608d718cb1fcd", "bodyHash": "585eea2415065af784dc58038ba8479749044439904d15f093068d04f6bc38f4"}}, "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B9PVV1V8R21ZFSW7BNY3T', 1, '{"id": "01M84B9PVV1V8R21ZFSW7BNY3T", "vm": {"state": "none", "attempts": 0, "failedReleases": 0}, "name": "guest-1", "status": "provisioning", "inviteId": "01M84B9PVV847B7M91MKZT1PSX", "expiresAt": "2026-11-26T14:00:00.123Z", "publicKey": "ssh-ed25519 AAAA", "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "resourceUsage": {"cpuSeconds": 0, "diskUsedGB": 0, "tokensUsed": 0, "memoryPeakMB": 0, "uptimeSeconds": 0, "networkEgressGB": 0}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M84B9PVV30PBR757HKGYRHHX', 2, '{"id": "01M84B9PVV30PBR757HKGYRHHX", "label": "test", "status": "redeemed", "createdBy": "noah", "expiresAt": "2026-11-24T14:00:00.123Z", "redemption": {"guestId": "01M84B9PVVFV8NP4AFYFPGEBZJ", "guestName": "guest-1"}, "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 0.05, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M847VV7VNCMVBWM92HHB3FDM', 1, '{"id": "01M847VV7VNCMVBWM92HHB3FDM", "label": "test", "status": "redeemed", "createdBy": "noah", "expiresAt": "2026-11-24T13:00:00.123Z", "redemption": {"guestId": "01M84B7W8V1BEMT32CZ31Z14S6", "guestName": "guest-1"}, "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M847VV7VNHYZ4H1VAMANK34T', 1, '{"id": "01M847VV7VNHYZ4H1VAMANK34T", "label": "test", "status": "redeemed", "createdBy": "noah", "expiresAt": "2026-11-24T13:00:00.123Z", "redemption": {"guestId": "01M84B7W8VAKB0NXAEBE5YRTD8", "guestName": "guest-1"}, "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B9PVVFV8NP4AFYFPGEBZJ', 1, '{"id": "01M84B9PVVFV8NP4AFYFPGEBZJ", "vm": {"state": "none", "attempts": 0, "failedReleases": 0}, "name": "guest-1", "status": "provisioning", "inviteId": "01M84B9PVV30PBR757HKGYRHHX", "expiresAt": "2026-11-23T14:03:00.123Z", "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "resourceUsage": {"cpuSeconds": 0, "diskUsedGB": 0, "tokensUsed": 0, "memoryPeakMB": 0, "uptimeSeconds": 0, "networkEgressGB": 0}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 0.05, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M84B9PVVB8D3ASMWGWHMQQ0H', 2, '{"id": "01M84B9PVVB8D3ASMWGWHMQQ0H", "label": "test", "status": "redeemed", "createdBy": "noah", "expiresAt": "2026-11-24T14:00:00.123Z", "redemption": {"guestId": "01M84B9PVVG82ZQ5FCZB16SHT6", "guestName": "guest-1"}, "enforcement": "report", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B9PVVG82ZQ5FCZB16SHT6', 4, '{"id": "01M84B9PVVG82ZQ5FCZB16SHT6", "vm": {"state": "none", "attempts": 0, "failedReleases": 0}, "name": "guest-1", "vmId": "vm-1", "status": "running", "inviteId": "01M84B9PVVB8D3ASMWGWHMQQ0H", "expiresAt": "2026-11-26T15:30:00.123Z", "enforcement": "report", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "extendedWith": {"name": "configured"}, "activatedWith": {"name": "configured"}, "agentEndpoint": "http://vm-1", "resourceUsage": {"cpuSeconds": 1.5, "diskUsedGB": 2, "tokensUsed": 7, "memoryPeakMB": 5000, "uptimeSeconds": 60, "networkEgressGB": 0.25}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 73.5, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M84B9PVVZPRCKKDEV9EHPJWG', 2, '{"id": "01M84B9PVVZPRCKKDEV9EHPJWG", "label": "test", "status": "redeemed", "createdBy": "noah", "expiresAt": "2026-11-24T14:00:00.123Z", "redemption": {"guestId": "01M84B9PVVM6ECYGBZ1Z256CG8", "guestName": "guest-1"}, "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B9PVVM6ECYGBZ1Z256CG8', 2, '{"id": "01M84B9PVVM6ECYGBZ1Z256CG8", "vm": {"state": "none", "attempts": 0, "failedReleases": 0}, "name": "guest-1", "status": "revoked", "inviteId": "01M84B9PVVZPRCKKDEV9EHPJWG", "endReason": "killed", "expiresAt": "2026-11-26T14:00:00.123Z", "stoppedAt": "2026-11-23T14:00:00.123Z", "killedWith": {"name": "configured"}, "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "resourceUsage": {"cpuSeconds": 0, "diskUsedGB": 0, "tokensUsed": 0, "memoryPeakMB": 0, "uptimeSeconds": 0, "networkEgressGB": 0}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M84B9PVVNH3TH3V0SWG7PJ4P', 2, '{"id": "01M84B9PVVNH3TH3V0SWG7PJ4P", "label": "test", "status": "redeemed", "createdBy": "noah", "expiresAt": "2026-11-24T14:00:00.123Z", "redemption": {"guestId": "01M84B9PVVC672JAWHS9NRQCQ6", "guestName": "guest-1"}, "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B9PVVC672JAWHS9NRQCQ6', 2, '{"id": "01M84B9PVVC672JAWHS9NRQCQ6", "vm": {"state": "none", "attempts": 0, "failedReleases": 0}, "name": "guest-1", "status": "stopped", "inviteId": "01M84B9PVVNH3TH3V0SWG7PJ4P", "endReason": "checked-out", "expiresAt": "2026-11-26T14:00:00.123Z", "stoppedAt": "2026-11-23T14:00:00.123Z", "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "resourceUsage": {"cpuSeconds": 0, "diskUsedGB": 0, "tokensUsed": 0, "memoryPeakMB": 0, "uptimeSeconds": 0, "networkEgressGB": 0}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M84B9PVVMFD92BAEGJ0BN04Z', 2, '{"id": "01M84B9PVVMFD92BAEGJ0BN04Z", "label": "test", "status": "redeemed", "createdBy": "noah", "expiresAt": "2026-11-24T14:00:00.123Z", "redemption": {"guestId": "01M84B9PVV6NX5D1HXV43G5RQH", "guestName": "guest-1"}, "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B9PVV6NX5D1HXV43G5RQH', 2, '{"id": "01M84B9PVV6NX5D1HXV43G5RQH", "vm": {"state": "none", "attempts": 0, "failedReleases": 0}, "name": "guest-1", "status": "stopped", "inviteId": "01M84B9PVVMFD92BAEGJ0BN04Z", "endDetail": "tokens: 50000001/50000000", "endReason": "limits-exceeded", "expiresAt": "2026-11-26T14:00:00.123Z", "stoppedAt": "2026-11-23T14:00:00.123Z", "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "resourceUsage": {"cpuSeconds": 0, "diskUsedGB": 0, "tokensUsed": 50000001, "memoryPeakMB": 0, "uptimeSeconds": 0, "networkEgressGB": 0}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B7W8V1BEMT32CZ31Z14S6', 1, '{"id": "01M84B7W8V1BEMT32CZ31Z14S6", "vm": {"host": "vers", "state": "requested", "attempts": 1, "lastError": "503", "notBefore": "2026-11-23T14:00:00.123Z", "requestedAt": "2026-11-23T13:59:00.123Z", "failedReleases": 0}, "name": "guest-1", "status": "provisioning", "inviteId": "01M847VV7VNCMVBWM92HHB3FDM", "expiresAt": "2026-11-26T13:59:00.123Z", "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "resourceUsage": {"cpuSeconds": 0, "diskUsedGB": 0, "tokensUsed": 0, "memoryPeakMB": 0, "uptimeSeconds": 0, "networkEgressGB": 0}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B7W8VAKB0NXAEBE5YRTD8', 1, '{"id": "01M84B7W8VAKB0NXAEBE5YRTD8", "vm": {"id": "vm-2", "host": "vers", "state": "lost", "readyAt": "2026-11-23T14:00:00.123Z", "attempts": 1, "endpoint": "https://vm-2", "requestedAt": "2026-11-23T13:59:00.123Z", "failedReleases": 0, "destroyRequestedAt": "2026-11-23T14:00:00.123Z"}, "name": "guest-1", "vmId": "vm-2", "status": "stopped", "inviteId": "01M847VV7VNHYZ4H1VAMANK34T", "endReason": "vm-lost", "expiresAt": "2026-11-26T13:59:00.123Z", "stoppedAt": "2026-11-23T14:00:00.123Z", "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "agentEndpoint": "https://vm-2", "resourceUsage": {"cpuSeconds": 0, "diskUsedGB": 0, "tokensUsed": 0, "memoryPeakMB": 0, "uptimeSeconds": 0, "networkEgressGB": 0}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M847VV7VTFJKBHZ62Q1T5DF9', 1, '{"id": "01M847VV7VTFJKBHZ62Q1T5DF9", "label": "test", "status": "redeemed", "createdBy": "noah", "expiresAt": "2026-11-24T13:00:00.123Z", "redemption": {"guestId": "01M84B7W8VCAX7K5T5XXCBMCB8", "guestName": "guest-1"}, "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M847VV7VQ5D8B7PZJSE75TYN', 1, '{"id": "01M847VV7VQ5D8B7PZJSE75TYN", "label": "test", "status": "redeemed", "createdBy": "noah", "expiresAt": "2026-11-24T13:00:00.123Z", "redemption": {"guestId": "01M84B7W8V2HRZ2PBW4Q7MPH8B", "guestName": "guest-1"}, "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B7W8VCAX7K5T5XXCBMCB8', 1, '{"id": "01M84B7W8VCAX7K5T5XXCBMCB8", "vm": {"id": "vm-2", "host": "vers", "state": "booting", "attempts": 1, "endpoint": "https://vm-2", "requestedAt": "2026-11-23T13:59:00.123Z", "failedReleases": 0}, "name": "guest-1", "status": "provisioning", "inviteId": "01M847VV7VTFJKBHZ62Q1T5DF9", "expiresAt": "2026-11-26T13:59:00.123Z", "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "resourceUsage": {"cpuSeconds": 0, "diskUsedGB": 0, "tokensUsed": 0, "memoryPeakMB": 0, "uptimeSeconds": 0, "networkEgressGB": 0}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M847VV7VN5QB9DVZ694T099H', 1, '{"id": "01M847VV7VN5QB9DVZ694T099H", "label": "test", "status": "redeemed", "createdBy": "noah", "expiresAt": "2026-11-24T13:00:00.123Z", "redemption": {"guestId": "01M84B7W8VTD6NMHYDE5Y8RCCP", "guestName": "guest-1"}, "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B7W8V2HRZ2PBW4Q7MPH8B', 1, '{"id": "01M84B7W8V2HRZ2PBW4Q7MPH8B", "vm": {"host": "vers", "state": "destroyed", "attempts": 1, "destroyedAt": "2026-11-23T14:00:00.123Z", "requestedAt": "2026-11-23T13:59:00.123Z", "failedReleases": 0, "destroyRequestedAt": "2026-11-23T14:00:00.123Z"}, "name": "guest-1", "status": "stopped", "inviteId": "01M847VV7VQ5D8B7PZJSE75TYN", "endReason": "provisioning-failed", "expiresAt": "2026-11-26T13:59:00.123Z", "stoppedAt": "2026-11-23T14:00:00.123Z", "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "resourceUsage": {"cpuSeconds": 0, "diskUsedGB": 0, "tokensUsed": 0, "memoryPeakMB": 0, "uptimeSeconds": 0, "networkEgressGB": 0}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B7W8VTD6NMHYDE5Y8RCCP', 1, '{"id": "01M84B7W8VTD6NMHYDE5Y8RCCP", "vm": {"id": "vm-2", "host": "vers", "state": "ready", "readyAt": "2026-11-23T14:00:00.123Z", "attempts": 1, "endpoint": "https://vm-2", "requestedAt": "2026-11-23T13:59:00.123Z", "missingSince": "2026-11-23T14:00:00.123Z", "failedReleases": 0}, "name": "guest-1", "vmId": "vm-2", "status": "running", "inviteId": "01M847VV7VN5QB9DVZ694T099H", "expiresAt": "2026-11-26T13:59:00.123Z", "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "agentEndpoint": "https://vm-2", "resourceUsage": {"cpuSeconds": 0, "diskUsedGB": 0, "tokensUsed": 0, "memoryPeakMB": 0, "uptimeSeconds": 0, "networkEgressGB": 0}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'host-key', '01M84B9PVVYEDG0XST96Q49EYV', 2, '{"id": "01M84B9PVVYEDG0XST96Q49EYV", "name": "meter", "scopes": {"keys": true, "meter": true, "guests": false, "invites": false}, "revokedAt": "2026-11-23T14:00:00.123Z", "createdWith": {"name": "configured"}, "revokedWith": {"name": "meter", "keyId": "01M84B9PVVYEDG0XST96Q49EYV"}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M847VV7VK0E6RHBX6NMK82D3', 1, '{"id": "01M847VV7VK0E6RHBX6NMK82D3", "label": "test", "status": "redeemed", "createdBy": "noah", "expiresAt": "2026-11-24T13:00:00.123Z", "redemption": {"guestId": "01M84B7W8VZQ8BX716FS8P8P2M", "guestName": "guest-1"}, "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B7W8VZQ8BX716FS8P8P2M', 1, '{"id": "01M84B7W8VZQ8BX716FS8P8P2M", "vm": {"id": "vm-2", "host": "vers", "state": "destroying", "readyAt": "2026-11-23T14:00:00.123Z", "attempts": 1, "endpoint": "https://vm-2", "requestedAt": "2026-11-23T13:59:00.123Z", "failedReleases": 2, "destroyRequestedAt": "2026-11-23T14:00:00.123Z"}, "name": "guest-1", "vmId": "vm-2", "status": "revoked", "inviteId": "01M847VV7VK0E6RHBX6NMK82D3", "endReason": "killed", "expiresAt": "2026-11-26T13:59:00.123Z", "stoppedAt": "2026-11-23T14:00:00.123Z", "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "agentEndpoint": "https://vm-2", "resourceUsage": {"cpuSeconds": 0, "diskUsedGB": 0, "tokensUsed": 0, "memoryPeakMB": 0, "uptimeSeconds": 0, "networkEgressGB": 0}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'invite', '01M847VV7V4E9Q4FAMSQ8Q2Q2X', 1, '{"id": "01M847VV7V4E9Q4FAMSQ8Q2Q2X", "label": "test", "status": "redeemed", "createdBy": "noah", "expiresAt": "2026-11-24T13:00:00.123Z", "redemption": {"guestId": "01M84B7W8VEAEJCHX9QT881BNM", "guestName": "guest-1"}, "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'housekeeping', 'couch', 1, '{"arrivedBelow": "01M84B61NV0000000000000000"}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'guest', '01M84B7W8VEAEJCHX9QT881BNM', 1, '{"id": "01M84B7W8VEAEJCHX9QT881BNM", "vm": {"id": "vm-2", "host": "vers", "state": "destroyed", "readyAt": "2026-11-23T14:00:00.123Z", "attempts": 1, "endpoint": "https://vm-2", "destroyedAt": "2026-11-23T14:00:00.123Z", "requestedAt": "2026-11-23T13:59:00.123Z", "failedReleases": 0, "destroyRequestedAt": "2026-11-23T14:00:00.123Z"}, "name": "guest-1", "vmId": "vm-2", "status": "expired", "inviteId": "01M847VV7V4E9Q4FAMSQ8Q2Q2X", "endReason": "expired", "expiresAt": "2026-11-26T13:59:00.123Z", "stoppedAt": "2026-11-23T14:00:00.123Z", "enforcement": "stop", "permissions": {"canAccessInternet": true, "canSpawnSubAgents": false, "canAccessHostServices": false}, "agentEndpoint": "https://vm-2", "resourceUsage": {"cpuSeconds": 0, "diskUsedGB": 0, "tokensUsed": 0, "memoryPeakMB": 0, "uptimeSeconds": 0, "networkEgressGB": 0}, "resourceLimits": {"maxDiskGB": 20, "maxCpuCores": 2, "maxMemoryMB": 4096, "maxTokenBudget": 50000000, "maxDurationHours": 72, "maxNetworkEgressGB": 10}}');
INSERT INTO public.grain_state (service, kind, id, version, state) VALUES ('couch', 'host-key', '01M84B9PVVGWBA0H3T197J6GY1', 1, '{"id": "01M84B9PVVGWBA0H3T197J6GY1", "name": "meter", "scopes": {"keys": false, "meter": true, "guests": false, "invites": false}, "expiresAt": "2026-11-23T15:00:00.123Z", "createdWith": {"name": "configured"}}');
INSERT INTO public.invite_key (service, key_hash, body_hash, invite_id, claimed_at) VALUES ('couch', '8fa3aab2faa9b79e0a0398da5b5abd0780142442a5be80b9a64608d718cb1fcd', '9402f4938bb69206552ef4c8795501c0e388d9831c1f5a9f8b88d2db526fdd86', '01M844DZKV743JCQW78KXCWTSG', '2026-11-23T12:00:00.123Z');
INSERT INTO public.orleansquery (querykey, querytext) VALUES ('ReadFromStorageKey', '
  SELECT convert_to(CAST(state AS text), ''UTF8'') AS "PayloadBinary", version AS "Version"
  FROM grain_state
  WHERE service = @ServiceId AND kind = @GrainTypeString AND id = @GrainIdExtensionString
');
INSERT INTO public.orleansquery (querykey, querytext) VALUES ('WriteToStorageKey', '
  WITH first AS (
    INSERT INTO grain_state (service, kind, id, version, state)
    SELECT @ServiceId, @GrainTypeString, @GrainIdExtensionString, 1, CAST(convert_from(@PayloadBinary, ''UTF8'') AS jsonb)
    WHERE @GrainStateVersion IS NULL
    ON CONFLICT (service, kind, id) DO NOTHING
    RETURNING version
  ), later AS (
    UPDATE grain_state
    SET version = version + 1, state = CAST(convert_from(@PayloadBinary, ''UTF8'') AS jsonb)
    WHERE service = @ServiceId AND kind = @GrainTypeString AND id = @GrainIdExtensionString AND version = @GrainStateVersion
    RETURNING version
  )
  SELECT version AS "NewGrainStateVersion" FROM first
  UNION ALL
  SELECT version FROM later
');
INSERT INTO public.orleansquery (querykey, querytext) VALUES ('ClearStorageKey', '
  UPDATE grain_state
  SET version = version + 1, state = NULL
  WHERE service = @ServiceId AND kind = @GrainTypeString AND id = @GrainIdExtensionString AND version = @GrainStateVersion
  RETURNING version AS "NewGrainStateVersion"
');
INSERT INTO public.orleansquery (querykey, querytext) VALUES ('DeleteStorageKey', '
  DELETE FROM grain_state
  WHERE service = @ServiceId AND kind = @GrainTypeString AND id = @GrainIdExtensionString AND version = @GrainStateVersion
  RETURNING version + 1 AS "NewGrainStateVersion"
');
INSERT INTO public.orleansquery (querykey, querytext) VALUES ('UpsertReminderRowKey', '
  INSERT INTO reminder (service, grain_id, name, start_time, period, grain_hash, version)
  VALUES (@ServiceId, @GrainId, @ReminderName, @StartTime, @Period, @GrainHash, 0)
  ON CONFLICT (service, grain_id, name) DO UPDATE
    SET start_time = excluded.start_time, period = excluded.period, grain_hash = excluded.grain_hash,
        version = reminder.version + 1
  RETURNING version AS "Version"
');
INSERT INTO public.orleansquery (querykey, querytext) VALUES ('ReadReminderRowsKey', '
  SELECT grain_id AS "GrainId", name AS "ReminderName", start_time AS "StartTime", period AS "Period", version AS "Version"
  FROM reminder
  WHERE service = @ServiceId AND grain_id = @GrainId
');
INSERT INTO public.orleansquery (querykey, querytext) VALUES ('ReadReminderRowKey', '
  SELECT grain_id AS "GrainId", name AS "ReminderName", start_time AS "StartTime", period AS "Period", version AS "Version"
  FROM reminder
  WHERE service = @ServiceId AND grain_id = @GrainId AND name = @ReminderName
');
INSERT INTO public.orleansquery (querykey, querytext) VALUES ('ReadRangeRows1Key', '
  SELECT grain_id AS "GrainId", name AS "ReminderName", start_time AS "StartTime", period AS "Period", version AS "Version"
  FROM reminder
  WHERE service = @ServiceId AND start_time <= now() + interval ''14400000 minutes''
    AND grain_hash > @BeginHash AND grain_hash <= @EndHash
');
INSERT INTO public.orleansquery (querykey, querytext) VALUES ('ReadRangeRows2Key', '
  SELECT grain_id AS "GrainId", name AS "ReminderName", start_time AS "StartTime", period AS "Period", version AS "Version"
  FROM reminder
  WHERE service = @ServiceId AND start_time <= now() + interval ''14400000 minutes''
    AND (grain_hash > @BeginHash OR grain_hash <= @EndHash)
');
INSERT INTO public.orleansquery (querykey, querytext) VALUES ('DeleteReminderRowKey', '
  WITH gone AS (
    DELETE FROM reminder
    WHERE service = @ServiceId AND grain_id = @GrainId AND name = @ReminderName AND version = @Version
    RETURNING 1
  )
  SELECT EXISTS (SELECT FROM gone)
');
INSERT INTO public.orleansquery (querykey, querytext) VALUES ('DeleteReminderRowsKey', '
  DELETE FROM reminder WHERE service = @ServiceId
');
INSERT INTO public.orleansquery (querykey, querytext) VALUES ('InsertMembershipVersionKey', '
  WITH made AS (
    INSERT INTO membership_version (deployment_id, version) VALUES (@DeploymentId, 0)
    ON CONFLICT (deployment_id) DO NOTHING
    RETURNING 1
  )
  SELECT EXISTS (SELECT FROM made)
');
INSERT INTO public.orleansquery (querykey, querytext) VALUES ('InsertMembershipKey', '
  SELECT couch_membership_insert(
    @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort,
    @StartTime, @IAmAliveTime, @Version)
');
INSERT INTO public.orleansquery (querykey, querytext) VALUES ('UpdateMembershipKey', '
  SELECT couch_membership_update(
    @DeploymentId, @Address, @Port, @Generation, @Status, @SuspectTimes, @IAmAliveTime, @Version)
');
INSERT INTO public.orleansquery (querykey, querytext) VALUES ('UpdateIAmAlivetimeKey', '
  UPDATE membership SET i_am_alive_time = @IAmAliveTime
  WHERE deployment_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
');
INSERT INTO public.orleansquery (querykey, querytext) VALUES ('MembershipReadRowKey', '
  SELECT v.version AS "Version", m.address AS "Address", m.port AS "Port", m.generation AS "Generation",
    m.silo_name AS "SiloName", m.host_name AS "HostName", m.status AS "Status", m.proxy_port AS "ProxyPort",
    m.suspect_times AS "SuspectTimes", m.start_time AS "StartTime", m.i_am_alive_time AS "IAmAliveTime"
  FROM membership_version v
  LEFT JOIN membership m
    ON m.deployment_id = v.deployment_id AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
  WHERE v.deployment_id = @DeploymentId
');
INSERT INTO public.orleansquery (querykey, querytext) VALUES ('MembershipReadAllKey', '
  SELECT v.version AS "Version", m.address AS "Address", m.port AS "Port", m.generation AS "Generation",
    m.silo_name AS "SiloName", m.host_name AS "HostName", m.status AS "Status", m.proxy_port AS "ProxyPort",
    m.suspect_times AS "SuspectTimes", m.start_time AS "StartTime", m.i_am_alive_time AS "IAmAliveTime"
  FROM membership_version v
  LEFT JOIN membership m ON m.deployment_id = v.deployment_id
  WHERE v.deployment_id = @DeploymentId
');
INSERT INTO public.orleansquery (querykey, querytext) VALUES ('GatewaysQueryKey', '
  SELECT address AS "Address", proxy_port AS "ProxyPort", generation AS "Generation"
  FROM membership
  WHERE deployment_id = @DeploymentId AND status = @Status AND proxy_port > 0
');
INSERT INTO public.orleansquery (querykey, querytext) VALUES ('DeleteMembershipTableEntriesKey', '
  DELETE FROM membership WHERE deployment_id = @DeploymentId;
  DELETE FROM membership_version WHERE deployment_id = @DeploymentId
');
INSERT INTO public.orleansquery (querykey, querytext) VALUES ('CleanupDefunctSiloEntriesKey', '
  DELETE FROM membership
  WHERE deployment_id = @DeploymentId AND status = 6 AND suspect_times IS NULL
    AND start_time < @IAmAliveTime AND i_am_alive_time < @IAmAliveTime
');
INSERT INTO public.orleansquery (querykey, querytext) VALUES ('CleanupDefunctSiloEntryKey', '
  DELETE FROM membership
  WHERE deployment_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation AND status = 6
    AND start_time = @StartTime AND i_am_alive_time = @IAmAliveTime AND suspect_times IS NOT DISTINCT FROM @SuspectTimes
');
INSERT INTO public.reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'invite/01M844DZKVHN3Z4AKPQT15VB4H', 'due', '2026-12-23 12:00:00.123+00', 60000, -1169889545, 0);
INSERT INTO public.reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'invite/01M844DZKVG1EH9X4CKMMFQ29K', 'due', '2026-11-23 14:03:00.123+00', 60000, 650368717, 0);
INSERT INTO public.reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'invite/01M844DZKVDM2FE6B897VA66TZ', 'due', '2026-11-24 12:00:00.123+00', 60000, -919495297, 0);
INSERT INTO public.reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'invite/01M844DZKV743JCQW78KXCWTSG', 'due', '2026-11-23 13:00:00.123+00', 60000, -1083530039, 0);
INSERT INTO public.reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'invite/01M84B9PVV847B7M91MKZT1PSX', 'due', '2026-11-24 14:00:00.123+00', 60000, 87234240, 0);
INSERT INTO public.reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B9PVV1V8R21ZFSW7BNY3T', 'due', '2026-11-26 14:00:00.123+00', 60000, 1010225590, 0);
INSERT INTO public.reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'invite/01M84B9PVV30PBR757HKGYRHHX', 'due', '2026-11-24 14:00:00.123+00', 60000, -228809772, 0);
INSERT INTO public.reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B9PVVFV8NP4AFYFPGEBZJ', 'due', '2026-11-23 14:03:00.123+00', 60000, -2110911354, 0);
INSERT INTO public.reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'invite/01M84B9PVVB8D3ASMWGWHMQQ0H', 'due', '2026-11-24 14:00:00.123+00', 60000, 239205691, 0);
INSERT INTO public.reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B9PVVG82ZQ5FCZB16SHT6', 'due', '2026-11-26 15:30:00.123+00', 60000, -527534533, 1);
INSERT INTO public.reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'invite/01M84B9PVVZPRCKKDEV9EHPJWG', 'due', '2026-11-24 14:00:00.123+00', 60000, 1107140490, 0);
INSERT INTO public.reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B9PVVM6ECYGBZ1Z256CG8', 'due', '2026-11-26 14:00:00.123+00', 60000, -1146392389, 0);
INSERT INTO public.reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'invite/01M84B9PVVNH3TH3V0SWG7PJ4P', 'due', '2026-11-24 14:00:00.123+00', 60000, -674295024, 0);
INSERT INTO public.reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B9PVVC672JAWHS9NRQCQ6', 'due', '2026-11-26 14:00:00.123+00', 60000, 1501441960, 0);
INSERT INTO public.reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'invite/01M84B9PVVMFD92BAEGJ0BN04Z', 'due', '2026-11-24 14:00:00.123+00', 60000, -1466280404, 0);
INSERT INTO public.reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B9PVV6NX5D1HXV43G5RQH', 'due', '2026-11-26 14:00:00.123+00', 60000, -1994433223, 0);
INSERT INTO public.reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B7W8V1BEMT32CZ31Z14S6', 'due', '2026-11-23 14:01:00.123+00', 60000, 293577672, 0);
INSERT INTO public.reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B7W8VCAX7K5T5XXCBMCB8', 'due', '2026-11-23 14:01:00.123+00', 60000, -983462102, 0);
INSERT INTO public.reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B7W8VTD6NMHYDE5Y8RCCP', 'due', '2026-11-26 13:59:00.123+00', 60000, -1952277766, 0);
INSERT INTO public.reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B7W8VZQ8BX716FS8P8P2M', 'due', '2026-11-23 14:01:00.123+00', 60000, 209555311, 0);
INSERT INTO public.reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B7W8VEAEJCHX9QT881BNM', 'due', '2026-11-26 13:59:00.123+00', 60000, -1114273003, 0);
INSERT INTO public.reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B7W8VAKB0NXAEBE5YRTD8', 'due', '2026-11-23 14:01:00.123+00', 60000, -281644098, 0);
INSERT INTO public.reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'guest/01M84B7W8V2HRZ2PBW4Q7MPH8B', 'due', '2026-11-26 13:59:00.123+00', 60000, 1035840665, 0);
INSERT INTO public.reminder (service, grain_id, name, start_time, period, grain_hash, version) VALUES ('couch', 'housekeeping/couch', 'due', '2026-11-23 14:01:00.123+00', 60000, 1842448019, 0);
INSERT INTO public.schemaversions (schemaversionsid, scriptname, applied) VALUES (1, '0001-orleans-query', '2026-11-26 17:51:57.212504');
INSERT INTO public.schemaversions (schemaversionsid, scriptname, applied) VALUES (2, '0002-grain-state', '2026-11-26 17:51:57.511329');
INSERT INTO public.schemaversions (schemaversionsid, scriptname, applied) VALUES (3, '0003-reminder', '2026-11-26 17:51:57.583884');
INSERT INTO public.schemaversions (schemaversionsid, scriptname, applied) VALUES (4, '0004-invite-key', '2026-11-26 17:51:57.736447');
INSERT INTO public.schemaversions (schemaversionsid, scriptname, applied) VALUES (5, '0005-membership', '2026-11-26 17:51:57.884386');
INSERT INTO public.schemaversions (schemaversionsid, scriptname, applied) VALUES (6, '0006-installation', '2026-11-26 17:51:57.928715');
INSERT INTO public.schemaversions (schemaversionsid, scriptname, applied) VALUES (7, '0007-open-vms', '2026-11-26 17:51:58.039054');
SELECT pg_catalog.setval('public.schemaversions_schemaversionsid_seq', 7, true);
ALTER TABLE ONLY public.schemaversions
    ADD CONSTRAINT "PK_schemaversions_Id" PRIMARY KEY (schemaversionsid);
ALTER TABLE ONLY public.grain_state
    ADD CONSTRAINT grain_state_pkey PRIMARY KEY (service, kind, id);
ALTER TABLE ONLY public.installation
    ADD CONSTRAINT installation_pkey PRIMARY KEY (service);
ALTER TABLE ONLY public.invite_key
    ADD CONSTRAINT invite_key_pkey PRIMARY KEY (service, key_hash);
ALTER TABLE ONLY public.membership
    ADD CONSTRAINT membership_pkey PRIMARY KEY (deployment_id, address, port, generation);
ALTER TABLE ONLY public.membership_version
    ADD CONSTRAINT membership_version_pkey PRIMARY KEY (deployment_id);
ALTER TABLE ONLY public.orleansquery
    ADD CONSTRAINT orleansquery_pkey PRIMARY KEY (querykey);
ALTER TABLE ONLY public.reminder
    ADD CONSTRAINT reminder_pkey PRIMARY KEY (service, grain_id, name);
CREATE INDEX grain_state_by_status ON public.grain_state USING btree (status, service, kind, id);
CREATE INDEX grain_state_open ON public.grain_state USING btree (service, kind, open_until, id) WHERE (open_until IS NOT NULL);
CREATE INDEX grain_state_redeemed ON public.grain_state USING btree (service, kind, guest_id, id) WHERE (guest_id IS NOT NULL);
CREATE INDEX grain_state_vm ON public.grain_state USING btree (service, kind, id) WHERE has_vm;
CREATE INDEX invite_key_claimed ON public.invite_key USING btree (service, claimed_at);
CREATE INDEX reminder_due ON public.reminder USING btree (service, start_time, grain_hash);
ALTER TABLE ONLY public.membership
    ADD CONSTRAINT membership_deployment_id_fkey FOREIGN KEY (deployment_id) REFERENCES public.membership_version(deployment_id);
