#!/usr/bin/env bash
# Runs a command with a container engine and a tiny image to make sandboxes from:
#   tests/with-engine.sh dotnet run --project tests/Couch.Tests -- -class '*DockerHostTests'
# The command finds the engine in DOCKER_HOST, the image's name in COUCH_TEST_IMAGE, and a name for the guests' network in
# COUCH_TEST_BRIDGE, which no other engine on this machine uses: a bridge is the whole machine's. An engine that answers already
# is used, and only the image is added for the while. Else a Podman of the command's own is started, with storage,
# network and socket in a temporary folder, and is gone afterwards.
set -euo pipefail

[ $# -gt 0 ] || { echo "usage: $0 COMMAND [ARGUMENT…]" >&2; exit 2; }

needs='The tests need a container engine, a static busybox and nftables: apt-get install podman runc busybox-static catatonit netavark aardvark-dns iptables nftables iproute2; or start an engine, and set DOCKER_HOST where it is not at its usual socket'
image=couch-golden:latest
bridge=cchg$$
as_root=()
if [ "$(id -u)" -ne 0 ] && command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root=(sudo -n -E); fi

# Short, for the socket's path has a limit of about 100 characters.
dir=$(mktemp -d /tmp/couch-engine.XXXXXX)
chmod 755 "$dir"
undo=()
finish() {
  local step
  for step in "${undo[@]}"; do $step >/dev/null 2>&1 || true; done
  "${as_root[@]}" rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

engine() {
  case $DOCKER_HOST in
    unix://*) curl -sS --fail -m 60 --unix-socket "${DOCKER_HOST#unix://}" "${@:2}" "http://engine/$1" ;;
    *) curl -sS --fail -m 60 "${@:2}" "http://${DOCKER_HOST#*://}/$1" ;;
  esac
}

engine_answers() {
  command -v curl >/dev/null || return 1
  DOCKER_HOST=${DOCKER_HOST:-unix:///var/run/docker.sock}
  export DOCKER_HOST
  [ "$(engine _ping -m 5 2>/dev/null)" = OK ]
}

static_busybox() {
  local file
  for file in /bin/busybox /usr/bin/busybox /bin/busybox.static; do
    if [ -x "$file" ] && ! ldd "$file" >/dev/null 2>&1; then echo "$file"; return; fi
  done
}

install() {
  [ "$(id -u)" -eq 0 ] || [ ${#as_root[@]} -gt 0 ] || return 1
  command -v apt-get >/dev/null || return 1
  echo "installing for the tests: $*" >&2
  # One at a time, in this tree: apt-get does not wait for another.
  flock "$(dirname "${BASH_SOURCE[0]}")" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive sh -c \
    'apt-get -qq update && apt-get -qq install -y --no-install-recommends "$@"' sh "$@" </dev/null >/dev/null 2>&1
}

# A root folder of one program under its many names.
image_archive() {
  local busybox name
  busybox=$(static_busybox)
  mkdir -p "$dir/image/bin" "$dir/image/tmp" "$dir/image/root" "$dir/image/etc"
  cp -L "$busybox" "$dir/image/bin/busybox"
  for name in $("$busybox" --list); do
    [ "$name" = busybox ] || ln -s busybox "$dir/image/bin/$name"
  done
  tar -C "$dir/image" --owner=0 --group=0 -c .
}

use_running_engine() {
  undo+=("engine networks/$bridge -X DELETE")
  if [ -n "${COUCH_TEST_IMAGE:-}" ]; then return; fi
  # Not the name a couch of this machine may be using.
  image=couch-test-$$:latest
  undo+=("engine images/$image?force=true -X DELETE")
  image_archive | engine "images/create?fromSrc=-&repo=couch-test-$$" -X POST -H 'Content-Type: application/x-tar' --data-binary @- >/dev/null
}

# An engine that hangs is ended all the same.
remove_private_engine() {
  podman rm --all --force --time 0
  "${as_root[@]}" kill "$service"
  "${as_root[@]}" timeout 20 tail --pid="$service" -f /dev/null || "${as_root[@]}" kill -KILL "$service"
  "${as_root[@]}" umount "$dir/storage/overlay"
}

podman() { "${as_root[@]}" timeout --kill-after=5 180 env "${private[@]}" podman "$@"; }

start_private_engine() {
  local net=cch$$ third=$((RANDOM % 256)) second=$((100 + RANDOM % 100))
  local driver=overlay
  # An overlay on an overlay does not mount.
  if [ "$(stat -f -c %T "$dir")" = overlayfs ]; then driver=vfs; fi
  private=(CONTAINERS_CONF="$dir/containers.conf" CONTAINERS_STORAGE_CONF="$dir/storage.conf")
  # Lower limits and plain cgroups: what a virtual machine without systemd has. Locks in files, since those in shared
  # memory are shared with every other Podman of the machine.
  cat >"$dir/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
static_dir = "$dir/storage/libpod"
tmp_dir = "$dir/run/libpod"
volume_path = "$dir/storage/volumes"
CONF
  cat >"$dir/storage.conf" <<CONF
[storage]
driver = "$driver"
graphroot = "$dir/storage"
runroot = "$dir/run"
CONF
  if [ -x /usr/lib/podman/netavark ] || [ -x /usr/libexec/podman/netavark ]; then
    # A bridge and a subnet of its own: another engine on this machine gives its containers the usual addresses.
    cat >>"$dir/containers.conf" <<CONF
[network]
network_backend = "netavark"
network_config_dir = "$dir/networks"
default_network = "$net"
CONF
    mkdir "$dir/networks"
    cat >"$dir/networks/$net.json" <<CONF
{ "name": "$net", "id": "$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')", "driver": "bridge",
  "network_interface": "$net", "created": "2026-01-01T00:00:00Z",
  "subnets": [{ "subnet": "10.$second.$third.0/24", "gateway": "10.$second.$third.1" }],
  "ipv6_enabled": false, "internal": false, "dns_enabled": false, "ipam_options": { "driver": "host-local" } }
CONF
  fi

  # Not by the function: its subshell would be killed in the engine's place, and the engine stay.
  # Where it may leave things: what watches a sandbox writes a file there when it runs out of memory.
  "${as_root[@]}" env -C "$dir" "${private[@]}" podman system service --time=0 "unix://$dir/engine.sock" >"$dir/log" 2>&1 </dev/null &
  service=$!
  undo+=(remove_private_engine)
  export DOCKER_HOST="unix://$dir/engine.sock"
  for _ in $(seq 1 100); do
    if [ -S "$dir/engine.sock" ]; then break; fi
    kill -0 "$service" 2>/dev/null || break
    sleep 0.1
  done
  [ -S "$dir/engine.sock" ] || { cat "$dir/log" >&2; echo "$needs" >&2; exit 1; }
  if [ ${#as_root[@]} -gt 0 ]; then "${as_root[@]}" chmod 666 "$dir/engine.sock"; fi
  image_archive | podman import --quiet - "$image" >/dev/null
}

if ! PATH=$PATH:/usr/sbin command -v nft >/dev/null || ! PATH=$PATH:/usr/sbin command -v ip >/dev/null; then
  install nftables iproute2 || { echo "$needs" >&2; exit 1; }
fi
if engine_answers; then
  [ -n "${COUCH_TEST_IMAGE:-}" ] || [ -n "$(static_busybox)" ] || install busybox-static || { echo "$needs" >&2; exit 1; }
  use_running_engine
else
  unset COUCH_TEST_IMAGE
  if ! command -v podman >/dev/null || ! command -v runc >/dev/null || ! command -v catatonit >/dev/null || [ -z "$(static_busybox)" ]; then
    install podman runc busybox-static catatonit netavark aardvark-dns iptables nftables iproute2 || { echo "$needs" >&2; exit 1; }
  fi
  start_private_engine
fi

export COUCH_TEST_IMAGE=${COUCH_TEST_IMAGE:-$image} COUCH_TEST_BRIDGE=$bridge
"$@"
