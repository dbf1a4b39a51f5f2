#!/usr/bin/env bash
# Make an FFmpeg that ViralForge can link, and tell cargo where it is.
#
#   viralforge-core/ffmpeg/build.sh [gpl|lgpl]
#
# Where pkg-config finds FFmpeg 6 to 8, that one is used, unless a flavour is asked for by name. Elsewhere Debian's
# signed source package is built into a per-user cache: static, position independent, with just the components of
# components.sh. Running it again is free, interrupting it is safe (a build is published by one rename), and two
# runs at once wait for each other. Without a flavour, the one that was built last stays; at first it is gpl.
#
# Knobs: VIRALFORGE_CACHE (folder), VIRALFORGE_FFMPEG (auto, system, build), VIRALFORGE_FFMPEG_TARBALL (a local
# ffmpeg_7.1*.orig.tar.xz, for machines without a Debian mirror), FFMPEG_PKG_CONFIG_PATH (folder of the .pc files
# of an FFmpeg of your own), JOBS.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)
cache=${VIRALFORGE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/viralforge}
config=$repo/.cargo/config.toml
suite=trixie series=7.1
# shellcheck source=components.sh
. "$here/components.sh"
say() { printf 'ffmpeg: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
last=$(sed -nE "s|.*/ffmpeg-$series-(l?gpl)-.*|\1|p" "$config" 2>/dev/null || true)
flavour=${1:-${last:-gpl}}
case $flavour in gpl | lgpl) ;; *) die "flavour '$flavour' is not gpl or lgpl" ;; esac
choice=${VIRALFORGE_FFMPEG:-auto}
# An FFmpeg of one's own is named once, and stays until a flavour is asked for by name.
named=$(sed -nE '1{/^# Written by viralforge/!q}; s|^FFMPEG_PKG_CONFIG_PATH = "(.*)"$|\1|p' "$config" 2>/dev/null || true)
case $named in */ffmpeg-"$series"-*) named= ;; esac
if [ -z "${1:-}" ] && [ "$choice" = auto ]; then
  [ -n "${FFMPEG_PKG_CONFIG_PATH:-}" ] || [ ! -d "$named" ] || export FFMPEG_PKG_CONFIG_PATH=$named
  [ -z "${FFMPEG_PKG_CONFIG_PATH:-}" ] || choice=system
fi
case $choice in auto | system | build) ;; *) die "VIRALFORGE_FFMPEG '$choice' is not auto, system or build" ;; esac

# Cargo reads .cargo/config.toml by itself, so nobody has to set a variable by hand.
tell_cargo() { # lines of the [env] table
  local head='# Written by viralforge-core/ffmpeg/build.sh (make ffmpeg); not part of the repository.' new
  new=$(printf '%s\n[env]\n%s\n' "$head" "$1")
  if [ -e "$config" ]; then
    [ "$(<"$config")" != "$new" ] || return 0
    # A file that somebody wrote by hand is theirs to change.
    if [ "$(head -n 1 "$config")" != "$head" ]; then
      [ -n "$(grep -vxFf "$config" <<<"$1")" ] || return 0
      die "$config is not from here, so it was left alone; put these lines into its [env] table:
$1"
    fi
  fi
  mkdir -p "$repo/.cargo"
  printf '%s\n' "$new" >"$config.$$"
  mv "$config.$$" "$config"
}
use_system() {
  say "using the FFmpeg that pkg-config finds (libavcodec $1, cargo feature $2)"
  tell_cargo "${FFMPEG_PKG_CONFIG_PATH:+FFMPEG_PKG_CONFIG_PATH = \"$FFMPEG_PKG_CONFIG_PATH\"
}VIRALFORGE_FFMPEG_FEATURE = \"$2\""
  exit 0
}

# --- 1. an FFmpeg of the system ----------------------------------------------------------------------------
libavcodec() { PKG_CONFIG_PATH=${FFMPEG_PKG_CONFIG_PATH:-${PKG_CONFIG_PATH:-}} pkg-config --modversion libavcodec; }
# Whoever named a flavour, now or before, wants to know what is inside; nobody can tell for the system's.
[ "$choice" != auto ] || [ -z "${1:-$last}" ] || choice=build
if [ "$choice" != build ] && version=$(libavcodec 2>/dev/null); then
  case $version in
    60.*) feature=ffmpeg6 ;;
    61.[0-9].* | 61.1[0-8].*) feature=ffmpeg7 ;;
    61.*) feature=ffmpeg7_1 ;;
    62.*) feature=ffmpeg8 ;;
    *) feature= ;;
  esac
  [ -n "$feature" ] && use_system "$version" "$feature"
fi
[ "$choice" != system ] || die "pkg-config finds no FFmpeg 6 to 8 (libavcodec 60 to 62)${FFMPEG_PKG_CONFIG_PATH:+ with $FFMPEG_PKG_CONFIG_PATH}${version:+ but libavcodec $version}; install one, or leave VIRALFORGE_FFMPEG and FFMPEG_PKG_CONFIG_PATH unset to build it"

