#!/usr/bin/env bash
# Installs the Debian 12 packages that Hivemark is built from and tested with.
#
#   deploy/setup.sh           install what is missing, through sudo when not root; quiet when nothing is
#   deploy/setup.sh --list    print the packages, one a line
#   deploy/setup.sh --help    print this text
#
# Safe to repeat: it asks dpkg first and touches apt only when a package is missing. SETUP=no skips everything, for
# systems whose packages come from elsewhere.
set -euo pipefail

# Each group with what it is for. Dependencies that apt follows by itself are not named.
packages() {
  words <<'LIST'
    # compiler and build system
    g++ cmake ninja-build make pkg-config
    # faster builds: a compiler cache and a linker
    ccache mold
    # versions, git shas, the list of files that the guardrail covers
    git ca-certificates
    # format check
    clang-format
    # messages: schema compiler and library
    capnproto libcapnp-dev
    # JSON that is read
    libsimdjson-dev
    # actors
    libcaf-dev
    # storage, and digests of its files
    librocksdb-dev libxxhash-dev
    # the node's memory allocator
    libjemalloc-dev
    # HART OS's databases, read and written by hivectl
    libsqlite3-dev
    # HTTP server: Boost's Beast and Asio
    libboost1.74-dev
    # the dashboard: charts; files that are embedded compressed
    libjs-dygraphs gzip zlib1g-dev
    # traces of OpenTelemetry: their encoding and compression
    libprotobuf-dev protobuf-compiler
    # HTTP client, TLS
    libcurl4-openssl-dev libssl-dev
    # signatures and hashes; git without a git program; test reports; metrics
    libsodium-dev libgit2-dev libpugixml-dev prometheus-cpp-dev
    # the filter of system calls in sandboxes
    libseccomp-dev
    # log with its formatter, command line, configuration
    libspdlog-dev libfmt-dev libcli11-dev libtomlplusplus-dev
    # statistics
    libboost-math-dev
    # tests and benchmarks; pytest is one of the test commands that the regression adapter reads
    libgtest-dev libgmock-dev libbenchmark-dev python3 python3-pytest mypy
    # what benchmarks from git are written with, in the tests of those
    hyperfine python3-pytest-benchmark
    # the Python client's test installs it into a virtual environment
    python3-venv
    # at run time: sandbox for code from elsewhere, network faults in cluster tests
    bubblewrap iproute2
LIST
}

# The words of standard input without comments.
words() {
  sed 's/#.*//' | tr -s ' \n' '\n' | sed '/^$/d'
}

fail() {
  echo "setup: $*" >&2
  exit 1
}

missing_packages() {
  comm -23 <(packages | sort -u) <(installed_packages | sort -u)
}

installed_packages() {
  # dpkg-query fails when it knows one of the names not at all, and prints the others all the same.
  packages | xargs dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' 2>/dev/null |
    sed -n 's/^installed //p' || true
}

install() {
  local as_root=()
  if [[ $(id -u) -ne 0 ]]; then
    command -v sudo >/dev/null || fail "packages are missing, and neither root nor sudo is here to install them: $*"
    as_root=(sudo)
  fi
  echo "setup: installing $# Debian packages: $*"
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  apt_get update || { cat "$log" >&2; fail "apt-get update failed; is the package mirror reachable?"; }
  apt_get install "$@" || { cat "$log" >&2; fail "apt-get install failed for: $*"; }
}

# One apt-get command without questions, its output kept in $log for the case that it fails.
apt_get() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends \
    -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >"$log" 2>&1 </dev/null
}

main() {
  case "${1-}" in
  --list) packages && return ;;
  --help | -h) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" && return ;;
  "") ;;
  *) fail "unknown option $1; --help explains" ;;
  esac
  [[ ${SETUP-yes} != no ]] || return 0
  command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    fail "this is no Debian: install the counterparts of \`deploy/setup.sh --list\` yourself, then use SETUP=no"
  local missing
  mapfile -t missing < <(missing_packages)
  [[ ${#missing[@]} -eq 0 ]] || install "${missing[@]}"
}

main "$@"
