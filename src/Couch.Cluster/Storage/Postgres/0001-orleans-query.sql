-- Orleans' ADO.NET providers read their statements from this table, once, at start. The names are theirs.
CREATE TABLE OrleansQuery (
  QueryKey text COLLATE "C" PRIMARY KEY,
  QueryText text NOT NULL
);
