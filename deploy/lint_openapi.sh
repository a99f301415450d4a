#!/usr/bin/env bash
# Checks the OpenAPI document that a node serves with a public linter, Redocly's. Needs npx (Node.js with npm).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v npx >/dev/null || { echo "lint_openapi: npx is not installed (apt-get install npm)" >&2; exit 1; }
work=$(mktemp -d)
trap 'kill "${node-}" 2>/dev/null || true; rm -rf "$work"' EXIT
build/release/bin/hived --data "$work/data" --http 127.0.0.1:0 >"$work/out" 2>"$work/log" &
node=$!
for _ in $(seq 100); do
  address=$(sed -n 's/^hived ready http=\([^ ]*\) .*/\1/p' "$work/out")
  [[ ! $address ]] || break
  sleep 0.1
done
[[ $address ]] || { cat "$work/log" >&2; exit 1; }
python3 -c 'import sys, urllib.request; sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1]).read())' \
  "http://$address/openapi.json" >"$work/openapi.json"
npx --yes @redocly/cli@2 lint "$work/openapi.json"
