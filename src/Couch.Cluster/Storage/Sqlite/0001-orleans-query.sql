-- Orleans' ADO.NET providers read their statements from this table, once, at start. The names are theirs.
CREATE TABLE OrleansQuery (
  QueryKey TEXT PRIMARY KEY,
  QueryText TEXT NOT NULL
) STRICT;
