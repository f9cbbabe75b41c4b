#!/usr/bin/env bash
# Full-length fault and property runs; tests/run.sh has a short form of each. Takes about an hour, wants
# the machine to itself, and ends in the report that docs/reliability.md shows.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build -c Release --nologo -v quiet tests/Couch.Tests
COUCH_TEST_REPORT=$(mktemp)
touch "$COUCH_TEST_REPORT.notes"
trap 'rm -rf "$COUCH_TEST_REPORT"*' EXIT
export COUCH_TEST_REPORT COUCH_TEST_LENGTH=full CsCheck_Iter=100000
result=0

# The runner is content with nothing to run; this is not.
tests() {
  tests/with-postgres.sh dotnet run -c Release --no-build --project tests/Couch.Tests -- -noColor "$@" | tee "$COUCH_TEST_REPORT.log" || result=$?
  grep -q 'Total: [1-9]' "$COUCH_TEST_REPORT.log" || { echo "no test was run"; result=1; }
}
tests -class 'Couch.Tests.Crashes.*' -class 'Couch.Tests.Roles.*' -class '*PropertyTests' \
  -class '*HostileClientTests' -class '*EveryHistoryTests' -class '*VmTrackTests' -class '*.GuestTests' -class '*CapabilityTests' "$@"

# It asserts how late deliveries are: what runs beside it would be measured, too.
tests -class '*WebhookDeliveryTests' "$@"

# A fleet under this load takes the whole machine: one at a time. So do nodes that are killed and paused without load, for their times.
tests -namespace Couch.Tests.Fleets -namespace Couch.Tests.Nodes -maxThreads 1 "$@"

# An old and a new version side by side.
version=$(grep -v '^#' tests/previous-version)
if git cat-file -e "$version^{commit}" 2>/dev/null; then
  previous=$COUCH_TEST_REPORT.previous
  mkdir "$previous"
  git archive "$version" | tar -x -C "$previous"
  dotnet build -c Release --nologo -v quiet "$previous/src/Couch.Gateway" || result=$?
  export COUCH_TEST_PREVIOUS=$previous/src/Couch.Gateway/bin/Release/net10.0/Couch.Gateway.dll
  tests -explicit only -class '*TwoVersionsTests' "$@"
else
  echo "- **Two versions side by side were not run**: the commit $version (tests/previous-version) is not in this clone; \`git fetch --unshallow\` brings it." \
    | tee -a "$COUCH_TEST_REPORT.notes"
fi

cat <<TABLE

$(nproc) cores · $(. /etc/os-release && echo "$PRETTY_NAME") · .NET $(dotnet --version) SDK · $(date -u +%Y-%m-%dT%H:%MZ)

| under load, with three nodes | for | faults | requests | failed tries: 503 · silent · broken | failing after a fault: median · most | answered within: p99 · most | acknowledged writes checked | wrong | most VMs a guest had | VMs made · left | latest end |
|---|---|---|---|---|---|---|---|---|---|---|---|
$(cat "$COUCH_TEST_REPORT")

$(cat "$COUCH_TEST_REPORT.notes")
TABLE
exit "$result"
