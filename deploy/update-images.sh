#!/usr/bin/env bash
# Pins the images that the couch is built from and runs beside by digest, each to what its tag means today: rewrites the
# FROM lines of deploy/Dockerfile and the images of docker-compose.yml. All of them or none. Look at the diff, run
# deploy/verify.sh, commit. Asks the registries by Docker (buildx) or by skopeo.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
files=(deploy/Dockerfile docker-compose.yml)

# The couch's own image is built, not pulled.
images=$(sed -nE 's/^(FROM| *image:) +([^ @]+)(@[^ ]+)?( .*)?$/\2/p' "${files[@]}" | grep -v '^couch:' | sort -u)

if docker buildx version >/dev/null 2>&1; then digest() { docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$1"; }
elif command -v skopeo >/dev/null; then digest() { skopeo inspect --no-tags --format '{{.Digest}}' "docker://$1"; }
else echo "docker with buildx, or skopeo, is needed to ask the registries" >&2; exit 1; fi

pins=()
for image in $images; do
  found=$(digest "$image" | tr -d '"')
  [[ $found =~ ^sha256:[0-9a-f]{64}$ ]] || { echo "no digest for $image: $found" >&2; exit 1; }
  echo "$image@$found"
  pins+=(-e "s,^(FROM| *image:)( +)${image//./\\.}(@[^ ]+)?( |\$),\\1\\2$image@$found\\4,")
done
sed -i -E "${pins[@]}" "${files[@]}"
