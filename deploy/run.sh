#!/usr/bin/env bash
# Starts a node on 127.0.0.1:7420, captures a snapshot of this checkout's version, prints it and the verdict against
# the version captured before, then serves until Ctrl-C.
#
#   deploy/run.sh [--once]
#
# --once stops the node after the verdict. Exit status then: 0 safe, or nothing to compare with yet; 1 regressed, or
# something failed; 2 inconclusive. Without it: 0 after Ctrl-C, 1 when something failed; the verdict is only printed.
#
# All it writes lies in build/run/: data/ (the store), hived.toml, hived.log, the guardrail's keys and manifest, and
# `versions`, the versions captured so far. HIVE_HTTP=ADDR:PORT serves elsewhere.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bin=build/release/bin
run=build/run
address=${HIVE_HTTP:-127.0.0.1:7420}
ready_timeout_s=60 # a restart with a large store needs seconds
stop_timeout_s=15  # longer than hived gives its own services
node=
client=

say() {
  printf '\n== %s\n' "$*"
}

fail() {
  echo "run: $*" >&2
  exit 1
}

main() {
  local once=
  case "${1-}" in
  "") ;;
  --once) once=yes ;;
  *) echo "run: unknown option $1; only --once is known" >&2 && exit 64 ;;
  esac
  [[ -x $bin/hived && -x $bin/hivectl ]] || fail "$bin/hived and hivectl are not built; run \`make build\`"
  mkdir -p "$run"
  exec {lock}>"$run/lock"
  flock --nonblock "$lock" || fail "another \`make run\` of this checkout is at work"
  version=$(version_of_checkout)

  trap stop EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  seal_guardrail
  write_config
  start_node
  capture
  local verdict=0
  judge || verdict=$?
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
command = ["ctest", "--test-dir", "build/release", "-L", "fast", "-j", "$(nproc)"]
workdir = $(quoted "$PWD")
timeout_s = 900
format = "ctest"

[benchmarks.guardrail]
manifest = $(quoted "$PWD/$run/guardrail.json")
public_key = $(quoted "$PWD/$run/guardrail.pub")
TOML
}

# In a session of its own, so that Ctrl-C reaches this script alone, which then stops the node in order; and told to
# stop when this script is killed.
start_node() {
  : >"$run/hived.log" # before the node is started: the wait below must not find the ready line of the run before
  setsid setpriv --pdeathsig TERM "$bin/hived" --config "$run/hived.toml" --data "$run/data" --http "$address" \
    >>"$run/hived.log" 2>&1 </dev/null {lock}>&- &
  node=$!
  local ready deadline=$((SECONDS + ready_timeout_s))
  until ready=$(grep -m 1 '^hived ready http=' "$run/hived.log"); do
    kill -0 "$node" 2>/dev/null || fail_with_log "hived did not start on $address (HIVE_HTTP=ADDR:PORT chooses another)"
    [[ $SECONDS -lt $deadline ]] || fail_with_log "hived was not ready after $ready_timeout_s s"
    sleep 0.1
  done
  say "$ready"
  address=${ready#hived ready http=}
  address=${address%% *}
}

fail_with_log() {
  tail -n 20 "$run/hived.log" >&2
  fail "$*"
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

capture() {
  say "capturing $version: the fast tests of this checkout and its guardrail"
  ask snapshot capture "$version" --tier fast >"$run/capture.out" || {
    cat "$run/capture.out" >&2
    fail_with_log "the capture of $version failed"
  }
  say "snapshot of $version"
  ask snapshot show "$version"
}

# Prints the verdict against the newest other version; its exit status is the verdict's.
judge() {
  touch "$run/versions"
  local previous status=0
  previous=$(grep -Fxv -e "$version" "$run/versions" | tail -n 1) || true
  if [[ $(tail -n 1 "$run/versions") != "$version" ]]; then
    echo "$version" >>"$run/versions"
  fi
  if [[ ! $previous ]]; then
    say "no verdict: $version is the first version captured here; run again after the next commit"
    return
  fi
  say "may $version replace $previous?"
  ask upgrade check "$previous" "$version" --policy threshold || status=$?
  [[ $status -le 2 ]] || fail "the upgrade check failed"
  return "$status"
}

serve() {
  trap 'exit 0' INT TERM HUP
  say "serving on http://$address, log in $run/hived.log; Ctrl-C stops"
  local status=0
  wait "$node" || status=$?
  node=
  fail_with_log "hived ended by itself with status $status"
}

# Stops what still runs, hived by SIGTERM first.
stop() {
  local status=$?
  trap '' INT TERM HUP
  [[ ! $client ]] || kill "$client" 2>/dev/null || true
  if [[ $node ]] && kill -TERM "$node" 2>/dev/null; then
    local deadline=$((SECONDS + stop_timeout_s))
    while kill -0 "$node" 2>/dev/null; do
      if [[ $SECONDS -ge $deadline ]]; then
        echo "run: hived did not stop within $stop_timeout_s s, killing it" >&2
        kill -KILL "$node" 2>/dev/null || true
        break
      fi
      sleep 0.1
    done
    wait "$node" 2>/dev/null || true
    [[ $status -ne 0 ]] || say "node stopped"
  fi
  exit "$status"
}

main "$@"
