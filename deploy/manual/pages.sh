#!/usr/bin/env bash
# Writes all manual pages: deploy/manual/pages.sh HIVED HIVECTL DIR. What was in DIR is removed.
set -euo pipefail
hived=$1 hivectl=$2 out=$3
here=$(dirname "${BASH_SOURCE[0]}")

rm -rf "$out"
mkdir -p "$out/man1" "$out/man5" "$out/man8"
"$hived" __man >"$out/man8/hived.8"
pages=$("$hivectl" __man)
for page in $pages; do
  "$hivectl" __man "$page" >"$out/man1/$page.1"
done
python3 -B "$here/markdown_page.py" hived.toml 5 "configuration of a node of a hive" \
  "$here/../../docs/reference/configuration.md" >"$out/man5/hived.toml.5"
