-- This couch's mark on its VMs: made once, never changed.
CREATE TABLE installation (
  service text COLLATE "C" PRIMARY KEY,
  id text COLLATE "C" NOT NULL
);
