#!/usr/bin/env bash
# Makes the TypeScript client of docs/typescript from the description of a real couch, has the compiler check it, and runs it against
# that couch. Needs the .NET SDK, Node.js with npm, and a way to npm's registry: for that reason it is no part of tests/run.sh.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
for need in dotnet node npm curl; do
  command -v "$need" >/dev/null || { echo "this needs $need" >&2; exit 1; }
done
work=$(mktemp -d)
couch=
trap '[ -z "$couch" ] || kill "$couch" 2>/dev/null || true; rm -rf "$work"' EXIT

dotnet build --configuration Release --nologo -v quiet "$root/src/Couch.Gateway"
# Both below the ports that a system gives to whoever asks for any.
port=$((20000 + 2 * (RANDOM % 5000)))
COUCH_DATA_DIR="$work/data" COUCH_SILO_PORT=$((port + 1)) env -u COUCH_AUTH_TOKEN -u VERS_AUTH_TOKEN \
  dotnet "$root/src/Couch.Gateway/bin/Release/net10.0/Couch.Gateway.dll" --urls "http://127.0.0.1:$port" >"$work/log" 2>&1 &
couch=$!
export COUCH_URL="http://127.0.0.1:$port"
curl -sS --retry 60 --retry-delay 1 --retry-all-errors --fail -o "$work/openapi.json" "$COUCH_URL/openapi/v1.json" 2>/dev/null ||
  { cat "$work/log" >&2; exit 1; }

cp "$root"/docs/typescript/{package.json,package-lock.json,visit.ts} "$work"
cd "$work"
npm ci --silent --no-fund --no-audit
npx openapi-typescript "$COUCH_URL/openapi/v1.json" -o couch.d.ts
npx tsc --strict --module nodenext --target es2024 visit.ts
node visit.js | tee said
grep -q 'is provisioning until' said
grep -q 'is revoked' said
echo "passed: node $(node --version), $(npx tsc --version), openapi-typescript $(npx openapi-typescript --version)"
