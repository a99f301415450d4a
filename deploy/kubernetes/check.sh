#!/usr/bin/env bash
# Checks the Kubernetes manifests against the types of Kubernetes' interface, from the npm package kubernetes-models:
# deploy/kubernetes/check.sh [FOLDER]. A misspelt or unknown key is an error, as is a value of the wrong type.
#
# Needs kubectl, node and npm, and downloads three npm packages once, into build/kubernetes-check. Exit status 77: one of
# them is missing, or cannot be downloaded. No cluster is asked: this shows that the files are well-formed, not that they
# run.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${1-$here/base}
work=$here/../../build/kubernetes-check

skip() {
  echo "check: $*" >&2
  exit 77
}

for tool in kubectl node npm; do
  command -v $tool >/dev/null || skip "$tool is not installed"
done
mkdir -p "$work"
cd "$work"
if [[ ! -e complete ]]; then
  npm install --silent --no-audit --no-fund kubernetes-models@4 typescript@5 yaml@2 >npm.log 2>&1 ||
    { cat npm.log >&2; skip "the npm packages cannot be downloaded"; }
  touch complete
fi
made=$(mktemp -d "$work/made.XXXXXX")
trap 'rm -rf "$made"' EXIT
kubectl kustomize "$folder" >"$made/all.yaml"
node "$here/to_typescript.js" "$made/all.yaml" >"$made/all.ts"
node_modules/.bin/tsc --strict --noEmit --skipLibCheck --target es2022 --module nodenext --moduleResolution nodenext "$made/all.ts"
