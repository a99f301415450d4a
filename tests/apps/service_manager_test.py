"""What hived tells the service manager that started it: readiness, watchdog, reload, stop. The test is the manager."""

import os
import re
import signal
import socket
import subprocess
import time

import pytest

HIVED = os.environ["HIVED"]
HIVECTL = os.environ["HIVECTL"]
STALLED_DISK = os.environ["HIVE_STALLED_DISK"]
PATIENCE_S = 60
WATCHDOG_S = 0.6


class Manager:
    """A socket as systemd's, and the messages that came to it."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.messages = []

    def read(self, timeout):
        self.socket.settimeout(timeout)
        try:
            message = self.socket.recv(65536).decode()
        except TimeoutError:
            return None
        self.messages.append(message)
        return message

    def await_message(self, pattern):
        deadline = time.monotonic() + PATIENCE_S
        while (left := deadline - time.monotonic()) > 0:
            if (message := self.read(left)) and re.search(pattern, message):
                return message
        raise AssertionError(f"no {pattern!r} in {self.messages}")

    def await_silence(self, pattern, longer_than):
        """Returns once no such message has come for so long."""
        deadline = time.monotonic() + PATIENCE_S
        last = time.monotonic()
        while time.monotonic() - last < longer_than:
            assert time.monotonic() < deadline, self.messages
            if (message := self.read(0.05)) and re.search(pattern, message):
                last = time.monotonic()


class Node:
    def __init__(self, folder, notify_socket, watchdog_s=None, **more):
        self.gate = folder / "stalled"
        env = {name: value for name, value in os.environ.items() if not name.startswith(("HIVE", "NOTIFY", "WATCHDOG"))}
        env.update(NOTIFY_SOCKET=notify_socket, LD_PRELOAD=STALLED_DISK, STALLED_DISK=str(self.gate), ASAN_OPTIONS="verify_asan_link_order=0", **more)
        if watchdog_s:
            env["WATCHDOG_USEC"] = str(int(watchdog_s * 1e6))
        self.log = open(folder / "log", "w+", encoding="utf-8")  # noqa: SIM115
        self.process = subprocess.Popen([HIVED, "--data", folder / "data", "--http", "127.0.0.1:0"], env=env, cwd=folder,
                                        stdout=subprocess.PIPE, stderr=self.log, text=True)

    def url(self):
        return "http://" + re.search(r"http=(\S+)", self.process.stdout.readline())[1]

    def end(self):
        self.gate.unlink(missing_ok=True)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE_S)
        self.process.stdout.close()
        self.log.close()


@pytest.fixture
def start(tmp_path):
    nodes = []

    def start_node(*args, **more):
        nodes.append(Node(tmp_path, *args, **more))
        return nodes[-1]

    yield start_node
    for node in nodes:
        node.end()


def hivectl(command, url):
    done = subprocess.run([HIVECTL, "--url", url, command], capture_output=True, text=True, timeout=PATIENCE_S)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_a_start_a_reload_and_a_stop(kind, tmp_path, start):
    name = str(tmp_path / "notify") if kind == "path" else f"hive-{os.getpid()}"
    manager = Manager(name if kind == "path" else "\0" + name)
    node = start(name if kind == "path" else "@" + name)
    manager.await_message(r"\AREADY=1\Z")
    manager.await_message(r"\ASTATUS=ready\Z")
    assert hivectl("ready", node.url()) == (0, "ok\n")
    node.process.send_signal(signal.SIGHUP)
    reloading = manager.await_message(r"\ARELOADING=1\n")
    stamp = int(re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=(\d+)", reloading)[1])
    assert abs(time.monotonic() * 1e6 - stamp) < PATIENCE_S * 1e6
    manager.await_message(r"\AREADY=1\Z")
    node.process.send_signal(signal.SIGTERM)
    manager.await_message(r"\ASTOPPING=1\nSTATUS=stopping on signal 15\Z")
    assert node.process.wait(PATIENCE_S) == 0
    assert not any("WATCHDOG" in message for message in manager.messages), "nobody asked for it"


def test_the_watchdog_hears_the_committer_alone(tmp_path, start):
    manager = Manager(str(tmp_path / "notify"))
    node = start(str(tmp_path / "notify"), WATCHDOG_S)
    manager.await_message(r"\AREADY=1\Z")
    url = node.url()
    for _ in range(3):
        manager.await_message(r"\AWATCHDOG=1\Z")
    node.gate.touch()
    manager.await_silence("WATCHDOG", longer_than=4 * WATCHDOG_S)
    before = len(manager.messages)
    manager.await_message(r"\ASTATUS=not ready: the disk has not confirmed a write for \d+ s")
    assert not any("WATCHDOG" in message for message in manager.messages[before:]), manager.messages
    status, said = hivectl("ready", url)
    assert status == 69 and "the disk has not confirmed a write" in said
    assert hivectl("live", url) == (0, "ok\n"), "the process itself serves"
    node.gate.unlink()
    manager.await_message(r"\AWATCHDOG=1\Z")
    manager.await_message(r"\ASTATUS=ready\Z")


def test_a_watchdog_of_another_process_is_not_ours(tmp_path, start):
    manager = Manager(str(tmp_path / "notify"))
    node = start(str(tmp_path / "notify"), WATCHDOG_S, WATCHDOG_PID="1")
    manager.await_message(r"\AREADY=1\Z")
    node.process.send_signal(signal.SIGTERM)
    manager.await_message("STOPPING=1")
    assert not any("WATCHDOG" in message for message in manager.messages)


def test_a_socket_that_is_gone_or_makes_no_sense_does_not_stop_a_node(tmp_path, start):
    for name in (str(tmp_path / "gone"), "relative", "/" + "x" * 200):
        node = start(name)
        assert node.url().startswith("http://127")
        node.end()
        assert "service manager" in (tmp_path / "log").read_text(encoding="utf-8"), name


def test_probes_of_a_node_that_is_not_there():
    for command in ("ready", "live"):
        status, said = hivectl(command, "http://127.0.0.1:9")
        assert status == 69 and "cannot be reached" in said


def test_hived_advertises_what_it_is_told():
    for given, env in ((["--advertise", "pod-0.hive:7421"], {}), ([], {"HIVE_ADVERTISE": "pod-0.hive:7421"})):
        done = subprocess.run([HIVED, *given, "--print-config"], capture_output=True, text=True, env={**os.environ, **env})
        assert 'advertise = "pod-0.hive:7421"' in done.stdout, done.stderr
    done = subprocess.run([HIVED, "--advertise", "nonsense", "--check"], capture_output=True, text=True)
    assert done.returncode == 64 and "--advertise must be ADDRESS:PORT" in done.stderr
