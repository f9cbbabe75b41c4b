#!/usr/bin/env bash
# Builds everything with warnings as errors and runs every test against real databases and a real container engine. The last line is the result.
# Needs the .NET SDK; finds or installs everything else (CONTRIBUTING.md). Nothing needs to be running.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
exec </dev/null

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
log=$(mktemp)
trap 'rm -f "$log" "$log".*' EXIT

# A step that hangs must fail, and say where.
quietly() {
  timeout --kill-after=10 1200 "$@" >"$log" 2>&1 || { cat "$log"; echo "failed: $*"; echo "0 passed, 0 failed, 0 skipped"; exit 1; }
}
step() { printf '%4ds  %s\n' "$SECONDS" "$*"; }

step "building"
quietly dotnet restore Couch.Orleans.sln --locked-mode
quietly dotnet build Couch.Orleans.sln --no-restore --configuration Release -warnaserror

# Programs that tests run for real.
install_what_is_missing() {
  local packages=() sudo=() PATH=$PATH:/usr/sbin
  # Backups of a single node are made by its command line.
  command -v sqlite3 >/dev/null || packages+=(sqlite3)
  # The balancer, a pool of sessions between nodes and their database, and a proxy that is set up as it comes.
  command -v haproxy >/dev/null || packages+=(haproxy)
  command -v pgbouncer >/dev/null || packages+=(pgbouncer)
  command -v nginx >/dev/null || packages+=(nginx-light)
  # The command's completion is used in the shells that it is for.
  command -v zsh >/dev/null || packages+=(zsh)
  command -v fish >/dev/null || packages+=(fish)
  # The console is used in a real browser.
  [ -n "${COUCH_TEST_CHROMIUM:-}" ] || command -v chromium >/dev/null || command -v google-chrome >/dev/null || packages+=(chromium)
  [ ${#packages[@]} -gt 0 ] || return 0

  if [ "$(id -u)" -ne 0 ]; then sudo=(sudo -n); fi
  if ! command -v apt-get >/dev/null || ! "${sudo[@]}" true 2>/dev/null; then
    echo "The tests need: apt-get install ${packages[*]}"
    echo "0 passed, 0 failed, 0 skipped"
    exit 1
  fi
  step "installing ${packages[*]}"
  # One at a time, in this tree: apt-get does not wait for another. RUNLEVEL: no package starts a server of the machine's own.
  quietly flock "$root/tests" "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update
  quietly flock "$root/tests" "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq install -y --no-install-recommends "${packages[@]}"
}
install_what_is_missing

# Left out are what only tests/faults.sh runs, and what writes a sample of this version.
result=0
tests() {
  timeout --kill-after=60 1500 "$@" -noColor -longRunning 240 -class- '*TwoVersionsTests' -class- '*SampleOn*'
}
program=(dotnet run --no-build --configuration Release --project tests/Couch.Tests --)
: >"$log"

# In a process of their own beside the rest: a search that takes one core, and what must be alone in its process.
tests tests/with-postgres.sh "${program[@]}" -class '*EveryHistoryTests' -class '*NoSecretLeavesTests' >"$log.beside" 2>&1 &
beside=$!

# Most tests wait more than they work: twice as many at once as there are cores on a small machine.
step "testing"
tests tests/with-engine.sh tests/with-postgres.sh "${program[@]}" -namespace- 'Couch.Tests.Fleets' -maxThreads 4 \
  -class- '*EveryHistoryTests' -class- '*NoSecretLeavesTests' >>"$log" 2>&1 || result=$?
wait "$beside" || result=$?
cat "$log.beside" >>"$log"

# A fleet is several nodes under load: two of them are enough for a machine.
step "testing fleets"
tests tests/with-postgres.sh "${program[@]}" -namespace 'Couch.Tests.Fleets' -maxThreads 2 >>"$log" 2>&1 || result=$?

# The test runner's own summaries, one a run.
summaries=$(grep -o 'Total: [0-9]*, Errors: [0-9]*, Failed: [0-9]*, Skipped: [0-9]*, Not Run: [0-9]*' "$log" || true)
figure() { sed -n "s/.*$1: \([0-9]*\).*/\1/p" <<<"$summaries" | awk '{ sum += $1 } END { print sum + 0 }'; }
total=$(figure Total)
failed=$(($(figure Failed) + $(figure Errors)))
skipped=$(($(figure Skipped) + $(figure 'Not Run')))
passed=$((total - failed - skipped))

# The runner is content with nothing to run; this is not.
with_tests=$(grep -c 'Total: [1-9]' <<<"$summaries" || true)

if [ "$result" -ne 0 ] || [ "$with_tests" -ne 3 ] || [ "$passed" -le 0 ] || [ "$failed" -ne 0 ] || [ "$skipped" -ne 0 ]; then
  # Less what the couches under test have printed.
  grep -avE '^\S+ (trce|dbug|info|warn|fail|crit): ' "$log" | sed -n '/Starting:/,$p' | head -n 800 || true
  if [ "$result" -eq 124 ] || [ "$result" -eq 137 ]; then echo "the tests did not end within 25 minutes: '[Long Running Test]' above names those that hang"; fi
  [ "$result" -ne 0 ] || result=1
fi
step "done"
echo "$passed passed, $failed failed, $skipped skipped"
exit "$result"
