#!/usr/bin/env bash
# Runs a command against a PostgreSQL of its own, which is gone afterwards:
#   tests/with-postgres.sh dotnet run --project tests/Couch.Tests -- -class '*Listings*'
# The command finds the server in COUCH_TEST_POSTGRES, its programs' folder in COUCH_TEST_POSTGRES_BIN, and an empty server's data in
# COUCH_TEST_POSTGRES_TEMPLATE. Collides with no other server: it listens on a socket in a temporary folder and on a free port of the
# loopback address.
set -euo pipefail

[ $# -gt 0 ] || { echo "usage: $0 COMMAND [ARGUMENT…]" >&2; exit 2; }

server_programs() {
  local folder newest=
  for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin | sort -V); do
    if [ -x "$folder/initdb" ]; then newest=$folder; fi
  done
  if [ -z "$newest" ] && command -v initdb >/dev/null; then newest=$(dirname "$(readlink -f "$(command -v initdb)")"); fi
  echo "$newest"
}

install_server() {
  local sudo=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null && sudo -n true 2>/dev/null && sudo=(sudo -n) || return 1
  fi
  command -v apt-get >/dev/null || return 1
  echo "installing PostgreSQL for the tests" >&2
  # Only the binaries: the package would otherwise start a server of the machine's own.
  # One at a time, in this tree: apt-get does not wait for another.
  flock "$(dirname "${BASH_SOURCE[0]}")" "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive sh -c '
    apt-get -qq update &&
    apt-get -qq install -y --no-install-recommends postgresql-common &&
    { [ -e /etc/postgresql-common/createcluster.d/couch-tests.conf ] ||
      { mkdir -p /etc/postgresql-common/createcluster.d &&
        echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.d/couch-tests.conf; }; } &&
    apt-get -qq install -y --no-install-recommends postgresql' </dev/null >/dev/null 2>&1
}

bin=$(server_programs)
if [ -z "$bin" ]; then
  install_server || true
  bin=$(server_programs)
fi
if [ -z "$bin" ]; then
  echo "The tests need the PostgreSQL server's programs (initdb, pg_ctl): apt-get install postgresql" >&2
  exit 1
fi

# Short, for the socket's path has a limit of about 100 characters.
dir=$(mktemp -d /tmp/couch-pg.XXXXXX)
as_server=()
if [ "$(id -u)" -eq 0 ]; then
  # The server refuses to run as root.
  as_server=(runuser -u postgres --)
  chown postgres "$dir"
fi

stop() {
  "${as_server[@]}" "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true
  rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

cd "$dir"
"${as_server[@]}" "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C >/dev/null
# For servers that tests start themselves.
"${as_server[@]}" cp -R "$dir/data" "$dir/template"

# fsync stays on: tests that kill things must kill honest things.
cat >> "$dir/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$dir'
max_connections = 300
shared_buffers = 64MB
max_wal_size = 256MB
log_min_messages = fatal
log_checkpoints = off
CONF

# A free port, by trying: between asking for one and taking it, another could take it.
for _ in $(seq 1 20); do
  port=$((20000 + RANDOM % 20000))
  if "${as_server[@]}" "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 -o "-p $port" start >/dev/null 2>&1 </dev/null; then
    started=yes
    break
  fi
done
[ "${started:-}" = yes ] || { cat "$dir/log" >&2; exit 1; }

cd "$OLDPWD"
export COUCH_TEST_POSTGRES_BIN="$bin" COUCH_TEST_POSTGRES_TEMPLATE="$dir/template"
export COUCH_TEST_POSTGRES="Host=127.0.0.1;Port=$port;Username=postgres;Database=postgres"
"$@"
