#!/usr/bin/env bash
# Full-length fault and property runs; tests/run.sh has a short form of each. Takes some minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build -c Release --nologo -v quiet tests/Couch.Tests
export COUCH_TEST_LENGTH=full CsCheck_Iter=100000
tests/with-postgres.sh dotnet run -c Release --no-build --project tests/Couch.Tests -- \
  -namespace Couch.Tests.Crashes -class '*PropertyTests' "$@"
