"""deploy/prove-bare.sh takes its mirror from apt alone. Everything that it would change is replaced by fakes."""

import subprocess

import pytest

RELEASE = "deb http://mirror.example/debian bookworm main\n"
UPDATES = "deb http://mirror.example/debian bookworm-updates main\n"
OTHERS = "deb http://other.example/debian trixie main\ndeb http://other.example/apt bookworm-tools main\n"


@pytest.fixture
def prove(root, tmp_path, bare_env):
    """Runs the script as root of a machine whose apt knows these sources; ends where the base would be made."""

    def run(sources):
        fakes = tmp_path / "fakes"
        fakes.mkdir()
        (tmp_path / "sources").write_text(sources, encoding="utf-8")
        for name, body in {
            "id": "echo 0",
            "apt-get": f"cat {tmp_path}/sources",
            "debootstrap": f'printf "%s\\n" "$@" >{tmp_path}/told; exit 1',
        }.items():
            (fakes / name).write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
            (fakes / name).chmod(0o755)
        env = bare_env | {"PATH": f"{fakes}:/usr/bin:/bin"}
        result = subprocess.run(
            [root / "deploy/prove-bare.sh", tmp_path / "proof"], env=env, capture_output=True, text=True, check=False
        )
        told = tmp_path / "told"
        return result, told.read_text(encoding="utf-8").split() if told.exists() else []

    return run


def test_the_mirror_is_that_of_apt(prove):
    result, told = prove(OTHERS + UPDATES + RELEASE)
    assert told[-1] == "http://mirror.example/debian", result.stderr
    assert "bookworm" in told


@pytest.mark.parametrize("sources", ["", OTHERS, UPDATES])
def test_without_one_it_says_so_and_asks_nobody(prove, sources):
    result, told = prove(sources)
    assert result.returncode == 1
    assert "apt knows no source of Debian bookworm" in result.stderr
    assert told == []


def test_no_script_names_a_mirror(root):
    for script in (root / "deploy").iterdir():
        if script.suffix in (".sh", ".py"):
            assert "://deb." not in script.read_text(encoding="utf-8"), script
