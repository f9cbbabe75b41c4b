#!/usr/bin/env bash
# Makes docs/terminal.svg anew: starts a couch with pretended VMs (--demo), runs flow.sh in a terminal of 100 columns, and renders what that
# terminal showed. Needs the .NET SDK, script (util-linux), curl, jq, Node.js with npm, and a way to npm's registry.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
for need in dotnet script curl jq node npm; do
  command -v "$need" >/dev/null || { echo "this needs $need" >&2; exit 1; }
done
work=$(mktemp -d)
couch=
trap '[ -z "$couch" ] || kill "$couch" 2>/dev/null || true; rm -rf "$work"' EXIT

dotnet build --configuration Release --nologo -v quiet "$root/src/Couch.Gateway"
dotnet build --configuration Release --nologo -v quiet "$root/src/Couch.Cli"
mkdir -p "$work/bin" "$work/home"
printf '#!/bin/sh\nexec dotnet "%s" "$@"\n' "$root/src/Couch.Cli/bin/Release/net10.0/couch.dll" >"$work/bin/couch"
chmod +x "$work/bin/couch"

# Both below the ports that a system gives to whoever asks for any.
port=$((20000 + 2 * (RANDOM % 5000)))
COUCH_DATA_DIR="$work/data" COUCH_SILO_PORT=$((port + 1)) env -u COUCH_AUTH_TOKEN -u VERS_AUTH_TOKEN \
  dotnet "$root/src/Couch.Gateway/bin/Release/net10.0/Couch.Gateway.dll" --demo --urls "http://localhost:$port" >"$work/log" 2>&1 &
couch=$!
curl -sS --retry 60 --retry-delay 1 --retry-all-errors --fail -o /dev/null "http://localhost:$port/health/ready" 2>/dev/null ||
  { cat "$work/log" >&2; exit 1; }

cd "$work/home"
env -i PATH="$work/bin:$PATH" HOME="$work/home" TERM=xterm-256color LC_ALL=C.UTF-8 COUCH_URL="http://localhost:$port" \
  script --quiet --return --log-out "$work/raw" --log-timing "$work/timing" --logging-format classic \
  --command "stty cols 100 rows 34; exec bash '$here/flow.sh'" </dev/null >/dev/null

if grep -aqE '(inv|guest|couch)_[A-Za-z0-9_-]{20,}' "$work/raw"; then
  echo "there is a secret on the screen" >&2
  exit 1
fi
cp "$here"/{package.json,package-lock.json,render.mjs} "$work"
cd "$work"
npm ci --silent --no-fund --no-audit
# The port was free by chance; a couch of the reader's listens on its usual one.
node render.mjs raw timing "localhost:$port" localhost:3000 >terminal.svg
mv terminal.svg "$root/docs/terminal.svg"
ls -l "$root/docs/terminal.svg"
