#!/usr/bin/env bash
# Fails when a C++ or CUDA source is not formatted as .clang-format says; --fix formats instead.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case "${1-}" in
"") action=(--dry-run --Werror) ;;
--fix) action=(-i) ;;
*) echo "check_format: unknown option $1; only --fix is known" >&2 && exit 64 ;;
esac
find messages platform analysis storage gpu actors apps tests -type f \
  \( -name '*.cpp' -o -name '*.hpp' -o -name '*.cu' -o -name '*.cuh' \) -print0 |
  xargs -0r -n 16 -P "$(nproc)" clang-format "${action[@]}"
