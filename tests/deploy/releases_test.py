"""The snapshots in deploy/releases, which a first `make run` is compared with, and a real node that judges by them."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT, run

HIVED = Path(os.environ["HIVED"])
RELEASES = sorted((ROOT / "deploy/releases").glob("*.json"))


@pytest.fixture
def hivectl(tmp_path, bare_env):
    """Runs hivectl against a node of this test's own."""
    env = bare_env | {"HIVE_DATA": str(tmp_path / "data"), "XDG_RUNTIME_DIR": "", "RUNTIME_DIRECTORY": ""}
    command = [HIVED, "--data", tmp_path / "data", "--http", "127.0.0.1:0"]
    with open(tmp_path / "log", "wb") as log:
        node = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=env)
    try:
        ready = node.stdout.readline()
        assert ready.startswith("hived ready "), (tmp_path / "log").read_text(encoding="utf-8")
        url = "http://" + ready.split("http=")[1].split()[0]

        def ask(*words, text=None):
            given = {} if text is None else {"input": text}
            return run([HIVED.with_name("hivectl"), "--url", url, *words], env=env, **given)

        yield ask
    finally:
        node.kill()
        node.wait()
        node.stdout.close()


def elsewhere(release, **values):
    """What a later version measured on another machine, with other values of some metrics."""
    out = json.loads(release.read_text(encoding="utf-8"))
    out["version"] = "later"
    out["environment"] = {"cpu_model": "Another CPU", "cores": 3}
    for name, value in values.items():
        out["metrics"][name] |= {"value": value, "samples": [value]}
    return json.dumps(out)


def test_there_is_a_release():
    assert RELEASES


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_a_release_says_what_it_is_and_where_it_was_measured(release):
    told = json.loads(release.read_text(encoding="utf-8"))
    assert told["version"] == release.stem
    assert re.fullmatch("[0-9a-f]{40}", told["git_sha"])
    assert told["environment"]["cpu_model"] and told["environment"]["cores"]
    assert told.get("adapter_errors", 0) == 0


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_a_version_that_is_as_good_is_safe_on_any_machine(release, hivectl):
    assert hivectl("snapshot", "import", release).returncode == 0
    assert hivectl("snapshot", "import", "-", text=elsewhere(release)).returncode == 0
    verdict = hivectl("upgrade", "check", release.stem, "later")
    assert verdict.returncode == 0, verdict.stdout
    assert f"none of {len(json.loads(release.read_text(encoding='utf-8'))['metrics'])} metrics regressed" in verdict.stdout


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_a_version_whose_tests_fail_is_a_regression(release, hivectl):
    hivectl("snapshot", "import", release)
    hivectl("snapshot", "import", "-", text=elsewhere(release, test_fail_count=1, test_pass_rate=0.9))
    verdict = hivectl("upgrade", "check", release.stem, "later")
    assert verdict.returncode == 1, verdict.stdout
    assert "test_fail_count" in verdict.stdout
