-- What lists of invites and guests are filtered by: an invite's createdBy and label, and a guest's name with its capital letters of
-- ASCII as small ones, which both engines spell alike. They never change. The version before runs on as it did.
ALTER TABLE grain_state ADD COLUMN created_by TEXT GENERATED ALWAYS AS (
  CASE WHEN kind = 'invite' THEN CAST(state ->> 'createdBy' AS TEXT) END) VIRTUAL;
ALTER TABLE grain_state ADD COLUMN label TEXT GENERATED ALWAYS AS (
  CASE WHEN kind = 'invite' THEN nullif(CAST(state ->> 'label' AS TEXT), '') END) VIRTUAL;
ALTER TABLE grain_state ADD COLUMN name_key TEXT GENERATED ALWAYS AS (
  CASE WHEN kind = 'guest' THEN lower(CAST(state ->> 'name' AS TEXT)) END) VIRTUAL;

CREATE INDEX grain_state_by_creator ON grain_state (service, kind, created_by, id) WHERE created_by IS NOT NULL;
CREATE INDEX grain_state_by_label ON grain_state (service, kind, label, id) WHERE label IS NOT NULL;
CREATE INDEX grain_state_by_name ON grain_state (service, kind, name_key, id) WHERE name_key IS NOT NULL;
