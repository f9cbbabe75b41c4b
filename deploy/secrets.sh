#!/usr/bin/env bash
# Makes the secrets of docker-compose.yml, once: deploy/secrets.sh [FOLDER], by default the folder of docker-compose.yml.
# Only their owner may enter FOLDER/secrets. The files in it may be read by whoever is there: these are the containers'
# users, for whom the engine mounts secrets/node and secrets/postgres-password. The host's users need not know them.
# Secrets that are there are left as they are, and those that an older .env holds are taken over.
set -euo pipefail
cd "${1:-$(dirname "${BASH_SOURCE[0]}")/..}"

random() { head -c "$1" /dev/urandom | "${@:2}"; }
hex() { od -An -v -tx1 | tr -d ' \n'; }
in_env() { [ ! -e .env ] || sed -n "s/^$1=//p" .env | tail -n 1 | tr -d "\"'"; }
known() { local before; before=$(in_env "$1"); echo "${before:-$2}"; }

# Made in one step that refuses what is there, even if it was made a moment ago.
if ! mkdir -m 700 secrets 2>/dev/null; then
  if [ -e secrets ]; then echo "$PWD/secrets is there already, and is left as it is" >&2; else echo "$PWD/secrets cannot be made" >&2; fi
  exit 1
fi
trap 'rm -rf secrets' EXIT
umask 022
mkdir secrets/node

# The key of the hosts: Authorization: Bearer …
known COUCH_AUTH_TOKEN "$(random 32 hex)" >secrets/node/COUCH_AUTH_TOKEN
# Signs codes and tokens. Keep a copy with your backups: without it every code and token is forged.
known COUCH_SIGNING_KEY "$(random 32 base64)" >secrets/node/COUCH_SIGNING_KEY
# Read when the database is made; later a change here alone locks the nodes out.
password=$(known POSTGRES_PASSWORD "$(random 24 hex)")
echo "$password" >secrets/postgres-password
echo "Host=postgres;Username=couch;Database=couch;Password=$password" >secrets/node/ConnectionStrings__Couch
for name in VERS_API_KEY GOLDEN_COMMIT_ID; do
  value=$(in_env "$name")
  [ -z "$value" ] || echo "$value" >"secrets/node/$name"
done

# Without this line Compose says that they are to be made; some engines would make empty folders in their place.
umask 077
if [ ! -e .env ]; then
  cat >.env <<'ENV'
COUCH_SECRETS=./secrets
# Where the couch is published. It speaks plain HTTP: open it to a network through something that speaks TLS.
COUCH_PUBLISH=127.0.0.1:3000
ENV
elif [ -z "$(in_env COUCH_SECRETS)" ]; then
  printf '\nCOUCH_SECRETS=./secrets\n' >>.env
fi
if grep -qE '^(COUCH_AUTH_TOKEN|COUCH_SIGNING_KEY|POSTGRES_PASSWORD|VERS_API_KEY|GOLDEN_COMMIT_ID)=' .env; then
  echo "took over the secrets that .env holds; remove them there"
fi
trap - EXIT
echo "made $PWD/secrets; now: docker compose up -d --wait"
