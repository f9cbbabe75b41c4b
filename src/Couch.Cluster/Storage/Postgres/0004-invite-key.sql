-- Idempotency keys of invite creations, hashed; forgotten after a day.
CREATE TABLE invite_key (
  service text COLLATE "C" NOT NULL,
  key_hash text COLLATE "C" NOT NULL,
  body_hash text COLLATE "C" NOT NULL,
  invite_id text COLLATE "C" NOT NULL,
  claimed_at text COLLATE "C" NOT NULL,
  PRIMARY KEY (service, key_hash)
);

CREATE INDEX invite_key_claimed ON invite_key (service, claimed_at);
