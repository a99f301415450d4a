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


def groups_of_calls():
    """systemd's groups of system calls, each with all calls in it."""
    named, group = {}, None
    for line in analyze("syscall-filter", "--no-pager")[1].splitlines():
        if line.startswith("@"):
            group = named.setdefault(line.strip(), [])
        elif line.startswith("    ") and group is not None and not line.strip().startswith("#"):
            group.append(line.strip())
        elif line.startswith("#"):
            group = None

    def calls(name):
        return {name} if not name.startswith("@") else {call for one in named[name] for call in calls(one)}

    return {name: calls(name) for name in named}


def allowed_calls(text):
    """The calls that the SystemCallFilter lines of this unit allow, read as systemd does: the first says what kind of list it is."""
    groups = groups_of_calls()
    allowed = set(groups["@default"])
    for value in re.findall(r"^SystemCallFilter=(.*)$", text, re.M):
        calls = {call for word in value.lstrip("~").split() for call in groups.get(word, {word})}
        allowed = allowed - calls if value.startswith("~") else allowed | calls
    return sorted(allowed)


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


@needs_systemd
def test_a_node_starts_measures_and_stops_under_the_filter_of_system_calls(tmp_path):
    (tmp_path / "calls").write_text("\n".join(allowed_calls(UNIT.read_text())) + "\n")
    env = {**os.environ, "HIVE_DATA": str(tmp_path / "data")}
    with open(tmp_path / "log", "w+", encoding="utf-8") as log:
        node = subprocess.Popen([os.environ["HIVE_FILTERED"], tmp_path / "calls", HIVED, "--http", "127.0.0.1:0"], cwd=tmp_path, env=env,
                                stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            ready = node.stdout.readline()
            assert "http=" in ready, (tmp_path / "log").read_text()
            env["HIVE_URL"] = "http://" + re.search(r"http=(\S+)", ready)[1]

            def hivectl(*words):
                return subprocess.run([os.environ["HIVECTL"], *words], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60)

            command = 'ulimit -v unlimited; echo "{\\"metrics\\":{\\"m\\":{\\"value\\":1,\\"direction\\":\\"lower\\"}}}"'
            assert hivectl("benchmark", "register", "hello", "--", "/bin/sh", "-c", command).returncode == 0
            said = hivectl("snapshot", "capture", "v1")
            assert said.returncode == 0 and re.search(r"^m +1 ", said.stdout, re.M), said.stdout + said.stderr
            node.terminate()
            assert node.wait(60) == 0, (tmp_path / "log").read_text()
        finally:
            node.kill()
            node.wait(60)
            node.stdout.close()


@needs_systemd
def test_sandboxes_work_under_the_filter_with_their_example_alone(tmp_path):
    example = (UNIT.parent / "examples/hived.service.d/sandbox.conf").read_text()
    sandbox = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true"]
    somebody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    if subprocess.run([*somebody, *sandbox], capture_output=True).returncode != 0:
        pytest.skip("this machine makes no sandboxes")
    for text, works in ((UNIT.read_text(), False), (UNIT.read_text() + example, True)):
        # The filter comes first, as setpriv's user need not reach the test's folder; so it allows what setpriv does.
        (tmp_path / "calls").write_text("\n".join([*allowed_calls(text), "setgroups", "setresuid", "setresgid"]) + "\n")
        done = subprocess.run([os.environ["HIVE_FILTERED"], tmp_path / "calls", *somebody, *sandbox], capture_output=True, text=True)
        assert (done.returncode == 0) == works, done.stderr


def test_what_the_unit_must_say():
    said = settings()
    assert said["Type"] == "notify" and int(said["WatchdogSec"]) >= 60
    assert said["RestartPreventExitStatus"] == "64 65", "what does not get right by itself is not tried again"
    assert int(said["TimeoutStopSec"]) > LONGEST_STOP_S, "hived ends by itself, and says why"
    assert said["OOMPolicy"] == "continue", "a benchmark's end is not the node's"
    assert said["User"] == "hivemark" and "DynamicUser" not in said, "the certificates' keys need an owner"
    assert "SystemCallFilter=~@resources" not in UNIT.read_text(), "it holds setrlimit"
    assert "MemoryDenyWriteExecute" not in said, "it breaks measured programs that compile as they run"
