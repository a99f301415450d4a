#!/usr/bin/env bash
# Proves that the README's commands work on a Debian 12 that has only git and make.
#
#   deploy/prove-bare.sh DIR [COMMAND...]
#
# DIR/base    a debootstrap tree with git, make and ca-certificates; made once, never changed after
# DIR/work    a fresh copy of it, in which the commands run as root, in a clone of this checkout's last commit
# DIR/debs    downloaded packages, so that a second proof downloads none
#
# Without commands: `make run ONCE=1`, the same after a commit, and `make test`. The mirror, the proxy and other settings
# are those of apt on this machine, which must be a Debian 12 too.
# Exits with the status of the first command that failed. Needs root and debootstrap.
set -euo pipefail

. "$(dirname "${BASH_SOURCE[0]}")/bare_tree.sh"

commit="git -c user.name=Prover -c user.email=prover@example.org commit --quiet --allow-empty -m 'Another version'"

fail() {
  echo "prove-bare: $*" >&2
  exit 1
}

main() {
  [[ $# -ge 1 ]] || fail "usage: deploy/prove-bare.sh DIR [COMMAND...]"
  [[ $(id -u) -eq 0 ]] || fail "needs root, for debootstrap and mounts"
  command -v debootstrap >/dev/null || fail "debootstrap is not installed (apt-get install debootstrap)"
  checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
  mkdir -p "$1/debs"
  tree=$(cd "$1" && pwd)
  shift
  [[ $# -gt 0 ]] || set -- "make run ONCE=1" "$commit && make run ONCE=1" "make test"
  make_base
  make_work
  for command in "$@"; do
    prove "$command"
  done
}

# The address of the mirror that has the release itself.
debian_mirror() {
  debian_sources | awk '$3 == "bookworm" { print $2; exit }'
}

make_base() {
  [[ -e $tree/base.complete ]] && return
  rm -rf "$tree/base"
  mirror=$(debian_mirror)
  [[ $mirror ]] || fail "apt knows no source of Debian bookworm (apt-get indextargets names none; apt-get update first?)"
  debootstrap --variant=minbase --include=git,make,ca-certificates --cache-dir="$tree/debs" bookworm "$tree/base" \
    "$mirror" >"$tree/debootstrap.log" 2>&1 || fail "debootstrap failed, see $tree/debootstrap.log"
  touch "$tree/base.complete"
}

make_work() {
  rm -rf --one-file-system "$tree/work"
  cp -a "$tree/base" "$tree/work"
  give_apt_settings "$tree/work"
  git clone --quiet --no-hardlinks "$checkout" "$tree/work/root/hivemark"
}

# Runs one command in the tree, in namespaces of its own: mounts and left-over processes go when it ends. The tree
# becomes the root by pivot_root, since the kernel makes no user namespaces, and so no sandboxes, below a chroot.
prove() {
  local started=$SECONDS status=0
  echo "== bare Debian 12: $1"
  TREE="$tree" COMMAND="$1" unshare --mount --pid --fork --kill-child bash -euc '
    mount --bind "$TREE/work" "$TREE/work"
    mount --bind "$TREE/debs" "$TREE/work/var/cache/apt/archives"
    mount -t proc proc "$TREE/work/proc"
    mount --rbind /sys "$TREE/work/sys"
    mount --rbind /dev "$TREE/work/dev"
    cd "$TREE/work"
    pivot_root . mnt
    umount --lazy mnt
    cd /root/hivemark
    exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
      http_proxy="${http_proxy-}" https_proxy="${https_proxy-}" no_proxy="${no_proxy-}" bash -c "$COMMAND"' \
    </dev/null &
  # The first process of a namespace ignores ordinary signals, so an end of this script must kill it.
  trap "kill -KILL $! 2>/dev/null || true" EXIT
  trap 'exit 130' INT TERM HUP
  wait $! || status=$?
  trap - EXIT
  echo "== $1: exit status $status after $((SECONDS - started)) s"
  [[ $status -eq 0 ]] || exit "$status"
}

main "$@"
