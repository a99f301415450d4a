#!/usr/bin/env bash
# Searches for inputs that break a promise, with libFuzzer: deploy/fuzz.sh SECONDS JOBS [TARGET...]
#
# Each target of tests/fuzz runs for so long, one after the other, with its corpus of tests/data and with what earlier
# runs found in build/fuzz/corpus. Prints executions and coverage of each. Exits with 1 when a promise broke; the
# input is then in build/fuzz/broken/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=$1
jobs=$2
shift 2

command -v clang++ >/dev/null && compgen -G '/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a' >/dev/null || {
  echo "fuzz: clang with libFuzzer is needed: apt-get install clang libclang-rt-14-dev" >&2
  exit 1
}
[[ -e build/fuzz/build.ninja ]] || cmake --preset fuzz >/dev/null
cmake --build --preset fuzz -j "$jobs" --target fuzz_programs

[[ $# -gt 0 ]] || set -- $(cd tests/fuzz && ls ./*_fuzz.cpp | sed 's|./\(.*\)_fuzz.cpp|\1|')
# The folder of tests/data that holds a target's corpus, as tests/fuzz/CMakeLists.txt says.
corpus_of() {
  sed -n "s|^fuzz_target($1 \([^ ]*\) .*|tests/data/\1|p" tests/fuzz/CMakeLists.txt
}

mkdir -p build/fuzz/broken
status=0
printf '%-10s %12s %10s %10s %8s\n' target executions coverage features corpus
for target; do
  corpus=build/fuzz/corpus/$target
  log=build/fuzz/$target.log
  mkdir -p "$corpus"
  build/fuzz/bin/fuzz_"$target" -max_total_time="$seconds" -max_len=65536 -timeout=20 -rss_limit_mb=4096 \
    -print_final_stats=1 -artifact_prefix=build/fuzz/broken/"$target"- \
    "$corpus" "$(corpus_of "$target")" >"$log" 2>&1 </dev/null || {
    echo "fuzz: $target broke a promise; its last lines of $log:" >&2
    tail -n 25 "$log" >&2
    status=1
  }
  # The last progress line reads: #123 DONE cov: 4 ft: 5 corp: 6/7b …
  awk -v target="$target" '
    / cov: / { for (i = 1; i < NF; ++i) { if ($i == "cov:") cov = $(i + 1); if ($i == "ft:") ft = $(i + 1); if ($i == "corp:") corp = $(i + 1) } }
    /number_of_executed_units/ { runs = $2 }
    END { sub("/.*", "", corp); printf "%-10s %12s %10s %10s %8s\n", target, runs, cov, ft, corp }' "$log"
done
exit "$status"
