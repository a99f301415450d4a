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
program=hive
source deploy/nodes.sh
hive=build/hive
first_port=${HIVE_FIRST_PORT:-7430}
spread_timeout_s=60
nodes=()

main() {
  parse_arguments "$@"
  take_folder "$hive"
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

start_node() {
  local i=$1 log=$hive/node$1/hived.log
  start_hived "$log" --name "node$i" --data "$hive/node$i/data" --http "$(http_of "$i")" \
    --door "$(door_of "$i")" --join "$(door_of 0)" --tls "$hive/node$i/tls"
  nodes+=("$started")
  await_ready "$started" "$log" "node$i" "HIVE_FIRST_PORT=N chooses other ports"
  echo "$ready"
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

# How many records of the demonstration node $1 routes by.
known_records() {
  ask "$1" --json tool route hive_demo 2>/dev/null | sed -n 's/.*"sample_count": *\([0-9]*\).*/\1/p'
}

# Also those recorded just now: an earlier run may have left others.
routes_by_it() {
  local i all
  all=$(known_records 0)
  for i in 1 2; do
    [[ $all && $(known_records "$i") == "$all" ]] || return 1
  done
}

serve() {
  trap 'exit 0' INT TERM HUP
  say "serving; try: $bin/hivectl --url http://$(http_of 1) node status. Logs in $hive/node*/hived.log; Ctrl-C stops"
  wait -n "${nodes[@]}" || true
  fail "a node ended by itself; see $hive/node*/hived.log"
}

stop() {
  local status=$?
  trap '' INT TERM HUP
  stop_nodes "${nodes[@]}"
  [[ $status -ne 0 ]] || say "the hive has stopped"
  exit "$status"
}

main "$@"
