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

# A step that hangs must fail, and say where.
quietly() {
  timeout --kill-after=10 1200 "$@" >"$log" 2>&1 || { cat "$log"; echo "failed: $*"; echo "0 passed, 0 failed, 0 skipped"; exit 1; }
}
step() { printf '%4ds  %s\n' "$SECONDS" "$*"; }

step "building"
quietly dotnet restore Couch.Orleans.sln --locked-mode
quietly dotnet build Couch.Orleans.sln --no-restore --configuration Release -warnaserror

# Backups of a single node are made by its command line.
command -v sqlite3 >/dev/null || quietly apt-get -qq install -y --no-install-recommends sqlite3

step "testing"
# Left out are what only tests/faults.sh runs, and what writes a sample of this version.
result=0
timeout --kill-after=60 2400 tests/with-engine.sh tests/with-postgres.sh \
  dotnet run --no-build --configuration Release --project tests/Couch.Tests -- -noColor -longRunning 240 -class- '*TwoVersionsTests' -class- '*SampleOn*' >"$log" 2>&1 || result=$?

# The test runner's own summary.
summary=$(grep -o 'Total: [0-9]*, Errors: [0-9]*, Failed: [0-9]*, Skipped: [0-9]*, Not Run: [0-9]*' "$log" | tail -n 1)
figure() { sed -n "s/.*$1: \([0-9]*\).*/\1/p" <<<"$summary"; }
total=$(figure Total)
failed=$(($(figure Failed) + $(figure Errors)))
skipped=$(($(figure Skipped) + $(figure 'Not Run')))
passed=$((total - failed - skipped))

if [ "$result" -ne 0 ] || [ "$passed" -le 0 ] || [ "$failed" -ne 0 ] || [ "$skipped" -ne 0 ]; then
  # Less what the couches under test have printed.
  grep -avE '^\S+ (trce|dbug|info|warn|fail|crit): ' "$log" | sed -n '/Starting:/,$p' | head -n 800 || true
  if [ "$result" -eq 124 ] || [ "$result" -eq 137 ]; then echo "the tests did not end within 40 minutes: '[Long Running Test]' above names those that hang"; fi
  [ "$result" -ne 0 ] || result=1
fi
step "done"
echo "$passed passed, $failed failed, $skipped skipped"
exit "$result"
