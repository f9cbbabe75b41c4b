#!/usr/bin/env bash
# Measures the couch against limits that are measured in the same run, on SQLite and on a PostgreSQL of its own:
#   tests/bench.sh            about forty minutes, 100,000 guests and a million
#   tests/bench.sh --quick    shorter, 10,000 guests and 100,000
#   tests/bench.sh --only writes    one claim: cold, polls, pages, writes, events, vms, expiry, kill, housekeeping, million, nodes or tls
# Prints Markdown. Ratios travel from machine to machine; rates do not, and neither does a ratio from a busy one.
set -euo pipefail
cd "$(dirname "$0")/.."

install_wrk() {
  local sudo=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null && sudo -n true 2>/dev/null && sudo=(sudo -n) || return 1
  fi
  command -v apt-get >/dev/null || return 1
  echo "installing wrk for the benchmark" >&2
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive sh -c \
    'apt-get -qq update && apt-get -qq install -y --no-install-recommends wrk' </dev/null >/dev/null 2>&1
}

command -v wrk >/dev/null || install_wrk || true
if ! command -v wrk >/dev/null; then
  echo "The benchmark needs wrk, the HTTP load generator: apt-get install wrk, or brew install wrk" >&2
  exit 1
fi
[ -r /proc/self/status ] || { echo "The benchmark reads resident memory from /proc: it runs on Linux only" >&2; exit 1; }

dotnet build -c Release --nologo -v quiet tests/Couch.Bench
tests/with-postgres.sh dotnet run -c Release --no-build --project tests/Couch.Bench -- "$@"
