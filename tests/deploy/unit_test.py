"""The systemd unit: systemd-analyze finds no fault, and its exposure stays at most 2.0."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "deploy/debian/hivemark.hived.service"
EXAMPLES = sorted((ROOT / "deploy/debian/examples/hived.service.d").glob("*.conf"))
HIVED = os.environ["HIVED"]
LONGEST_STOP_S = int(re.search(r"longest_stop = (\d+)s", (ROOT / "apps/hived/shutdown_guard.cpp").read_text())[1])

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")


def settings():
    return dict(line.split("=", 1) for line in UNIT.read_text().splitlines() if "=" in line and not line.startswith("#"))


def installed(folder, examples=()):
    """The unit as it would be installed, with these examples and without what is missing on this machine."""
    text = UNIT.read_text().replace("/usr/bin/hived", HIVED)
    text = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("Documentation="))
    (folder / "hived.service").write_text(text)
    (folder / "hived.service.d").mkdir(exist_ok=True)
    for example in examples:
        shutil.copy(example, folder / "hived.service.d")
    return folder / "hived.service"


def analyze(*arguments):
    done = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


@needs_systemd
@pytest.mark.parametrize("examples", [(), *[(one,) for one in EXAMPLES]], ids=lambda given: given[0].stem if given else "alone")
def test_systemd_finds_no_fault(tmp_path, examples):
    assert analyze("verify", "--man=no", installed(tmp_path, examples)) == (0, "")


@needs_systemd
def test_a_fault_is_found(tmp_path):
    unit = installed(tmp_path)
    unit.write_text(unit.read_text().replace("OOMPolicy=continue", "OOMPolicy=proceed"))
    assert "OOM policy" in analyze("verify", "--man=no", unit)[1]


@needs_systemd
def test_exposure(tmp_path):
    status, said = analyze("security", "--offline=true", "--threshold=20", "--no-pager", installed(tmp_path))
    assert status == 0, said
    print("\n" + said.splitlines()[-1])


@needs_systemd
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.stem)
def test_exposure_with_an_example(tmp_path, example):
    # systemd-analyze reads no drop-ins of a file given by its path, so they are joined as systemd would.
    unit = installed(tmp_path)
    unit.write_text(unit.read_text().replace("[Install]", example.read_text() + "[Install]"))
    threshold = 30 if example.stem == "sandbox" else 20  # a sandbox needs what the unit forbids
    status, said = analyze("security", "--offline=true", f"--threshold={threshold}", "--no-pager", unit)
    assert status == 0, said
    print("\n" + said.splitlines()[-1])


def test_what_the_unit_must_say():
    said = settings()
    assert said["Type"] == "notify" and int(said["WatchdogSec"]) >= 60
    assert said["RestartPreventExitStatus"] == "64", "a wrong configuration is not tried again"
    assert int(said["TimeoutStopSec"]) > LONGEST_STOP_S, "hived ends by itself, and says why"
    assert said["OOMPolicy"] == "continue", "a benchmark's end is not the node's"
    assert said["User"] == "hivemark" and "DynamicUser" not in said, "the certificates' keys need an owner"
    assert said["SystemCallFilter"] == "~@privileged" and "MemoryDenyWriteExecute" not in said
