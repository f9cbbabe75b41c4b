#!/usr/bin/env bash
# Runs docker-compose.yml for real, as an operator does, from a scratch copy of this tree: builds the image, walks the
# protocol through the balancer, exchanges the host key, kills a node, grows, shrinks, stops and starts again, and leaves
# nothing. About four minutes on two cores. Uses the container engine that answers, else a Podman of its own; where no
# registry answers, images made from Debian packages and this machine's .NET (verify/offline-images.sh).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[ -n "${COUCH_VERIFY_ENGINE:-}" ] || COUCH_VERIFY_ENGINE=yes exec "$root/tests/with-engine.sh" "$0" "$@"
exec </dev/null

folder=$(mktemp -d /tmp/couch-verify.XXXXXX)
second=$((RANDOM % 100 + 100))
third=$((RANDOM % 127 * 2))
port=$((20000 + RANDOM % 20000))
export COMPOSE_PROJECT_NAME=couch-verify-$$ COUCH_VERSION=0.0.0-verify DOCKER_BUILDKIT=0
export COUCH_PUBLISH=127.0.0.1:$port COUCH_FRONT=10.$second.$third.0/24 COUCH_FRONT_RANGE=10.$second.$third.128/25
export COUCH_BALANCER=10.$second.$third.2 COUCH_INSIDE=10.$second.$((third + 1)).0/24
couch=http://127.0.0.1:$port
compose=()
made=()
helpers=()

engine() {
  case $DOCKER_HOST in
    unix://*) curl -sS --fail -m 60 --unix-socket "${DOCKER_HOST#unix://}" "${@:2}" "http://engine/$1" ;;
    *) curl -sS --fail -m 60 "${@:2}" "http://${DOCKER_HOST#*://}/$1" ;;
  esac
}
step() { printf '%4ds  %s\n' "$SECONDS" "$*"; }
fail() { step "FAILED: $*" | tee -a "$folder/failed" >&2; return 1; }
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" | head -n 1; }

finish() {
  local result=$? image
  for helper in "${helpers[@]}"; do kill "$helper" 2>/dev/null || true; done
  if [ -e "$folder/tree/.env" ]; then
    if [ "$result" -ne 0 ]; then
      grep -v NETSDK "$folder/log" | tail -n 40 >&2 || true
      "${compose[@]}" ps -a >&2 || true
      "${compose[@]}" logs --no-color --tail 15 >&2 || true
      # Once more at the end, for a reader of the last lines only.
      cat "$folder/failed" >&2 2>/dev/null || true
    fi
    "${compose[@]}" down --volumes --remove-orphans --timeout 5 >/dev/null 2>&1 || true
  fi
  for image in "couch:$COUCH_VERSION" "${made[@]}"; do engine "images/$image?force=true" -X DELETE >/dev/null 2>&1 || true; done
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# An operator's tree: what is or would be committed, and not this one's .env.
mkdir "$folder/tree"
cd "$root"
git ls-files -co --exclude-standard -z | while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
  tar -c --null -T - | tar -x -C "$folder/tree"
cd "$folder/tree"

registry=$(curl -s -m 10 -o /dev/null -w '%{http_code}' https://registry-1.docker.io/v2/ || true)
if docker compose version >/dev/null 2>&1; then compose=(docker compose); fi
if [ "$registry" != 401 ] || [ ${#compose[@]} -eq 0 ]; then
  step "no registry answers, or no docker compose is here: making them from Debian packages"
  command -v debootstrap >/dev/null || flock "$root/tests" sh -c 'apt-get -qq update && apt-get -qq install -y --no-install-recommends debootstrap' >"$folder/log" 2>&1
  made=(postgres:17 haproxy:3.0 mcr.microsoft.com/dotnet/sdk:10.0 mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled couch-offline:latest)
  # What is made here has the names alone: a digest is the registry's own image.
  sed -i -E 's/@sha256:[0-9a-f]{64}//' deploy/Dockerfile docker-compose.yml
  deploy/verify/offline-images.sh "${COUCH_VERIFY_CACHE:-$folder}"
  [ ${#compose[@]} -gt 0 ] || compose=("${COUCH_VERIFY_CACHE:-$folder}/root/usr/libexec/docker/cli-plugins/docker-compose")
fi

# Podman leaves health checks to systemd. Where there is none, this stands in; other engines do not know the path. An
# older one's bridges take the lowest address among their ports, so a container that comes or goes may change it, and
# for 45 seconds the others ask an address that is gone for names: the address that a bridge has it keeps.
while sleep 2; do
  for network in front inside; do
    bridge=$(engine "v4.0.0/libpod/networks/${COMPOSE_PROJECT_NAME}_$network/json" 2>/dev/null | field network_interface) || continue
    [ ! -e "/sys/class/net/$bridge/address" ] || ip link set dev "$bridge" address "$(cat "/sys/class/net/$bridge/address")" || true
  done
  for container in $("${compose[@]}" ps -q 2>/dev/null); do
    engine "v4.0.0/libpod/containers/$container/healthcheck" >/dev/null 2>&1 || true
  done
done &
helpers+=($!)

step "building the image"
deploy/secrets.sh >/dev/null
[ "$(stat -c %a secrets)" = 700 ] || fail "secrets may be read by others"
if deploy/secrets.sh 2>/dev/null; then fail "secrets.sh overwrote what it had made"; fi
COUCH_AUTH_TOKEN=$(cat secrets/node/COUCH_AUTH_TOKEN)
"${compose[@]}" build >"$folder/log" 2>&1
version=$(engine "images/couch:$COUCH_VERSION/json" | field org.opencontainers.image.version)
[ "$version" = "$COUCH_VERSION" ] || fail "the image says it is of version '$version'"

# Where somebody else uses the machine, what follows waits until they say that they are done.
until [ -z "${COUCH_VERIFY_AFTER:-}" ] || [ -e "$COUCH_VERIFY_AFTER" ]; do sleep 1; done

step "docker compose up"
"${compose[@]}" up -d --wait >>"$folder/log" 2>&1
. deploy/verify/walk.sh

step "stopping it all"
"${compose[@]}" down --volumes >>"$folder/log" 2>&1
left=$(engine "containers/json?all=true&filters=%7B%22label%22%3A%5B%22com.docker.compose.project%3D$COMPOSE_PROJECT_NAME%22%5D%7D")
[ "$left" = "[]" ] || fail "left behind: $left"
step "verified"
