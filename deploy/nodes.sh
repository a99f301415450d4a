# What the scripts that start nodes share; sourced by run.sh and hive.sh, which set `program` to their own names first.

bin=build/release/bin
ready_timeout_s=60 # a restart with a large store needs seconds
stop_timeout_s=15  # longer than hived gives its own services

say() {
  printf '\n== %s\n' "$*"
}

fail() {
  echo "$program: $*" >&2
  exit 1
}

# The last lines of log $1, and then the message.
fail_with_log() {
  tail -n 20 "$1" >&2
  shift
  fail "$@"
}

# Takes the script's arguments; sets `once`.
parse_arguments() {
  once=
  case "${1-}" in
  "") ;;
  --once) once=yes ;;
  *) echo "$program: unknown option $1; only --once is known" >&2 && exit 64 ;;
  esac
  [[ -x $bin/hived && -x $bin/hivectl ]] || fail "$bin/hived and hivectl are not built; run \`make build\`"
}

# Makes folder $1 and holds it for this script alone; everything is stopped when the script ends.
take_folder() {
  mkdir -p "$1"
  exec {lock}>"$1/lock"
  flock --nonblock "$lock" || fail "another \`make $program\` of this checkout is at work"
  trap stop EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}

# Starts hived with log $1 and the other arguments; sets `started` to its process. In a session of its own, so that
# Ctrl-C reaches the script alone, which then stops the nodes in order; and told to stop when the script is killed.
start_hived() {
  local log=$1
  shift
  : >"$log" # before the node is started: await_ready must not find the ready line of the run before
  setsid setpriv --pdeathsig TERM "$bin/hived" "$@" >>"$log" 2>&1 </dev/null {lock}>&- &
  started=$!
}

# Waits until process $1 with log $2 serves; sets `ready` to its ready line. $3 says which node it is, $4 what may help.
await_ready() {
  local process=$1 log=$2 who=$3 advice=$4
  local deadline=$((SECONDS + ready_timeout_s))
  until ready=$(grep -m 1 '^hived ready http=' "$log"); do
    kill -0 "$process" 2>/dev/null || fail_with_log "$log" "$who did not start ($advice)"
    [[ $SECONDS -lt $deadline ]] || fail_with_log "$log" "$who was not ready after $ready_timeout_s s"
    sleep 0.1
  done
}

# Stops those of the processes that still run, all at a time, by SIGTERM first.
stop_nodes() {
  local process deadline=$((SECONDS + stop_timeout_s))
  for process in "$@"; do
    kill -TERM "$process" 2>/dev/null || true
  done
  for process in "$@"; do
    while kill -0 "$process" 2>/dev/null; do
      if [[ $SECONDS -ge $deadline ]]; then
        echo "$program: a node did not stop within $stop_timeout_s s, killing it" >&2
        kill -KILL "$process" 2>/dev/null || true
        break
      fi
      sleep 0.1
    done
    wait "$process" 2>/dev/null || true
  done
}
