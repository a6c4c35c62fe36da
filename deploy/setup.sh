#!/usr/bin/env bash
# Makes this checkout ready to run: Debian packages where they are missing, npm's packages, the build. Idempotent.
# --quiet prints only what it has to do and what fails. Set-up talk goes to standard error: standard output is for answers.
# --quiet --tests installs what only the tests need, too.
set -euo pipefail
cd "$(dirname "$0")/.."
exec 3>&2
[ "${1:-}" = "--quiet" ] && quiet=1 || quiet=
say() { [ -n "$quiet" ] && [ "${2:-}" != "always" ] || printf '%s\n' "$1" >&3; }
fail() { printf 'setup: %s\n' "$1" >&3; exit 1; }

# command -> Debian package
declare -A packages=(
  [redis-server]=redis-server
  [rtpengine]=rtpengine-daemon
  [sipp]=sip-tester
  [ffmpeg]=ffmpeg
  [ffprobe]=ffmpeg
  [espeak-ng]=espeak-ng
  [setpriv]=util-linux
  [curl]=curl
  [openssl]=openssl
)
[ "${2:-}" != "--tests" ] || packages+=([tshark]=tshark [promtool]=prometheus [chromium]=chromium [kamailio]=kamailio [haproxy]=haproxy [jq]=jq)

command -v node >/dev/null || fail "node is missing: install Node.js 20.19 or newer (https://nodejs.org)"
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
  fail "node $(node --version) is too old: sipreel needs 20.19 or newer"

# Checks the units in deploy/systemd.
[ "${2:-}" != "--tests" ] || packages[systemd-analyze]=systemd

# Debian has servers there, and not everybody's PATH does.
PATH=$PATH:/usr/sbin

missing=()
for name in "${!packages[@]}"; do
  command -v "$name" >/dev/null || missing+=("${packages[$name]}")
done
# npm's packages and the build need none of Debian's, so they are made meanwhile, in a process group that can be ended.
# npm ci only when the lock file is not the one that was installed.
stamp=node_modules/.sipreel-lock
install_and_build() {
  if ! cmp -s package-lock.json "$stamp"; then
    say "setup: installing npm packages" always
    npm ci --no-audit --no-fund --loglevel=error >&3 2>&3 || fail "npm ci failed"
    cp package-lock.json "$stamp"
  fi
  say "setup: building"
  npm run --silent build >&3 || fail "the build failed"
}
set -m
install_and_build </dev/null &
building=$!
set +m
as_root=()
policy=
tidy() {
  kill -- "-$building" 2>/dev/null || true
  [ -z "$policy" ] || "${as_root[@]}" rm -f "$policy"
}
trap tidy EXIT

if [ ${#missing[@]} -gt 0 ]; then
  mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
  if ! command -v apt-get >/dev/null; then
    fail "these are missing and there is no apt-get to install them: ${missing[*]} (Debian's names). Install redis-server 7, rtpengine 10.5 or newer, SIPp 3.6, ffmpeg and espeak-ng by your system's means, then run this again."
  fi
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "these Debian packages are missing: ${missing[*]}; run as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "setup: installing Debian packages: ${missing[*]}" always
  # Debian starts a package's service as it installs it; none of them is wanted here, and each would take a port.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    policy=/usr/sbin/policy-rc.d
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
  fi
  log=$(mktemp)
  if ! { "${as_root[@]}" apt-get update -qq &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&3
    fail "apt-get could not install ${missing[*]} (its last lines are above)"
  fi
  rm -f "$log"
fi

wait "$building" || exit 1
say "setup: ready"
