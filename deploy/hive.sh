#!/usr/bin/env bash
# Starts a hive of three nodes on this machine, with a CA and certificates of its own, records coding tasks on the first
# node and shows how the other two route by them, then serves until Ctrl-C.
#
#   deploy/hive.sh [--once]
#
# --once stops the hive after that. Exit status: 0 when every node routed by what the first one learned; 1 otherwise.
#
# All it writes lies in build/hive/: ca/, and for each node its certificate, store and log. Nodes listen for HTTP on
# 127.0.0.1:7430 to 7432 and for each other on 7441 to 7443; HIVE_FIRST_PORT=N chooses N to N+2 and N+11 to N+13.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bin=build/release/bin
hive=build/hive
first_port=${HIVE_FIRST_PORT:-7430}
ready_timeout_s=60
spread_timeout_s=60
stop_timeout_s=15 # longer than hived gives its own services
nodes=()

say() {
  printf '\n== %s\n' "$*"
}

fail() {
  echo "hive: $*" >&2
  exit 1
}

main() {
  local once=
  case "${1-}" in
  "") ;;
  --once) once=yes ;;
  *) echo "hive: unknown option $1; only --once is known" >&2 && exit 64 ;;
  esac
  [[ -x $bin/hived && -x $bin/hivectl ]] || fail "$bin/hived and hivectl are not built; run \`make build\`"
  mkdir -p "$hive"
  exec {lock}>"$hive/lock"
  flock --nonblock "$lock" || fail "another \`make hive\` of this checkout is at work"

  trap stop EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  certify
  local i
  for i in 0 1 2; do
    start_node "$i"
  done
  await "all three nodes know each other" knows_all
  ask 0 node list
  record
  await "the other two nodes route by what the first one recorded" routes_by_it
  for i in 0 1 2; do
    say "where does node$i send a task of type hive_demo?"
    ask "$i" tool route hive_demo
  done
  if [[ ! $once ]]; then
    serve
  fi
}

# The CA and the certificates are made once.
certify() {
  [[ -d $hive/ca ]] || "$bin/hivectl" node init-ca --out "$hive/ca" >/dev/null || fail "no CA could be made"
  local i
  for i in 0 1 2; do
    [[ -d $hive/node$i/tls ]] ||
      "$bin/hivectl" node issue --ca "$hive/ca" --role node --name "node$i" --out "$hive/node$i/tls" >/dev/null ||
      fail "no certificate could be issued for node$i"
  done
}

http_of() {
  echo "127.0.0.1:$((first_port + $1))"
}

door_of() {
  echo "127.0.0.1:$((first_port + 11 + $1))"
}

# In a session of its own, so that Ctrl-C reaches this script alone, which then stops the nodes in order; and told to
# stop when this script is killed.
start_node() {
  local i=$1 log=$hive/node$1/hived.log
  : >"$log" # before the node is started: the wait below must not find the ready line of the run before
  setsid setpriv --pdeathsig TERM "$bin/hived" --name "node$i" --data "$hive/node$i/data" --http "$(http_of "$i")" \
    --door "$(door_of "$i")" --join "$(door_of 0)" --tls "$hive/node$i/tls" >>"$log" 2>&1 </dev/null {lock}>&- &
  local pid=$!
  nodes+=("$pid")
  local deadline=$((SECONDS + ready_timeout_s))
  until grep -m 1 '^hived ready http=' "$log"; do
    kill -0 "$pid" 2>/dev/null || fail_with_log "$i" "node$i did not start (HIVE_FIRST_PORT=N chooses other ports)"
    [[ $SECONDS -lt $deadline ]] || fail_with_log "$i" "node$i was not ready after $ready_timeout_s s"
    sleep 0.1
  done
}

fail_with_log() {
  tail -n 20 "$hive/node$1/hived.log" >&2
  fail "$2"
}

ask() {
  local i=$1
  shift
  "$bin/hivectl" --url "http://$(http_of "$i")" "$@"
}

record() {
  say "nine tasks of type hive_demo, done with ruff, are recorded on node0"
  local i
  for i in 1 2 3 4 5 6 7 8 9; do
    printf '{"task_type":"hive_demo","tool_name":"ruff","completion_time_s":%s,"success":true}\n' "1.$i"
  done | ask 0 task import - >/dev/null || fail "the tasks could not be recorded"
}

# Waits until the command holds, and says how long that took.
await() {
  local what=$1 start
  start=$(date +%s%N)
  local deadline=$((SECONDS + spread_timeout_s))
  until "$2"; do
    [[ $SECONDS -lt $deadline ]] || fail "not within $spread_timeout_s s: $what"
    sleep 0.05
  done
  say "$what (after $((($(date +%s%N) - start) / 1000000)) ms)"
}

knows_all() {
  local i
  for i in 0 1 2; do
    [[ $(ask "$i" node list | grep -cw active) -eq 3 ]] || return 1
  done
}

routes_by_it() {
  local i
  for i in 1 2; do
    ask "$i" tool route hive_demo 2>/dev/null | grep -qw ruff || return 1
  done
}

serve() {
  trap 'exit 0' INT TERM HUP
  say "serving; try: $bin/hivectl --url http://$(http_of 1) node status. Logs in $hive/node*/hived.log; Ctrl-C stops"
  wait -n "${nodes[@]}" || true
  fail "a node ended by itself; see $hive/node*/hived.log"
}

# Stops what still runs, by SIGTERM first.
stop() {
  local status=$? pid
  trap '' INT TERM HUP
  for pid in "${nodes[@]}"; do
    kill -TERM "$pid" 2>/dev/null || true
  done
  local deadline=$((SECONDS + stop_timeout_s))
  for pid in "${nodes[@]}"; do
    while kill -0 "$pid" 2>/dev/null; do
      if [[ $SECONDS -ge $deadline ]]; then
        echo "hive: a node did not stop within $stop_timeout_s s, killing it" >&2
        kill -KILL "$pid" 2>/dev/null || true
        break
      fi
      sleep 0.1
    done
  done
  [[ $status -ne 0 ]] || say "the hive has stopped"
  exit "$status"
}

main "$@"
