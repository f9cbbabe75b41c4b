#!/usr/bin/env bash
# Backs up a couch while it runs:
#   deploy/backup.sh compose FILE            the database of docker-compose.yml
#   deploy/backup.sh postgres FILE           the one that PGHOST, PGDATABASE, PGUSER, PGPASSWORD … name
#   deploy/backup.sh sqlite FOLDER FILE      a single node's data folder: its database and its signing key
# A file that is there is never overwritten, and one that is there is whole. COUCH_SIGNING_KEY of a cluster is not in the
# database: keep secrets/ beside the backup.
set -euo pipefail
usage() { sed -n '2,5p' "$0" >&2; exit 2; }

case "${1:-}/$#" in compose/2 | postgres/2) file=$2 ;; sqlite/3) folder=$2 file=$3 ;; *) usage ;; esac
[ ! -e "$file" ] || { echo "$file is there already" >&2; exit 1; }
umask 077
part=$(mktemp -d "$(dirname "$file")/.couch-backup.XXXXXX")
trap 'rm -rf "$part"' EXIT

case $1 in
  compose) docker compose exec -T postgres pg_dump -U couch -Fc couch >"$part/backup" ;;
  postgres) pg_dump -Fc >"$part/backup" ;;
  sqlite)
    [ -e "$folder/couch.db" ] || { echo "$folder holds no couch.db" >&2; exit 1; }
    # A copy as of one moment, which the running node does not wait for.
    sqlite3 -cmd '.timeout 10000' "$folder/couch.db" "VACUUM INTO '${part//\'/\'\'}/couch.db'"
    [ "$(sqlite3 "$part/couch.db" 'PRAGMA integrity_check')" = ok ] || { echo "the copy is not whole" >&2; exit 1; }
    if [ -e "$folder/signing.key" ]; then cp "$folder/signing.key" "$part/"; fi
    (cd "$part" && tar -czf backup couch.db $([ ! -e signing.key ] || echo signing.key))
    ;;
esac
sync "$part/backup"
ln "$part/backup" "$file"
echo "$file"
