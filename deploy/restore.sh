#!/usr/bin/env bash
# Puts a backup of deploy/backup.sh in the place of what is there. Every node must be stopped; what is there is kept until
# the backup is in.
#   deploy/restore.sh compose FILE
#   deploy/restore.sh postgres FILE          into the database that PGHOST, PGDATABASE, PGUSER, PGPASSWORD … name
#   deploy/restore.sh sqlite FILE FOLDER
# What a restore does to guests and VMs: deploy/upgrade.md.
set -euo pipefail
usage() { sed -n '2,6p' "$0" >&2; exit 2; }

case "${1:-}/$#" in compose/2 | postgres/2) ;; sqlite/3) folder=$3 ;; *) usage ;; esac
file=$2
[ -s "$file" ] || { echo "$file is not there, or empty" >&2; exit 1; }

case $1 in
  compose) dump() { docker compose exec -T postgres pg_restore --no-owner -f - <"$file"; }
    client() { docker compose exec -T postgres psql -qAtX -v ON_ERROR_STOP=1 -U couch couch "$@"; } ;;
  postgres) dump() { pg_restore --no-owner -f - "$file"; }
    client() { psql -qAtX -v ON_ERROR_STOP=1 "$@"; } ;;
esac

if [ "$1" = sqlite ]; then
  umask 077
  mkdir -p "$folder"
  # The lock a node holds while it runs.
  if [ -e "$folder/couch.lock" ] && ! flock -n "$folder/couch.lock" true; then echo "a couch runs on $folder: stop it first" >&2; exit 1; fi
  part=$(mktemp -d "$folder/.restore.XXXXXX")
  trap 'rm -rf "$part"' EXIT
  tar -C "$part" --no-same-owner -xzf "$file"
  [ "$(sqlite3 "$part/couch.db" 'PRAGMA integrity_check')" = ok ] || { echo "$file is not whole" >&2; exit 1; }
  # The write-ahead log belongs to the database that goes.
  rm -f "$folder/couch.db-wal" "$folder/couch.db-shm"
  if [ -e "$part/signing.key" ]; then mv -f "$part/signing.key" "$folder/"; fi
  mv -f "$part/couch.db" "$folder/"
  # Whoever restores as root leaves what the couch's own user can read, and believes.
  if [ "$(id -u)" -eq 0 ]; then
    chown --reference="$folder" "$folder/couch.db"
    if [ -e "$folder/signing.key" ]; then chown --reference="$folder" "$folder/signing.key"; fi
  fi
  chmod 600 "$folder/couch.db"
else
  others=$(client -c "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()" </dev/null)
  [ "$others" = 0 ] || { echo "$others connections are open to this database: stop every node first" >&2; exit 1; }
  script=$(mktemp)
  trap 'rm -f "$script"' EXIT
  dump >"$script"
  # In one transaction: if the backup cannot be read to its end, nothing has happened.
  { echo 'DROP SCHEMA public CASCADE; CREATE SCHEMA public;'; cat "$script"; } | client --single-transaction >/dev/null
fi
echo "restored $file"
