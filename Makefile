# The front door. `make help` explains; the longer steps are scripts in deploy/.

JOBS ?= $(shell nproc)
# Objects are cached by paths relative to the checkout, so that a second checkout profits from the first.
export CCACHE_BASEDIR := $(CURDIR)

.DEFAULT_GOAL := help
.PHONY: help setup build sdk python package run hive demo test check check-fast check-sanitizers lint-api bench golden fuzz soak clean

help:
	@echo 'Hivemark measures a hive of AI-agent nodes and says whether it may be upgraded.'
	@echo
	@echo '  make run           set up, build, start a node on 127.0.0.1:7420, measure this checkout, judge it, keep serving'
	@echo '  make run ONCE=1    the same, and stop after the verdict'
	@echo '  make hive          set up, build, start three nodes with certificates, record on one, show the route on the others'
	@echo '  make hive ONCE=1   the same, and stop'
	@echo '  make demo          five nodes, agents at work, a gate that decides twice, a node killed in between: three minutes'
	@echo '  make demo ONCE=1   the same, and stop'
	@echo '  make test          set up, build all that the tests need (release), run all tests'
	@echo '  make check         what a change must pass: format, include direction, warnings as errors, sanitizers, tests'
	@echo '  make check-fast    the first two of these: seconds, builds nothing'
	@echo '  make check-sanitizers  the fast tests alone under AddressSanitizer and UBSan, warnings as errors'
	@echo '  make check-sanitizers PURE=1   those of them that need no actor: a third of the time'
	@echo '  make lint-api      check the OpenAPI document with a public linter (needs npx)'
	@echo '  make build         set up, build; programs lie in build/release/bin/'
	@echo '  make sdk PREFIX=DIR  build what C++ engines link, and install it into DIR (see docs/how-to/engines.md)'
	@echo '  make python        build the wheel of the Python client into build/python/'
	@echo '  make package       build hardened, and pack build/package/*.deb (see docs/how-to/install.md)'
	@echo '  make bench         measure against the limits of docs/reference/performance.md; FILTER=regex chooses rows'
	@echo '  make bench BASE=REV    build that revision as well, measure both in turn, and print ratios; RUNS=n of each (5)'
	@echo '  make golden VERSION=V  keep a data directory of this release for the tests (PROGRAMS=DIR: of other programs)'
	@echo '  make fuzz          search with libFuzzer for inputs that break the node; SECONDS=n for each target (needs clang)'
	@echo '  make soak          run the long tests with their full counts'
	@echo '  make setup         install the Debian packages that are missing (SETUP=no: never)'
	@echo '  make clean         remove build/ with the data of make run'
	@echo
	@echo 'Everything needed is installed on the way; git and make are enough to begin. JOBS=n limits parallel work.'

setup:
	@deploy/setup.sh

build: setup
	@deploy/build.sh release $(JOBS)

sdk: setup
	@[ '$(PREFIX)' ] || { echo 'make sdk: PREFIX=DIR says where to install' >&2; exit 64; }
	@deploy/build.sh release $(JOBS) hive_sdk
	@cmake --install build/release --component sdk --prefix '$(PREFIX)'

python:
	@python3 -B deploy/python/build_backend.py build/python

package: setup
	@deploy/package.sh $(JOBS)

run: setup
	@deploy/build.sh release $(JOBS) hive_run
	@deploy/run.sh $(if $(ONCE),--once)

hive: setup
	@deploy/build.sh release $(JOBS) hived hivectl
	@deploy/hive.sh $(if $(ONCE),--once)

demo: setup
	@deploy/build.sh release $(JOBS) hived hivectl
	@deploy/demo.py $(if $(ONCE),--once)

test: build
	@ctest --test-dir build/release --output-on-failure --no-tests=error -j $(JOBS)

check-fast: setup
	@deploy/check_format.sh
	@deploy/check_includes.py

check-sanitizers: setup
	@deploy/build.sh sanitizers $(JOBS) $(if $(PURE),hive_pure,hive_fast)
	@ctest --test-dir build/sanitizers --output-on-failure --no-tests=error -L $(if $(PURE),pure,fast) -j $(JOBS)

check: check-fast
	@deploy/build.sh dev $(JOBS) all hive_bench hive-example-engine
	@ctest --test-dir build/dev --output-on-failure --no-tests=error -j $(JOBS)

lint-api: setup
	@deploy/build.sh release $(JOBS) hived
	@deploy/lint_openapi.sh

bench: setup
	@BASE='$(BASE)' deploy/bench.sh $(JOBS) $(if $(FILTER),--filter '$(FILTER)') $(if $(RUNS),--runs $(RUNS))

golden: setup
	@[ '$(VERSION)' ] || { echo 'make golden: VERSION=V says which release, or commit, this is' >&2; exit 64; }
	@$(if $(PROGRAMS),,deploy/build.sh release $(JOBS) hived hivectl hive_fake_nvml)
	@HIVE_FAKE_NVML="$$(find build/release/fake_nvml -name '*.so*' 2>/dev/null | head -n 1)" PYTHONDONTWRITEBYTECODE=1 \
	  PYTHONPATH=deploy/python python3 tests/python/golden_store.py '$(VERSION)' '$(or $(PROGRAMS),build/release/bin)'

fuzz: setup
	@deploy/fuzz.sh $(or $(SECONDS),60) $(JOBS)

soak: build
	@HIVE_SOAK=1 ctest --test-dir build/release --output-on-failure --no-tests=error -L soak

clean:
	@rm -rf build
