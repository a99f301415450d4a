"""deploy/bench.sh in a small repository, with a fake cmake and a fake measurement: what is built where, and compared."""

import shutil

import pytest
from conftest import run, write_program

CMAKE = """#!/bin/bash
echo "$(basename "$PWD"): $*" >>"$CALLS"
[[ "$1" != --preset ]] || { mkdir -p build/release && touch build/release/build.ninja; }
[[ "$*" != *hive_bench* || ! -e $FAKE/no_bench ]] || exit 1
"""
BUILD = """#!/bin/bash
echo "build.sh $*" >>"$CALLS"
"""
COMPARE = """import os, sys
open(os.environ["CALLS"], "a").write("compare " + "|".join(sys.argv[1:]) + "\\n")
"""


class Checkout:
    def __init__(self, root, directory, env):
        self.tree, self.fake = directory / "tree", directory / "fake"
        self.calls = self.fake / "calls"
        write_program(self.fake / "cmake", CMAKE)
        write_program(self.tree / "deploy/build.sh", BUILD)
        shutil.copy(root / "deploy/bench.sh", self.tree / "deploy/bench.sh")
        write_program(self.tree / "tests/bench/compare.py", COMPARE)
        (self.tree / ".gitignore").write_text("build/\n", encoding="utf-8")
        self.env = env | {"PATH": f"{self.fake}:{env['PATH']}", "CALLS": str(self.calls), "FAKE": str(self.fake),
                          "SETUP": "no"}
        self.git("init", "-q")
        self.git("add", "-A")
        self.git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "all")
        self.commit = self.git("rev-parse", "HEAD").stdout.strip()
        self.base = self.tree / "build/bench" / self.commit[:12]

    def git(self, *arguments):
        done = run(["git", *arguments], cwd=self.tree, env=self.env)
        assert done.returncode == 0, done.stderr
        return done

    def bench(self, *arguments, base=""):
        self.calls.write_text("", encoding="utf-8")
        done = run([self.tree / "deploy/bench.sh", "3", *arguments], cwd="/", env=self.env | {"BASE": base})
        return done, self.calls.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def checkout(root, tmp_path, bare_env):
    return Checkout(root, tmp_path, bare_env)


def test_without_base(checkout):
    done, calls = checkout.bench("--filter", "HTTP, 16|a b")
    assert done.returncode == 0, done.stderr
    assert calls == ["build.sh release 3 hive_bench_programs",
                     "compare --results|build/bench/results.json|--filter|HTTP, 16|a b"]
    assert "no Boost.JSON" in done.stderr


def test_base_is_built_in_a_checkout_of_its_own(checkout):
    done, calls = checkout.bench(base="HEAD")
    assert done.returncode == 0, done.stderr
    name = checkout.base.name
    assert calls == ["build.sh release 3 hive_bench_programs",
                     f"{name}: --preset release",
                     f"{name}: --build --preset release -j 3 --target hived hivectl",
                     f"{name}: --build --preset release -j 3 --target hive_bench",
                     f"compare --results|build/bench/results.json|--base|{checkout.base}/build/release/bin"
                     f"|--base-name|HEAD ({name})"]
    assert (checkout.base / "deploy/build.sh").exists()
    assert checkout.git("status", "--porcelain").stdout == ""


def test_base_is_configured_once(checkout):
    checkout.bench(base="HEAD")
    done, calls = checkout.bench(base=checkout.commit)
    assert done.returncode == 0, done.stderr
    assert not any("--preset release" in call and "--build" not in call for call in calls)


def test_base_that_was_removed_with_build_comes_back(checkout):
    checkout.bench(base="HEAD")
    shutil.rmtree(checkout.tree / "build")
    done, _ = checkout.bench(base="HEAD")
    assert done.returncode == 0, done.stderr
    assert (checkout.base / "deploy/build.sh").exists()


def test_base_whose_benchmarks_do_not_build_is_driven_all_the_same(checkout):
    (checkout.fake / "no_bench").touch()
    done, calls = checkout.bench(base="HEAD")
    assert done.returncode == 0, done.stderr
    assert "its rows will be missing" in done.stderr
    assert calls[-1].startswith("compare ") and "--base" in calls[-1]


def test_unknown_base(checkout):
    done, calls = checkout.bench(base="nonsense")
    assert done.returncode == 64
    assert "BASE=nonsense is no revision" in done.stderr
    assert not any(call.startswith("compare") for call in calls)
