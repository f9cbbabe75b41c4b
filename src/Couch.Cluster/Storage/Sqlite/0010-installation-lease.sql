-- The marks by which this couch knows that it alone works at its VM provider (InstallationLease): the last few, the newest last,
-- with spaces between them.
ALTER TABLE installation ADD COLUMN marks TEXT NOT NULL DEFAULT '';
