#!/bin/sh
# Proposes an upgrade to a hive, waits for the decision, and tells GitHub Actions about it. Needs curl and python3, which
# GitHub's runners have. Its input is in HIVEMARK_… variables, as action.yml sets them.
#
# Exit status: 0 approved; 1 rejected or rolled back; 2 held, aborted or not decided in time; 64 wrong input; 65 refused;
# 66 no such proposal; 69 no node answers; 77 not allowed.
set -eu

here=$(dirname "$0")
node=${HIVEMARK_NODE:-}
node=${node%/}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  status=$1
  shift
  printf '%s\n' "$*" >"$work/error"
  python3 "$here/upgrade_json.py" annotate error <"$work/error"
  exit "$status"
}

for program in curl python3; do
  command -v "$program" >/dev/null || { echo "::error::$program is missing" && exit 64; }
done
[ -n "$node" ] || fail 64 "the input 'node' is missing"
timeout_s=${HIVEMARK_TIMEOUT_S:-3600}
case $timeout_s in
'' | *[!0-9]*) fail 64 "timeout-seconds must be a number of seconds, not $timeout_s" ;;
esac

case ${HIVEMARK_TOKEN:-} in
*[!A-Za-z0-9._~+/=-]*) fail 64 "the token has characters that no token has" ;;
esac

# ask METHOD PATH [FILE]: the answer is in $work/answer, its status in $http. The token is in no command line.
ask() {
  {
    [ -z "${HIVEMARK_TOKEN:-}" ] || printf 'header = "Authorization: Bearer %s"\n' "$HIVEMARK_TOKEN"
    [ -z "${3:-}" ] || printf 'header = "Content-Type: application/json"\ndata-binary = "@%s"\n' "$3"
  } >"$work/curl"
  : >"$work/answer"
  http=$(curl --silent --show-error --globoff --proto =http,https --request "$1" --config "$work/curl" --max-time 30 --max-filesize 16777216 \
    --output "$work/answer" --write-out '%{http_code}' --url "$node/api/v1$2" 2>"$work/problem") || http=000
}

# The exit status for an answer that is no success.
status_of() {
  case $1 in
  401 | 403) echo 77 ;;
  404) echo 66 ;;
  000 | 408 | 429 | 5*) echo 69 ;;
  *) echo 65 ;;
  esac
}

explain() {
  if [ "$http" = 000 ]; then cat "$work/problem"; else python3 "$here/upgrade_json.py" problem <"$work/answer"; fi
}

python3 "$here/upgrade_json.py" request >"$work/request" || fail 64 "the input makes no proposal"
query=""
[ "${HIVEMARK_QUEUE:-false}" != true ] || query="?queue=true"
ask POST "/upgrades$query" "$work/request"
case $http in
2*) ;;
000) fail 69 "no answer to the proposal, which may have been made all the same: $(explain)" ;;
*) fail "$(status_of "$http")" "the proposal was not accepted: $(explain)" ;;
esac
id=$(python3 "$here/upgrade_json.py" id <"$work/answer") || fail 69 "the answer of $node is no proposal"
echo "proposal $id"
echo "id=$id" >>"${GITHUB_OUTPUT:-/dev/null}"

began=$(date +%s)
last_answer=$began
pause=1
late=""
while :; do
  case $http in
  2*)
    last_answer=$(date +%s)
    cp "$work/answer" "$work/upgrade"
    outcome=0
    python3 "$here/upgrade_json.py" outcome "$work/told" <"$work/upgrade" || outcome=$?
    case $outcome in
    0 | 1 | 2 | 65) break ;;
    3) ;; # not over yet
    *) fail 69 "the answer of $node is no proposal" ;;
    esac
    ;;
  000 | 408 | 429 | 5*) # a node in its restart
    [ $(($(date +%s) - last_answer)) -le 60 ] || fail 69 "no answer for a minute: $(explain); the proposal goes on"
    ;;
  *) fail "$(status_of "$http")" "proposal $id: $(explain)" ;;
  esac
  if [ $(($(date +%s) - began)) -ge "$timeout_s" ]; then
    outcome=2
    late="not decided within $timeout_s s; the proposal goes on"
    break
  fi
  sleep "$pause"
  [ "$pause" -ge 5 ] || pause=$((pause + 1))
  ask GET "/upgrades/$id"
done

python3 "$here/upgrade_json.py" report "$outcome" "$late" <"$work/upgrade" || fail 69 "the result cannot be reported"
exit "$outcome"
