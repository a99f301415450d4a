""".ci/run with a fake make and a fake cmake: what it runs, in which order, and what its status is."""

import shutil

import pytest
from conftest import run, write_program

FAKE = """#!/bin/bash
echo "${0##*/} $*" >>"$FAKES/calls"
echo "${0##*/} $* says something"
! grep -qxF -e "${0##*/} $*" "$FAKES/fails"
"""
PARTS = ["make check-fast", "make check-sanitizers PURE=1", "cmake --preset release -DHIVE_WERROR=ON", "make test"]


@pytest.fixture
def ci(root, tmp_path, bare_env):
    """Runs the script in a checkout of its own; the parts that are named fail."""
    for name in ("make", "cmake"):
        write_program(tmp_path / "bin" / name, FAKE)
    (tmp_path / "checkout/.ci").mkdir(parents=True)
    shutil.copy(root / ".ci/run", tmp_path / "checkout/.ci/run")
    env = bare_env | {"PATH": f"{tmp_path}/bin:/usr/bin:/bin", "FAKES": str(tmp_path)}

    def go(*fails):
        (tmp_path / "fails").write_text("".join(f"{part}\n" for part in fails), encoding="utf-8")
        done = run([tmp_path / "checkout/.ci/run"], cwd="/", env=env)
        assert (tmp_path / "calls").read_text(encoding="utf-8").splitlines() == PARTS, "all parts run, whatever fails"
        return done

    return go


def test_all_parts_run_and_the_test_runner_has_the_last_word(ci):
    done = ci()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "make test says something"
    assert done.stderr == ""


@pytest.mark.parametrize("fails", PARTS)
def test_each_part_that_fails_fails_the_whole(ci, fails):
    done = ci(fails)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "make test says something"
    assert done.stderr == ""


def test_why_cmake_failed_is_printed(ci):
    assert "cmake --preset release -DHIVE_WERROR=ON says something" in ci(PARTS[2]).stdout
