#!/usr/bin/env bash
# Builds the benchmarks, those of another revision if one is named, and runs them: deploy/bench.sh JOBS [OPTION...]
#
#   BASE=REV         builds that revision beside this one, in build/bench/, and prints ratios of this to that
#   OPTION...        for tests/bench/compare.py, whose --help lists them
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
jobs=$1
shift
boost=build/bench/boost

# The headers of Boost.JSON, which some figures are compared with, from a package that cannot be installed beside that of
# Hivemark's Boost. Without them the comparison is missing.
unpack_boost_json() {
  [[ ! -e $boost/usr/include/boost/json/src.hpp ]] || return 0
  rm -rf "$boost"
  mkdir -p "$boost"
  if [[ ${SETUP-yes} == no ]] ||
    ! (cd "$boost" && apt-get -q download libboost1.81-dev && dpkg -x libboost1.81-dev_*.deb . && rm ./*.deb) \
      >"$boost/log" 2>&1; then
    echo 'bench: no Boost.JSON; its row will be missing' >&2
    return 0
  fi
  # Looks for it, though a build was configured before it came.
  [[ ! -e build/release/build.ninja ]] || cmake -S . -B build/release >"$boost/log"
}

# A checkout of the revision with a build of its own; objects that are the same come from the compiler cache.
build_base() {
  local commit=$1 tree=$2
  [[ -e $tree/.git ]] || git worktree add --force --detach "$tree" "$commit" >&2
  cd "$tree"
  export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
  [[ -e build/release/build.ninja ]] || { mkdir -p build && cmake --preset release >build/configure.log; }
  cmake --build --preset release -j "$jobs" --target hived hivectl >&2
  # Its own benchmarks give what cannot be driven from outside.
  cmake --build --preset release -j "$jobs" --target hive_bench >&2 ||
    echo "bench: hive_bench of $commit does not build; its rows will be missing" >&2
}

unpack_boost_json
deploy/build.sh release "$jobs" hive_bench_programs
options=(--results build/bench/results.json)
if [[ ${BASE-} ]]; then
  commit=$(git rev-parse --verify --quiet "$BASE^{commit}") ||
    { echo "bench: BASE=$BASE is no revision of this repository" >&2 && exit 64; }
  tree=$root/build/bench/${commit:0:12}
  (build_base "$commit" "$tree")
  options+=(--base "$tree/build/release/bin" --base-name "$BASE (${commit:0:12})")
fi
exec python3 -B tests/bench/compare.py "${options[@]}" "$@"
