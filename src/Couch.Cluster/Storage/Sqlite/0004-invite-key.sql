-- Idempotency keys of invite creations, hashed; forgotten after a day.
CREATE TABLE invite_key (
  service TEXT NOT NULL,
  key_hash TEXT NOT NULL,
  body_hash TEXT NOT NULL,
  invite_id TEXT NOT NULL,
  claimed_at TEXT NOT NULL,
  PRIMARY KEY (service, key_hash)
) STRICT;

CREATE INDEX invite_key_claimed ON invite_key (service, claimed_at);
