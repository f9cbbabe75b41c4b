#!/usr/bin/env bash
# Makes the secrets of docker-compose.yml, once: deploy/secrets.sh [FILE], by default .env beside docker-compose.yml.
# Nobody but their owner may read them, and a file that is there is left as it is.
set -euo pipefail
file=${1:-$(dirname "${BASH_SOURCE[0]}")/../.env}

random() { head -c "$1" /dev/urandom | "${@:2}"; }
hex() { od -An -v -tx1 | tr -d ' \n'; }

umask 077
secrets=$(cat <<ENV
# The key of the hosts: Authorization: Bearer …
COUCH_AUTH_TOKEN=$(random 32 hex)
# Signs codes and tokens. Keep a copy with your backups: without it every code and token is forged.
COUCH_SIGNING_KEY=$(random 32 base64)
# Read when the database is made; later a change here alone locks the nodes out.
POSTGRES_PASSWORD=$(random 24 hex)

# Where the couch is published. It speaks plain HTTP: open it to a network through something that speaks TLS.
COUCH_PUBLISH=127.0.0.1:3000
ENV
)
# Made in one step that refuses a file that is there, even one made a moment ago.
if ! (set -o noclobber; echo "$secrets" >"$file") 2>/dev/null; then
  if [ -e "$file" ]; then echo "$file is there already, and is left as it is" >&2; else echo "$file cannot be written" >&2; fi
  exit 1
fi
echo "made $file; now: docker compose up -d --wait"
