#!/usr/bin/env bash
# Makes the images that the Dockerfile and docker-compose.yml start from, where no registry answers: from Debian packages
# and this machine's own .NET, under the images' own names. The engine is the one DOCKER_HOST names.
#   offline-images.sh FOLDER      FOLDER/root is the Debian it makes, or finds there
set -euo pipefail
folder=$1
root=$folder/root
here=$(dirname "${BASH_SOURCE[0]}")

engine() {
  case $DOCKER_HOST in
    unix://*) curl -sS --fail -m 600 --unix-socket "${DOCKER_HOST#unix://}" "${@:2}" "http://engine/$1" ;;
    *) curl -sS --fail -m 600 "${@:2}" "http://${DOCKER_HOST#*://}/$1" ;;
  esac
}

# A build says that it failed only in what it prints. Sent as it comes: a machine's packages may be more than curl takes into memory.
build() {
  local name=$1 said
  shift
  said=$(tar -c "$@" | engine "build?t=$name&networkmode=host" -X POST -H 'Content-Type: application/x-tar' -T -)
  case $said in *'"error"'*) echo "$said" >&2; return 1 ;; esac
}

if [ ! -e "$root/made" ]; then
  mkdir -p "$root"
  debootstrap --variant=minbase --include=ca-certificates,postgresql,haproxy,docker-compose trixie "$root" >"$folder/debootstrap.log" 2>&1 ||
    { tail -n 20 "$folder/debootstrap.log" >&2; exit 1; }
  # Beside the distribution's authorities this machine's own: something of this machine may stand before the registries.
  cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
  touch "$root/made"
fi

tar -C "$root" --exclude=./var/cache --exclude=./var/lib/apt --exclude=./usr/share/doc --exclude=./usr/share/locale --exclude=./usr/libexec/docker \
  --exclude=./dev --numeric-owner -c . |
  engine 'images/create?fromSrc=-&repo=couch-offline&tag=latest' -X POST -H 'Content-Type: application/x-tar' -T - >/dev/null

for name in postgres:17 haproxy:3.0; do
  build "$name" -C "$here/images/${name%%:*}" .
done

dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
# The packages this machine has restored already, where it has: the build asks the registry only for what is missing.
mkdir -p "$folder/nuget"
packages=${NUGET_PACKAGES:-$HOME/.nuget/packages}
[ -d "$packages" ] || packages=$folder/nuget
build mcr.microsoft.com/dotnet/sdk:10.0 -C "$here/images/sdk" . \
  -C "$(dirname "$packages")" --transform "s,^$(basename "$packages"),packages," "$(basename "$packages")" \
  -C "$(dirname "$dotnet")" --transform "s,^$(basename "$dotnet"),dotnet," "$(basename "$dotnet")"
build mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled -C "$here/images/aspnet" . -C "$(dirname "$dotnet")" --transform "s,^$(basename "$dotnet"),dotnet," \
  "$(basename "$dotnet")"/{dotnet,host,shared}
