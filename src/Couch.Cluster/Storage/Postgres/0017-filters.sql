-- What lists of invites and guests are filtered by: an invite's createdBy and label, and a guest's name with its capital letters of
-- ASCII as small ones, which both engines spell alike. They never change, so no later write of a row touches their indexes' values.
-- Rewrites the table once; the version before runs on as it did.
--
-- Bounded, because an index takes no longer text; nothing that the couch writes is as long.
ALTER TABLE grain_state
  ADD COLUMN created_by text COLLATE "C" GENERATED ALWAYS AS (CASE WHEN kind = 'invite' THEN left(state ->> 'createdBy', 500) END) STORED,
  ADD COLUMN label text COLLATE "C" GENERATED ALWAYS AS (CASE WHEN kind = 'invite' THEN left(nullif(state ->> 'label', ''), 500) END) STORED,
  ADD COLUMN name_key text COLLATE "C" GENERATED ALWAYS AS (
    CASE WHEN kind = 'guest' THEN left(lower((state ->> 'name') COLLATE "C"), 500) END) STORED;

CREATE INDEX grain_state_by_creator ON grain_state (service, kind, created_by, id) WHERE created_by IS NOT NULL;
CREATE INDEX grain_state_by_label ON grain_state (service, kind, label, id) WHERE label IS NOT NULL;
CREATE INDEX grain_state_by_name ON grain_state (service, kind, name_key, id) WHERE name_key IS NOT NULL;
