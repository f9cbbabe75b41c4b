-- Since when nothing will come of a row any more: what retention purges. A guest's stay has ended and the receipt for its VM
-- is there; an invite that nobody redeemed has had its time. A redeemed invite goes with its guest. Null for all others, so
-- that nothing but an end touches the index. Rewrites the table once; the version before runs on as it did.
ALTER TABLE grain_state ADD COLUMN past_since text COLLATE "C" GENERATED ALWAYS AS (
  CASE
    WHEN kind = 'guest' AND state ->> 'status' IN ('stopped', 'expired', 'revoked')
      AND (COALESCE(state -> 'vm' ->> 'state', 'none') IN ('none', 'destroyed') OR state -> 'vm' ->> 'destroyedAt' IS NOT NULL)
      THEN CASE WHEN state -> 'vm' ->> 'destroyedAt' > state ->> 'stoppedAt' THEN state -> 'vm' ->> 'destroyedAt' ELSE state ->> 'stoppedAt' END
    WHEN kind = 'invite' AND state ->> 'status' IN ('revoked', 'expired') THEN state ->> 'expiresAt'
  END) STORED;

CREATE INDEX grain_state_past ON grain_state (service, kind, past_since, id) WHERE past_since IS NOT NULL;
