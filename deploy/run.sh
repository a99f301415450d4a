#!/usr/bin/env bash
# Starts a node on 127.0.0.1:7420, captures a snapshot of this checkout's version, prints it and the verdict against
# the version captured before, then serves until Ctrl-C. Where none was captured before, the verdict is against the
# last release, whose snapshot stands in deploy/releases/.
#
#   deploy/run.sh [--once]
#
# --once stops the node after the verdict. Exit status then: 0 safe, or nothing to compare with; 1 regressed, or
# something failed; 2 inconclusive, or an adapter failed. Without it: 0 after Ctrl-C, 1 when something failed; the
# verdict is only printed.
#
# All it writes lies in build/run/: data/ (the store), hived.toml, hived.log, the guardrail's keys and manifest, and
# `versions`, the versions captured so far. HIVE_HTTP=ADDR:PORT serves elsewhere.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
program=run
source deploy/nodes.sh
run=build/run
log=$run/hived.log
address=${HIVE_HTTP:-127.0.0.1:7420}
node=
client=

main() {
  parse_arguments "$@"
  take_folder "$run"
  version=$(version_of_checkout)
  seal_guardrail
  write_config
  start_node
  local captured=0 verdict=0
  capture || captured=$?
  judge || verdict=$?
  if [[ $verdict -eq 0 ]]; then
    verdict=$captured
  fi
  if [[ $once ]]; then
    exit "$verdict"
  fi
  serve
}

# `git describe` as an id: at most 64 letters, digits, '.', '_' and '-'.
version_of_checkout() {
  local described
  described=$(git describe --tags --always --dirty 2>/dev/null) || described=unversioned
  tr -c 'A-Za-z0-9._\n-' '-' <<<"$described" | sed 's/^[^A-Za-z0-9]*//' | cut -c -64
}

# The files whose change the guardrail adapter notices: those that git knows, or all of them outside build/.
guarded_files() {
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git -c core.quotePath=off ls-files
  else
    find . -type f -not -path './build/*' -not -path './.git/*' -printf '%P\n'
  fi | while IFS= read -r file; do
    if [[ -f $file && ! -L $file ]]; then
      printf '%s\n' "$file"
    fi
  done
}

seal_guardrail() {
  if [[ ! -e $run/guardrail.key ]]; then
    "$bin/hivectl" guardrail keygen --out "$run/guardrail" >/dev/null || fail "no guardrail key could be made"
  fi
  guarded_files >"$run/guarded-files"
  "$bin/hivectl" guardrail sign --key "$run/guardrail.key" --root . --out "$run/guardrail.json" --files-from - \
    <"$run/guarded-files" >/dev/null || fail "the guardrail manifest could not be signed"
}

# A TOML string.
quoted() {
  printf '"%s"' "$(sed 's/[\\"]/\\&/g' <<<"$1")"
}

write_config() {
  cat >"$run/hived.toml" <<TOML
# Written by deploy/run.sh at each start.
[node]
checkout = $(quoted "$PWD")

[benchmarks]
repeats = 1

[benchmarks.regression]
command = ["ctest", "--test-dir", "build/release", "-L", "fast-core", "-j", "$(nproc)"]
workdir = $(quoted "$PWD")
timeout_s = 900
format = "ctest"

[benchmarks.guardrail]
manifest = $(quoted "$PWD/$run/guardrail.json")
public_key = $(quoted "$PWD/$run/guardrail.pub")
TOML
}

start_node() {
  start_hived "$log" --config "$run/hived.toml" --data "$run/data" --http "$address"
  node=$started
  await_ready "$node" "$log" "hived at $address" "HIVE_HTTP=ADDR:PORT chooses another address"
  say "$ready"
  address=${ready#hived ready http=}
  address=${address%% *}
}

# hivectl in the background, so that a signal ends the wait for it at once.
ask() {
  "$bin/hivectl" --url "http://$address" "$@" &
  client=$!
  local status=0
  wait "$client" || status=$?
  client=
  return "$status"
}

# Captures and shows the version; 2 when an adapter failed, as hivectl says it.
capture() {
  local status=0
  say "capturing $version: the fast tests of this checkout below its actors, and its guardrail"
  ask snapshot capture "$version" --tier fast >"$run/capture.out" || status=$?
  if [[ $status -ne 0 && $status -ne 2 ]]; then
    cat "$run/capture.out" >&2
    fail_with_log "$log" "the capture of $version failed"
  fi
  say "snapshot of $version"
  ask snapshot show "$version" || fail "the snapshot of $version cannot be shown"
  return "$status"
}

# Gives the node the snapshot of the last release other than this version, if there is one, and sets `previous` to it.
import_release() {
  local file
  file=$(find deploy/releases -name '*.json' ! -name "$version.json" 2>/dev/null | sort -V | tail -n 1)
  [[ $file ]] || return 0
  ask snapshot import "$file" >"$run/import.out" || fail "the snapshot of a release in $file cannot be imported"
  previous=$(basename "$file" .json)
  say "no earlier capture here: the reference is release $previous as $file has it, measured elsewhere"
  grep -E '^(Git sha|Captured at|Machine) ' "$run/import.out" || true
  echo "How many tests pass does not depend on the machine, so the two compare."
}

# Prints the verdict against the newest other version; its exit status is the verdict's.
judge() {
  touch "$run/versions"
  local previous status=0
  previous=$(grep -Fxv -e "$version" "$run/versions" | tail -n 1) || true
  if [[ $(tail -n 1 "$run/versions") != "$version" ]]; then
    echo "$version" >>"$run/versions"
  fi
  [[ $previous ]] || import_release
  if [[ ! $previous ]]; then
    say "no verdict: there is nothing to compare $version with; run again after the next commit"
    return
  fi
  say "may $version replace $previous?"
  ask upgrade check "$previous" "$version" || status=$?
  [[ $status -le 2 ]] || fail "the upgrade check failed"
  return "$status"
}

serve() {
  trap 'exit 0' INT TERM HUP
  say "serving on http://$address, log in $log; Ctrl-C stops"
  echo "To register a benchmark: HIVE_DATA=$run/data $bin/hivectl --url http://$address benchmark register …"
  local status=0
  wait "$node" || status=$?
  node=
  fail_with_log "$log" "hived ended by itself with status $status"
}

stop() {
  local status=$?
  trap '' INT TERM HUP
  [[ ! $client ]] || kill "$client" 2>/dev/null || true
  if [[ $node ]]; then
    stop_nodes "$node"
    [[ $status -ne 0 ]] || say "node stopped"
  fi
  exit "$status"
}

main "$@"
