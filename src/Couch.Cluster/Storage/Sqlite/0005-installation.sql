-- This couch's mark on its VMs: made once, never changed.
CREATE TABLE installation (
  service TEXT NOT NULL PRIMARY KEY,
  id TEXT NOT NULL
) STRICT;
