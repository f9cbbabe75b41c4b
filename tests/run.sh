#!/usr/bin/env bash
# Builds everything with warnings as errors and runs every test against real databases and a real container engine. The last line is the result.
# Needs the .NET SDK; finds or installs PostgreSQL and a container engine (see with-postgres.sh and
# with-engine.sh). Nothing needs to be running.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
exec </dev/null

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
log=$(mktemp)
trap 'rm -f "$log"' EXIT

quietly() {
  "$@" >"$log" 2>&1 || { cat "$log"; echo "failed: $*"; echo "0 passed, 0 failed, 0 skipped"; exit 1; }
}

quietly dotnet restore Couch.Orleans.sln --locked-mode
quietly dotnet build Couch.Orleans.sln --no-restore --configuration Release -warnaserror

# Backups of a single node are made by its command line.
command -v sqlite3 >/dev/null || quietly apt-get -qq install -y --no-install-recommends sqlite3

result=0
tests/with-engine.sh tests/with-postgres.sh dotnet test --project tests/Couch.Tests --no-build --configuration Release --no-progress >"$log" 2>&1 || result=$?

# The test platform's own summary.
figure() { sed -n "s/^ *$1: *\([0-9][0-9]*\).*/\1/p" "$log" | tail -n 1; }
passed=$(figure succeeded)
failed=$(figure failed)
skipped=$(figure skipped)

if [ "$result" -ne 0 ] || [ "${passed:-0}" -eq 0 ] || [ "${failed:-1}" -ne 0 ] || [ "${skipped:-1}" -ne 0 ]; then
  cat "$log"
  [ "$result" -ne 0 ] || result=1
fi
echo "${passed:-0} passed, ${failed:-0} failed, ${skipped:-0} skipped"
exit "$result"
