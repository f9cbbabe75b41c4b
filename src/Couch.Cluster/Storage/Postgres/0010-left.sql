-- A guest whose VM was given by hand and is left where it is ("left") is past as one with a receipt is: nothing will come of
-- it any more. Rewrites the table once; the version before runs on as it did, on a column of the same name.
DROP INDEX grain_state_past;
ALTER TABLE grain_state DROP COLUMN past_since;
ALTER TABLE grain_state ADD COLUMN past_since text COLLATE "C" GENERATED ALWAYS AS (
  CASE
    WHEN kind = 'guest' AND state ->> 'status' IN ('stopped', 'expired', 'revoked')
      AND (COALESCE(state -> 'vm' ->> 'state', 'none') IN ('none', 'destroyed', 'left') OR state -> 'vm' ->> 'destroyedAt' IS NOT NULL)
      THEN CASE WHEN state -> 'vm' ->> 'destroyedAt' > state ->> 'stoppedAt' THEN state -> 'vm' ->> 'destroyedAt' ELSE state ->> 'stoppedAt' END
    WHEN kind = 'invite' AND state ->> 'status' IN ('revoked', 'expired') THEN state ->> 'expiresAt'
  END) STORED;

CREATE INDEX grain_state_past ON grain_state (service, kind, past_since, id) WHERE past_since IS NOT NULL;
