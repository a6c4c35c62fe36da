#!/usr/bin/env bash
# npm run check:image: builds the image of deploy/Dockerfile without a container engine, and has its switch and its worker record a
# call. Needs root, buildah and debootstrap, and takes some minutes and 4 GB of disk.
#   bash deploy/check-image.sh [FOLDER]   FOLDER keeps the base image for the next time; default: a new one, removed at the end
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-}
if [ -z "$folder" ]; then
  folder=$(mktemp -d -t sipreel-image-XXXXXX)
  trap 'rm -rf "$folder"' EXIT
fi
bash deploy/build-image.sh --stand-in "$folder"
IMAGE=$folder npx vitest run --project image
