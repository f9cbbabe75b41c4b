#!/bin/sh
# Run by PostgreSQL's image when it makes a new database: the couch's own role, which owns the database couch and nothing
# more. POSTGRES_PASSWORD is that role's. The superuser is left without a password: it is reached inside the container alone,
# by its socket (docker compose exec postgres psql -U postgres).
set -eu
psql -qX -v ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv password POSTGRES_PASSWORD
CREATE ROLE couch LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE couch OWNER couch ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE couch FROM PUBLIC;
REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;
ALTER ROLE CURRENT_USER PASSWORD NULL;
SQL
