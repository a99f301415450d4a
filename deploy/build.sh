#!/usr/bin/env bash
# Configures a preset when it has not been, then builds these targets, or all: deploy/build.sh PRESET JOBS [TARGET...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=$1
jobs=$2
shift 2

# Ninja runs CMake again by itself when a CMake file changes. A first configuration is printed only when it fails.
if [[ ! -e build/$preset/build.ninja ]]; then
  mkdir -p "build/$preset"
  echo "configuring build/$preset"
  if ! cmake --preset "$preset" >"build/$preset/configure.log" 2>&1; then
    cat "build/$preset/configure.log" >&2
    exit 1
  fi
  grep -e '^-- CUDA' "build/$preset/configure.log" || true
fi
exec cmake --build --preset "$preset" -j "$jobs" ${1+--target "$@"}
