"""deploy/hive.sh with the real programs: three nodes that learn from each other, and nothing left behind."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

PROGRAMS = Path(os.environ["HIVED"]).parent
PATIENCE_S = 240


def free_ports():
    """The first of a run of ports of which the script's are free."""
    for first in range(20000 + os.getpid() % 10000, 32000, 17):
        sockets = []
        try:
            for offset in (0, 1, 2, 11, 12, 13):
                sockets.append(socket.socket())
                sockets[-1].bind(("127.0.0.1", first + offset))
            return first
        except OSError:
            continue
        finally:
            for each in sockets:
                each.close()
    raise RuntimeError("no free ports")


class Hive:
    """A checkout of which the script sees only itself and the programs."""

    def __init__(self, script, folder, env):
        self.folder = folder
        self.first_port = free_ports()
        self.env = env | {"HIVE_FIRST_PORT": str(self.first_port)}
        (folder / "deploy").mkdir()
        for each in (script, Path(script).with_name("nodes.sh")):
            shutil.copy(each, folder / "deploy")
        (folder / "build/release").mkdir(parents=True)
        (folder / "build/release/bin").symlink_to(PROGRAMS)

    def start(self, *arguments):
        return subprocess.Popen(
            [self.folder / "deploy/hive.sh", *arguments],
            cwd="/",
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # An interactive shell gives its children the default; a test runner in the background may not.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            start_new_session=True,
        )

    def serving(self):
        """Starts it and reads until it serves; what it printed comes along."""
        script = self.start()
        printed = ""
        for line in script.stdout:
            printed += line
            if line.startswith("== serving"):
                return script, printed
        raise AssertionError(printed)

    def route(self, node):
        url = f"http://127.0.0.1:{self.first_port + node}/api/v1/tools/route?task_type=hive_demo"
        with urllib.request.urlopen(url, timeout=60) as answer:
            return json.load(answer)

    def processes(self):
        """Those that run in this checkout: nodes, the script and what it started."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and (entry / "cwd").readlink() == self.folder:
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
        return found

    def is_gone(self):
        end = time.monotonic() + PATIENCE_S
        while self.processes() and time.monotonic() < end:
            time.sleep(0.05)
        return not self.processes()


@pytest.fixture
def hive(root, tmp_path, bare_env):
    made = Hive(root / "deploy/hive.sh", tmp_path.resolve(), bare_env)
    yield made
    assert made.is_gone(), made.processes()


def test_three_nodes_start_learn_from_one_and_stop(hive):
    script = hive.start("--once")
    printed, _ = script.communicate(timeout=PATIENCE_S)
    assert script.returncode == 0, printed
    assert printed.count("hived ready http=") == 3
    assert "== all three nodes know each other" in printed
    assert "== the other two nodes route by what the first one recorded" in printed
    assert printed.count("ruff") >= 4  # the heading, and each node's answer
    assert printed.rstrip().endswith("== the hive has stopped")
    assert hive.processes() == []


def test_it_serves_until_ctrl_c_and_starts_again_on_the_same_data(hive):
    for _ in range(2):
        script, printed = hive.serving()
        assert "node status" in printed
        for node in range(3):
            assert hive.route(node)["tool_name"] == "ruff"
        assert hive.route(2)["reason"] == "hive"
        os.killpg(script.pid, signal.SIGINT)
        printed, _ = script.communicate(timeout=PATIENCE_S)
        assert script.returncode == 0, printed
        assert "the hive has stopped" in printed
        assert hive.processes() == []


def test_killing_the_script_ends_its_nodes(hive):
    script, _ = hive.serving()
    script.kill()
    script.communicate(timeout=PATIENCE_S)
    assert hive.is_gone(), hive.processes()


def test_a_node_that_dies_ends_the_hive(hive):
    script, _ = hive.serving()
    node = next(
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and is_node(entry, hive.folder, "node1")
    )
    os.kill(node, signal.SIGKILL)
    printed, _ = script.communicate(timeout=PATIENCE_S)
    assert script.returncode == 1, printed
    assert "a node ended by itself" in printed
    assert hive.processes() == []


def is_node(entry, folder, name):
    try:
        return (entry / "cwd").readlink() == folder and f"\0--name\0{name}\0".encode() in (entry / "cmdline").read_bytes()
    except OSError:
        return False


def test_a_port_in_use_is_named_and_nothing_runs_on(hive):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", hive.first_port + 1))
        taken.listen()
        script = hive.start("--once")
        printed, _ = script.communicate(timeout=PATIENCE_S)
    assert script.returncode == 1, printed
    assert str(hive.first_port + 1) in printed
    assert "HIVE_FIRST_PORT" in printed
    assert hive.processes() == []


def test_a_second_one_of_the_same_checkout_is_refused(hive):
    first, _ = hive.serving()
    second = hive.start("--once")
    printed, _ = second.communicate(timeout=PATIENCE_S)
    assert second.returncode == 1
    assert "another" in printed
    assert hive.route(1)["tool_name"] == "ruff", "the first one goes on"
    os.killpg(first.pid, signal.SIGTERM)
    printed, _ = first.communicate(timeout=PATIENCE_S)
    assert first.returncode == 0, printed


def test_wrong_usage_is_named(hive):
    script = hive.start("--twice")
    printed, _ = script.communicate(timeout=PATIENCE_S)
    assert script.returncode == 64
    assert "--twice" in printed
