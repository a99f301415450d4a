#!/usr/bin/env bash
# Proves that the image builds from the packages, and that a container of it starts, answers its probes and stops.
#
#   deploy/prove_image.sh DIR [DEBS]
#
# DIR     where deploy/prove_package.sh has made DIR/base, the bare tree that stands in for debian:bookworm-slim
# DEBS    a folder with one hivemark_*.deb; DIR/first by default
#
# Needs root and buildah, and no daemon: chroot isolation, storage by plain copies.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/bare_tree.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

fail() {
  echo "prove_image: $*" >&2
  exit 1
}

say() {
  printf '== %s\n' "$*"
}

[[ $# -ge 1 ]] || fail "usage: deploy/prove_image.sh DIR [DEBS]"
[[ $(id -u) -eq 0 ]] || fail "needs root"
command -v buildah >/dev/null || fail "buildah is not installed"
tree=$(cd "$1" && pwd)
[[ -e $tree/base.complete ]] || fail "$tree/base is not there; deploy/prove_package.sh makes it"
debs=${2-$tree/first}
work=$tree/image
rm -rf --one-file-system "$work"
mkdir -p "$work/context"
cp "$debs"/hivemark_*.deb "$work/context/"
printf '[storage]\ndriver = "vfs"\nrunroot = "%s/run"\ngraphroot = "%s/graph"\n' "$work" "$work" >"$work/storage.conf"
export BUILDAH_ISOLATION=chroot CONTAINERS_STORAGE_CONF=$work/storage.conf

say "building"
cp -a "$tree/base" "$work/rootfs"
give_apt_settings "$work/rootfs"
tar -C "$work/rootfs" --numeric-owner -cf "$work/base.tar" .
rm -rf --one-file-system "$work/rootfs"
container=$(buildah from scratch)
buildah add -q "$container" "$work/base.tar" / >/dev/null
buildah commit -q "$container" localhost/bare-debian >/dev/null
buildah bud --isolation chroot --build-arg BASE=localhost/bare-debian -f "$here/deploy/container/Containerfile" \
  -t localhost/hivemark "$work/context" >"$work/build.log" 2>&1 || { tail -n 30 "$work/build.log" >&2; fail "buildah bud failed"; }

say "running"
container=$(buildah from localhost/hivemark)
in_container() {
  buildah run --isolation chroot "$container" -- "$@"
}
[[ $(in_container id -u) == 10001 ]] || fail "it runs as $(in_container id)"
# One command, so that what it starts ends with it.
in_container bash -euc '
  hived --http 127.0.0.1:18421 >/tmp/ready 2>/tmp/log &
  node=$!
  trap "kill -KILL $node 2>/dev/null || true" EXIT
  export HIVE_URL=http://127.0.0.1:18421
  for ((i = 0; i < 600; i++)); do
    ! hivectl live >/dev/null 2>&1 || break
    kill -0 $node
    sleep 0.1
  done
  cat /tmp/ready
  hivectl live
  hivectl ready
  hivectl --wide status
  ls -l /var/lib/hivemark/operator.token
  kill -TERM $node
  wait $node
  trap - EXIT' || fail "the container did not run as it should"
say "the image is as it should be: $(buildah images --format '{{.Size}}' localhost/hivemark)"
