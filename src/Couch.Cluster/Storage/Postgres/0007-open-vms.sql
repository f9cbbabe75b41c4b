-- Guests that something at a VM provider may still belong to: what a sweep holds the provider's list against. True or null,
-- so that nothing but the first and the last of a VM's steps touches the index. Rewrites the table once; the version
-- before runs on as it did.
ALTER TABLE grain_state ADD COLUMN has_vm boolean GENERATED ALWAYS AS (
  CASE
    WHEN kind = 'guest' AND state -> 'vm' ->> 'state' IN ('requested', 'booting', 'ready', 'destroying', 'lost')
      AND state -> 'vm' ->> 'destroyedAt' IS NULL THEN true
    WHEN kind = 'guest' AND state ->> 'status' IN ('provisioning', 'running') AND state ->> 'vmId' IS NOT NULL THEN true
  END) STORED;

CREATE INDEX grain_state_vm ON grain_state (service, kind, id) WHERE has_vm;
