#!/usr/bin/env bash
# Proves that the packages install, run, upgrade and go away as they should, on a Debian 12 that has nothing else.
#
#   deploy/prove_package.sh DIR [BUILD]
#
# BUILD       the finished build that is packed; build/package by default (make package)
# DIR/base    a minimal Debian tree; made once, never changed after
# DIR/work    a fresh copy of it, in which the packages are installed
#
# PACKED=yes takes the packages of an earlier run.
# SDK=yes also builds an engine with hivemark-dev, which downloads a compiler.
#
# Needs root, mmdebstrap, debhelper and lintian. The sources are those of apt on this machine. No systemd runs in the
# tree: what a unit adds is tested by tests/deploy/unit_test.py and tests/apps/service_manager_test.py alone.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/bare_tree.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
newer=0.1.0+newer1

fail() {
  echo "prove_package: $*" >&2
  exit 1
}

say() {
  printf '== %s\n' "$*"
}

main() {
  [[ $# -ge 1 ]] || fail "usage: deploy/prove_package.sh DIR [BUILD]"
  [[ $(id -u) -eq 0 ]] || fail "needs root"
  for tool in mmdebstrap dh lintian; do
    command -v $tool >/dev/null || fail "$tool is not installed"
  done
  mkdir -p "$1"
  tree=$(cd "$1" && pwd)
  build=$(cd "${2-$here/build/package}" && pwd)
  if [[ -z ${PACKED-} ]]; then
    pack_twice
    say "lintian"
    lintian --pedantic --allow-root --fail-on error,warning --tag-display-limit 0 "$tree"/first/*.deb
  fi
  make_work
  begun=$SECONDS
  in_tree install_first
  in_tree first_decision
  say "from a bare tree to decisions of a hive of three in $((SECONDS - begun)) s, of which apt took $(<"$tree/work/root/apt-seconds") s"
  in_tree run_node
  in_tree change_configuration
  in_tree upgrade
  in_tree run_again
  in_tree use_python
  in_tree purge
  [[ -z ${SDK-} ]] || in_tree use_sdk
  say "all is as it should be"
}

# Two packings that differ in all that must not matter, and one of a higher version.
pack_twice() {
  say "packing twice, and a higher version"
  rm -rf "$tree/first" "$tree/second" "$tree/newer"
  "$here/deploy/package.sh" --pack "$build" "$tree/first"
  mkdir -p "$tree/elsewhere"
  (umask 077 && TMPDIR="$tree/elsewhere" TZ=Asia/Tokyo LC_ALL=C "$here/deploy/package.sh" --pack "$build" "$tree/second" >/dev/null)
  (cd "$tree/first" && sha256sum ./*.deb) | (cd "$tree/second" && sha256sum --check --strict)
  VERSION=$newer "$here/deploy/package.sh" --pack "$build" "$tree/newer" >/dev/null
}

make_work() {
  if [[ ! -e $tree/base.complete ]]; then
    say "making a bare tree"
    rm -rf --one-file-system "$tree/base"
    mmdebstrap --variant=minbase bookworm "$tree/base" >"$tree/mmdebstrap.log" 2>&1 || fail "mmdebstrap failed, see $tree/mmdebstrap.log"
    touch "$tree/base.complete"
  fi
  rm -rf --one-file-system "$tree/work"
  cp -a "$tree/base" "$tree/work"
  give_apt_settings "$tree/work"
  mkdir -p "$tree/work/debs"
  cp -r "$tree/first" "$tree/newer" "$tree/work/debs/"
  cp -r "$here/docs/examples" "$tree/work/root/examples"
  blocks_of_tutorial "$tree/work/root/tutorial"
}

# What a person types who follows the tutorial: the folder $1 gets a script and the expected status of each block.
blocks_of_tutorial() {
  PYTHONPATH=$here/tests/python python3 -c '
import sys
from pathlib import Path
import docs_blocks
page, out = Path(sys.argv[1]), Path(sys.argv[2])
out.mkdir()
for i, block in enumerate(each for each in docs_blocks.blocks_of(page.read_text(encoding="utf-8")) if each.runs()):
    (out / f"{i:02}.sh").write_text(block.text)
    (out / f"{i:02}.status").write_text(block.option("exit", "0"))
' "$here/docs/tutorials/a-hive-in-ten-minutes.md" "$1"
}

# Runs one of the functions below in the tree, in namespaces of its own: what it leaves running ends with it.
in_tree() {
  say "$1"
  { declare -f "$1" && declare -f start_node stop_node ask && echo "newer=$newer; set -euo pipefail; $1"; } >"$tree/work/root/step"
  TREE=$tree unshare --mount --pid --fork --kill-child bash -euc '
    mount -t proc proc "$TREE/work/proc"
    mount --rbind /dev "$TREE/work/dev"
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
      http_proxy="${http_proxy-}" https_proxy="${https_proxy-}" no_proxy="${no_proxy-}" \
      chroot "$TREE/work" bash /root/step' </dev/null || fail "$1 failed"
}

# --- in the tree ---

install_first() {
  local begun=$SECONDS
  apt-get -q update >/dev/null
  apt-get install -y -q --no-install-recommends /debs/first/hivemark_*.deb /debs/first/python3-hivemark_*.deb >/tmp/apt 2>&1 || { cat /tmp/apt; exit 1; }
  getent passwd hivemark
  [[ $(stat -c '%U %a' /var/lib/hivemark) == "hivemark 700" ]]
  echo $((SECONDS - begun)) >/root/apt-seconds
  hived --version
  /usr/libexec/hivemark/hive-gpu-probe --help >/dev/null
  systemd-analyze verify --man=no hived.service
  [[ -e /usr/share/man/man8/hived.8.gz ]] || ls /usr/share/man/man8 # minbase may drop documentation
}

# The tutorial, and the dashboard before its last block stops the nodes.
first_decision() {
  set +eu
  local blocks=(/root/tutorial/*.sh) block status
  cd /root
  for block in "${blocks[@]}"; do
    if [[ $block == "${blocks[-1]}" ]]; then
      on 1 dashboard | sed 's/#.*//'
      python3 -c 'import urllib.request as r; print(r.urlopen("http://127.0.0.1:7421/").status, "is the answer of its first page")' || exit 1
    fi
    . "$block" >/tmp/block 2>&1
    status=$?
    grep -hE '^Decision' /tmp/block
    [[ $status -eq $(<"${block%.sh}.status") ]] || { cat "$block" /tmp/block; echo "status $status"; exit 1; }
  done
  echo "$(cat "${blocks[@]}" | grep -c '[^[:space:]]') lines typed"
  rm -rf /root/my-hive
}

start_node() {
  rm -f /tmp/ready && touch /tmp/ready
  mkdir -p /run/hivemark && chown hivemark: /run/hivemark
  cd /var/lib/hivemark
  RUNTIME_DIRECTORY=/run/hivemark setpriv --reuid=hivemark --regid=hivemark --clear-groups \
    hived --config /etc/hivemark/hived.toml >/tmp/ready 2>/tmp/log &
  node=$!
  for ((i = 0; i < 600; i++)); do
    ! grep -q '^hived ready' /tmp/ready || break
    kill -0 $node || { cat /tmp/log; exit 1; }
    sleep 0.1
  done
  cat /tmp/ready
  ask ready
}

ask() {
  hivectl --url "http://$(sed -n 's/.*http=\([^ ]*\).*/\1/p' /tmp/ready)" "$@"
}

stop_node() {
  kill -TERM $node
  wait $node || { cat /tmp/log; exit 1; }
}

run_node() {
  start_node
  grep -q '^hived ready http=127.0.0.1:7420' /tmp/ready
  ask --token-file /run/hivemark/7420.token snapshot capture v1 || [[ $? -eq 2 ]] # a bare machine has little to measure
  ask snapshot list | grep v1
  ask benchmark list | grep quantiphy
  [[ $(awk '$1 == "Uid:" { print $2 }' /proc/$node/status) == "$(id -u hivemark)" ]]
  stop_node
}

change_configuration() {
  sed -i 's/^listen = "127.0.0.1:7420"/listen = "127.0.0.1:7430"/' /etc/hivemark/hived.toml
  grep -q 7430 /etc/hivemark/hived.toml
}

upgrade() {
  apt-get install -y -q --no-install-recommends /debs/newer/hivemark_*.deb >/tmp/apt 2>&1 || { cat /tmp/apt; exit 1; }
  [[ $(dpkg-query --show --showformat '${Version}' hivemark) == "$newer" ]]
  grep 7430 /etc/hivemark/hived.toml
}

run_again() {
  start_node
  grep -q '^hived ready http=127.0.0.1:7430' /tmp/ready
  ask snapshot list | grep v1
  stop_node
}

use_python() {
  command -v python3
  python3 -c 'import hivemark, importlib.metadata as m; print("python:", m.version("hivemark"), hivemark.__file__)'
}

purge() {
  apt-get purge -y -q hivemark >/tmp/apt 2>&1 || { cat /tmp/apt; exit 1; }
  [[ ! -e /etc/hivemark ]] || { ls -lA /etc/hivemark; exit 1; }
  [[ ! -e /usr/bin/hived && ! -e /usr/libexec/hivemark ]]
  [[ -n $(ls -A /var/lib/hivemark) && $(stat -c %U /var/lib/hivemark) == hivemark ]]
  ls /var/lib/hivemark
}

use_sdk() {
  apt-get install -y -q --no-install-recommends /debs/first/hivemark-dev_*.deb g++ cmake make >/tmp/apt 2>&1 || { cat /tmp/apt; exit 1; }
  cd /root/examples
  g++ -std=c++20 -O1 engine.cpp -o /tmp/engine $(pkg-config --cflags --libs hivemark-engine)
  mkdir /root/by-cmake
  cp engine.cpp /root/by-cmake/
  cd /root/by-cmake
  printf '%s\n' 'cmake_minimum_required(VERSION 3.25)' 'project(my_engine LANGUAGES C CXX)' \
    'find_package(Hivemark 0.1 CONFIG REQUIRED)' 'add_executable(engine engine.cpp)' \
    'target_link_libraries(engine PRIVATE Hivemark::engine_client)' >CMakeLists.txt
  cmake -B build -DCMAKE_CXX_FLAGS=-O1 >/dev/null
  cmake --build build >/dev/null
  for engine in /tmp/engine build/engine; do
    ! timeout 20 $engine >/tmp/said 2>&1 || { cat /tmp/said; exit 1; } # it wants arguments
    head -n 2 /tmp/said
  done
}

main "$@"