# --- 2. what the build needs, from the distribution's own packages -------------------------------------------
mkdir -p "$cache/dist"
exec 9>"$cache/.lock"
flock -n 9 || { say "another run holds $cache/.lock; waiting for it"; flock 9; }
"$here/install-packages.sh" build-essential nasm pkg-config xz-utils dpkg-dev ca-certificates \
  debian-archive-keyring libclang-dev zlib1g-dev libdav1d-dev libzimg-dev $(flavour_packages "$flavour")

# --- 3. the configure line, and the cache key made of it -----------------------------------------------------
read -r -a licence <<<"$(flavour_flags "$flavour")"
flags=(--enable-static --disable-shared --enable-pic "${licence[@]}"
  --disable-autodetect --disable-debug --disable-doc --disable-programs --disable-network --disable-everything
  --disable-postproc --enable-zlib --enable-iconv --enable-pthreads --enable-libdav1d --enable-libzimg
  --enable-protocol="$PROTOCOLS" --enable-demuxer="$DEMUXERS" --enable-decoder="$DECODERS"
  --enable-encoder="$ENCODERS,$(flavour_encoders "$flavour")" --enable-muxer="$MUXERS" --enable-parser="$PARSERS"
  --enable-bsf="$BSFS" --enable-filter="$FILTERS")
key=$({
  printf '%s\n' "$suite" "$series" "${flags[@]}"
  gcc -dumpfullversion
  pkg-config --modversion dav1d zimg $(flavour_libraries "$flavour")
} | sha256sum | cut -c1-12)
prefix=$cache/ffmpeg-$series-$flavour-$key
finish() {
  tell_cargo "FFMPEG_PKG_CONFIG_PATH = \"$prefix/lib/pkgconfig\"
FFMPEG_LINK_MODE = \"static\"
VIRALFORGE_FFMPEG_FEATURE = \"ffmpeg7_1\""
  say "ready: $prefix"
  exit 0
}
[ ! -f "$prefix/.complete" ] || finish

# --- 4. the source: a local tarball, or Debian's source package through apt, which checks its signature -------
tarball=${VIRALFORGE_FFMPEG_TARBALL:-$(ls "$cache"/dist/ffmpeg_"$series"*.orig.tar.xz 2>/dev/null | sort -V | tail -1 || true)}
if [ -z "$tarball" ]; then
  say "fetching the source of FFmpeg $series from Debian $suite"
  apt=$cache/apt
  mkdir -p "$apt/lists/partial"
  targets=$(apt-get indextargets --format '$(REPO_URI) $(LABEL) $(COMPONENT)' 'Created-By: Packages' | sort -u)
  base=$(awk '$2=="Debian"&&$3=="main"{print $1;exit}' <<<"$targets")
  security=$(awk '$2=="Debian-Security"&&$3=="main"{print $1;exit}' <<<"$targets")
  [ -n "$base" ] || die "apt knows no Debian mirror; set VIRALFORGE_FFMPEG_TARBALL to a local ffmpeg_$series*.orig.tar.xz"
  signed='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
  {
    echo "deb-src $signed $base $suite main"
    [ -z "$security" ] || echo "deb-src $signed $security $suite-security main"
  } >"$apt/sources.list"
  options=(-o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$apt/lists"
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root -o APT::Get::List-Cleanup=0
    -o Acquire::Retries=3 -qq)
  apt-get "${options[@]}" update >&2 || say "apt-get update reported a problem (a missing $suite-security is harmless)"
  (cd "$cache/dist" && apt-get "${options[@]}" source --download-only ffmpeg >&2)
  tarball=$(ls "$cache"/dist/ffmpeg_"$series"*.orig.tar.xz | sort -V | tail -1)
fi

# --- 5. build aside, publish with one rename -------------------------------------------------------------------
say "building $(basename "$tarball") ($flavour) with ${JOBS:-$(nproc)} jobs; about five minutes on two cores"
rm -rf "$cache"/build.* # left by an interrupted run: we hold the lock
work=$(mktemp -d "$cache/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/src" "$work/obj"
tar xf "$tarball" -C "$work/src" --strip-components=1
cd "$work/obj"
../src/configure --prefix="$work/prefix" "${flags[@]}" >configure.log 2>&1 || { tail -20 configure.log ffbuild/config.log >&2; die "configure failed"; }
make -j"${JOBS:-$(nproc)}" >make.log 2>&1 || { tail -40 make.log >&2; die "make failed"; }
make install >>make.log 2>&1
# Relocatable: the .pc files find the libraries beside themselves.
sed -i -E 's|^prefix=.*|prefix=${pcfiledir}/../..|; s|^libdir=.*|libdir=${prefix}/lib|; s|^includedir=.*|includedir=${prefix}/include|' "$work"/prefix/lib/pkgconfig/*.pc
cp configure.log ../src/LICENSE.md ../src/COPYING.* "$work/prefix/"
(cd "$(dirname "$tarball")" && sha256sum "$(basename "$tarball")") >"$work/prefix/SOURCE.sha256"
touch "$work/prefix/.complete"
rm -rf "$prefix"
mv "$work/prefix" "$prefix"
finish
