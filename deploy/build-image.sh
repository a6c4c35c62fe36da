#!/usr/bin/env bash
# Builds the image of deploy/Dockerfile without a container engine: buildah in a chroot, as root, no namespaces needed.
#   bash deploy/build-image.sh [--stand-in] [FOLDER]
# FOLDER keeps the image (sipreel) and what it is made of; default: sipreel-image below the system's temporary folder.
# --stand-in: the base image is not asked for but made, by debootstrap, with the node and npm of this machine. It takes the place
# of the real one where no registry of images can be reached; its Debian is the same, its node and npm may be others.
set -euo pipefail
cd "$(dirname "$0")/.."
fail() { printf 'build-image: %s\n' "$1" >&2; exit 1; }

stand_in=
[ "${1:-}" != "--stand-in" ] || { stand_in=1; shift; }
folder=${1:-${TMPDIR:-/tmp}/sipreel-image}

[ "$(id -u)" -eq 0 ] || fail "must be root: steps run in a chroot"
needed=(buildah)
[ -z "$stand_in" ] || needed+=(debootstrap)
missing=()
for name in "${needed[@]}"; do command -v "$name" >/dev/null || missing+=("$name"); done
[ ${#missing[@]} -eq 0 ] || fail "these are missing: ${missing[*]} (Debian: apt-get install --no-install-recommends ${missing[*]})"

base=$(sed -n 's/^FROM \(\S*\) AS build$/\1/p' deploy/Dockerfile)
buildah=(buildah --storage-driver vfs --root "$folder/images" --runroot "$folder/run")
mkdir -p "$folder"

# Debian, node and npm in the places where the real one has them.
make_stand_in() {
  local root=$folder/stand-in suite container npm_root cafile
  suite=$(sed -E 's/.*-(\w+)-slim$/\1/' <<<"$base")
  rm -rf "$root"
  debootstrap --variant=minbase "$suite" "$root" >"$folder/debootstrap.log" || fail "debootstrap failed: $folder/debootstrap.log"
  npm_root=$(npm root --global)
  mkdir -p "$root/usr/local/lib/node_modules" "$root/usr/local/etc" "$root/etc/ssl/certs"
  install -m 755 "$(readlink -f "$(command -v node)")" "$root/usr/local/bin/node"
  cp -a "$npm_root/npm" "$root/usr/local/lib/node_modules/"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  # Certificates that npm trusts here, such as those of a proxy.
  cafile=$(npm config get cafile)
  if [ -f "$cafile" ]; then
    cp "$cafile" "$root/etc/ssl/certs/npm.crt"
    echo "cafile=/etc/ssl/certs/npm.crt" >"$root/usr/local/etc/npmrc"
  fi
  container=$("${buildah[@]}" from scratch)
  "${buildah[@]}" add --quiet "$container" "$root" / >/dev/null
  "${buildah[@]}" config --cmd node --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  "${buildah[@]}" commit --quiet --rm "$container" "docker.io/library/$base" >/dev/null
  rm -rf "$root"
}

pull=--pull
if [ -n "$stand_in" ]; then
  pull=--pull-never
  if ! "${buildah[@]}" inspect --type image "docker.io/library/$base" >/dev/null 2>&1; then
    echo "build-image: making a stand-in for $base" >&2
    make_stand_in
  fi
fi
# Docker's format: that of OCI has no health check.
"${buildah[@]}" bud --isolation chroot --format docker "$pull" --layers=false -f deploy/Dockerfile -t sipreel . >"$folder/build.log" 2>&1 ||
  { tail -n 30 "$folder/build.log" >&2; fail "the image could not be built (all of it: $folder/build.log)"; }
# What the image before this one had, and nobody uses.
"${buildah[@]}" rmi --prune >/dev/null 2>&1 || true
echo "build-image: sipreel is built; buildah --storage-driver vfs --root $folder/images --runroot $folder/run images" >&2
