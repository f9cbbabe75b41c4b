-- Rows of many grains, read and written by one statement each. A server keeps a plan that it made while the table was small, so nothing
-- here leaves it a choice of plans: each row is looked up by its key, in a subquery of its own, and updated at its place. What is set
-- off at a role, to look for a plan perhaps, is on here.

-- The only other index that could serve a lookup by key, by reading all of it, and that a server without statistics takes for as good.
CREATE INDEX grain_state_of_status ON grain_state (status, service, kind, id) WHERE status IS NOT NULL;
DROP INDEX grain_state_by_status;
ALTER INDEX grain_state_of_status RENAME TO grain_state_by_status;

-- What is not answered is not there, or has no state.
CREATE FUNCTION couch_read_rows(its_service text, kinds text[], ids text[])
RETURNS TABLE (place integer, version integer, payload bytea)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_indexscan = on
SET enable_nestloop = on
SET enable_tidscan = on
AS $$
BEGIN
  RETURN QUERY
  SELECT CAST(g.place AS integer), row.version, convert_to(CAST(row.state AS text), 'UTF8')
  FROM unnest(kinds, ids) WITH ORDINALITY AS g (kind, id, place), LATERAL (
    SELECT s.version, s.state FROM grain_state AS s
    WHERE s.service = its_service AND s.kind = g.kind AND s.id = g.id AND s.state IS NOT NULL
    OFFSET 0
  ) AS row;
END
$$;

-- Writes each row as couch_write_row does. Answers the place and the new version of each that was written. What is not answered is to be
-- written alone: a row of another version, a first write that found one, and a row that another session has locked, which would keep
-- the others waiting. All fail where one fails.
CREATE FUNCTION couch_write_rows(its_service text, kinds text[], ids text[], known integer[], payloads bytea[])
RETURNS TABLE (place integer, written integer)
LANGUAGE plpgsql
-- A first write waits for another session's first write of the same row.
SET lock_timeout = '500ms'
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_indexscan = on
SET enable_nestloop = on
SET enable_tidscan = on
AS $$
DECLARE
  places integer[];
  tids tid[];
BEGIN
  -- Which still have the known version, and where they are. A locked row does not move.
  SELECT array_agg(g.place), array_agg(row.ctid) INTO places, tids
  FROM unnest(kinds, ids, known) WITH ORDINALITY AS g (kind, id, known, place), LATERAL (
    SELECT s.ctid FROM grain_state AS s
    WHERE s.service = its_service AND s.kind = g.kind AND s.id = g.id AND s.version = g.known
    FOR UPDATE SKIP LOCKED
    OFFSET 0
  ) AS row;

  IF tids IS NOT NULL THEN
    RETURN QUERY
    WITH updated AS (
      UPDATE grain_state AS row
      SET version = row.version + 1, state = CASE WHEN p.given -> 'events' IS NULL THEN p.given ELSE p.given - 'events' END
      FROM unnest(places, tids) AS f (place, at),
        LATERAL (SELECT CAST(convert_from(payloads[f.place], 'UTF8') AS jsonb) AS given OFFSET 0) AS p
      WHERE row.ctid = f.at
      RETURNING f.place, row.version, p.given -> 'events' AS events
    ), logged AS (
      INSERT INTO event_unnumbered (at, type, agent, invite, guest, record)
      SELECT e ->> 'at', e ->> 'type', e ->> 'agent', e ->> 'invite', e ->> 'guest', e ->> 'record'
      FROM updated AS u, jsonb_array_elements(u.events) WITH ORDINALITY AS one (e, turn)
      ORDER BY u.place, one.turn
    )
    SELECT u.place, u.version FROM updated AS u;
  END IF;

  IF array_position(known, NULL) IS NOT NULL THEN
    RETURN QUERY
    WITH young AS MATERIALIZED (
      -- Of two first writes of one row, one.
      SELECT DISTINCT ON (g.kind, g.id)
        CAST(g.place AS integer) AS place, g.kind, g.id, CAST(convert_from(g.payload, 'UTF8') AS jsonb) AS given
      FROM unnest(kinds, ids, known, payloads) WITH ORDINALITY AS g (kind, id, known, payload, place)
      WHERE g.known IS NULL ORDER BY g.kind, g.id, g.place
    ), inserted AS (
      INSERT INTO grain_state (service, kind, id, version, state)
      SELECT its_service, y.kind, y.id, 1, CASE WHEN y.given -> 'events' IS NULL THEN y.given ELSE y.given - 'events' END
      FROM young AS y ORDER BY y.kind, y.id
      ON CONFLICT (service, kind, id) DO NOTHING
      RETURNING kind, id, version
    ), done AS (
      SELECT y.place, i.version, y.given -> 'events' AS events FROM inserted AS i JOIN young AS y USING (kind, id)
    ), logged AS (
      INSERT INTO event_unnumbered (at, type, agent, invite, guest, record)
      SELECT e ->> 'at', e ->> 'type', e ->> 'agent', e ->> 'invite', e ->> 'guest', e ->> 'record'
      FROM done AS d, jsonb_array_elements(d.events) WITH ORDINALITY AS one (e, turn)
      ORDER BY d.place, one.turn
    )
    SELECT d.place, d.version FROM done AS d;
  END IF;
END
$$;
