#!/usr/bin/env bash
# Full-length fault and property runs; tests/run.sh has a short form of each. Takes about three quarters of an hour, wants
# the machine to itself, and ends in the report that the README shows.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build -c Release --nologo -v quiet tests/Couch.Tests
COUCH_TEST_REPORT=$(mktemp)
touch "$COUCH_TEST_REPORT.notes"
trap 'rm -f "$COUCH_TEST_REPORT" "$COUCH_TEST_REPORT.notes"' EXIT
export COUCH_TEST_REPORT COUCH_TEST_LENGTH=full CsCheck_Iter=100000
result=0
tests/with-postgres.sh dotnet run -c Release --no-build --project tests/Couch.Tests -- \
  -namespace Couch.Tests.Crashes -namespace Couch.Tests.Nodes -class '*PropertyTests' "$@" || result=$?

cat <<TABLE

$(nproc) cores · $(. /etc/os-release && echo "$PRETTY_NAME") · .NET $(dotnet --version) SDK · $(date -u +%Y-%m-%dT%H:%MZ)

| under load, with three nodes | for | faults | requests | failed tries: 503 · silent · broken | failing after a fault: median · most | answered within: p99 · most | acknowledged writes checked | wrong | most VMs a guest had | VMs made · left | latest end |
|---|---|---|---|---|---|---|---|---|---|---|---|
$(cat "$COUCH_TEST_REPORT")

$(cat "$COUCH_TEST_REPORT.notes")
TABLE
exit "$result"
