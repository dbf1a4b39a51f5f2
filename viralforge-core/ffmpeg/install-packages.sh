#!/usr/bin/env bash
# Install those of the given Debian packages that are missing, and say so. Free when nothing is missing.
#
#   viralforge-core/ffmpeg/install-packages.sh PACKAGE...
set -euo pipefail
say() { printf 'setup: %s\n' "$*" >&2; }

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  say "no apt here, so nothing was installed; see to it that the equivalents of these are there: $*"
  exit 0
fi
# dpkg-query fails for packages it never heard of; they are simply not in its list.
installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true)
missing=()
for package in "$@"; do
  grep -qxF "$package installed" <<<"$installed" || missing+=("$package")
done
((${#missing[@]})) || exit 0

root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { say "these packages are missing, and there is no sudo; as root: apt-get install ${missing[*]}"; exit 1; }
  root=(sudo)
fi
say "installing ${missing[*]}"
# Another apt may be at work (unattended upgrades, a second run of this script): wait for it.
apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3)
"${apt[@]}" update || say "apt-get update reported a problem; trying with the lists that are there"
"${apt[@]}" install -y --no-install-recommends "${missing[@]}" >&2
