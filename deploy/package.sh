#!/usr/bin/env bash
# Builds Hivemark with preset `package` and packs build/package/*.deb.
#
#   deploy/package.sh JOBS                what `make package` does
#   deploy/package.sh --pack BUILD OUT    packs the finished build BUILD into OUT, and builds nothing
#
# VERSION=x.y.z gives the packages another version than deploy/debian/changelog, for a test of upgrades. The same build
# gives the same bytes, whatever the directory, umask and time zone.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=(debhelper dh-python dpkg-dev)

fail() {
  echo "package: $*" >&2
  exit 1
}

main() {
  umask 022
  if [[ ${1-} == --pack ]]; then
    [[ $# -eq 3 ]] || fail "usage: deploy/package.sh --pack BUILD OUT"
    pack "$(cd "$2" && pwd)" "$(mkdir -p "$3" && cd "$3" && pwd)"
    return
  fi
  [[ $# -eq 1 ]] || fail "usage: deploy/package.sh JOBS, or deploy/package.sh --pack BUILD OUT"
  need_tools
  "$here/deploy/build.sh" package "$1"
  rm -f "$here"/build/package/*.deb
  pack "$here/build/package" "$here/build/package"
}

need_tools() {
  local missing
  missing=$(comm -23 <(printf '%s\n' "${tools[@]}" | sort) \
    <(dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' "${tools[@]}" 2>/dev/null | sed -n 's/^installed //p' | sort))
  [[ -z $missing ]] || fail "these Debian packages are missing: $(echo $missing); apt-get install them"
}

# A fresh folder holds debian/ alone: what is packed comes from the build.
pack() {
  local build=$1 out=$2
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  mkdir "$folder/hivemark"
  cp -r "$here/deploy/debian" "$folder/hivemark/debian"
  cd "$folder/hivemark"
  [[ -d $here/deploy/monitoring ]] || leave_out hivemark-dashboards
  [[ -z ${VERSION-} ]] || sed -i "1s/(.*)/($VERSION)/" debian/changelog
  export HIVE_BUILD=$build HIVE_SOURCE=$here
  unset MAKEFLAGS MFLAGS MAKELEVEL # of `make package`
  # --no-check-builddeps: what builds is not what packs.
  dpkg-buildpackage --build=binary --unsigned-changes --no-check-builddeps >"$folder/log" 2>&1 ||
    { cat "$folder/log" >&2; fail "dpkg-buildpackage failed"; }
  mv "$folder"/*.deb "$out/"
  (cd "$out" && sha256sum ./*.deb)
}

# Removes the package's paragraph from debian/control.
leave_out() {
  echo "package: deploy/monitoring is not there: no $1"
  awk -v RS= -v ORS='\n\n' -v name="Package: $1" 'index($0, name "\n") != 1' debian/control >debian/control.new
  mv debian/control.new debian/control
  rm -f "debian/$1.install"
}

main "$@"
