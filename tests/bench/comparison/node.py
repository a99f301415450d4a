"""A node that is measured from outside, and what puts load on it."""

import ctypes
import http.client
import json
import mmap
import os
import re
import signal
import struct
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PATIENCE_S = 120
_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Side:
    """One of the two revisions. The programs that put load on both are always this revision's."""

    label: str  # "this" or "base"
    bin: Path  # its programs
    tools: Path  # hive_load
    preload: Path  # the library that counts allocations

    @property
    def hived(self):
        return self.bin / "hived"


def load(side, *arguments):
    """Runs hive_load and returns what it found."""
    done = subprocess.run([side.tools / "hive_load", *map(str, arguments)], capture_output=True, text=True,
                          timeout=PATIENCE_S * 5, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"hive_load {arguments[0]}: {done.stderr.strip()[:500]}")
    return json.loads(done.stdout) | {"complaints": done.stderr.strip()}


class AllocationCounts:
    """What the preloaded library counts."""

    def __init__(self, path):
        self.path = path
        path.write_bytes(bytes(16))
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), 16)

    def allocations(self):
        return struct.unpack("QQ", self._map[:16])[0]


def _environment():
    """Without what would change the options of a hived."""
    elsewhere = ("HIVE_", "XDG_RUNTIME_DIR", "RUNTIME_DIRECTORY")
    return {name: value for name, value in os.environ.items() if not name.startswith(elsewhere)}


def _end_with_parent():
    """So that no node is left when this process is killed."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _config(side, more):
    """Older nodes have no http.open, and need none: on loopback everybody may do everything there."""
    shown = subprocess.run([side.hived, "--help"], capture_output=True, text=True, check=True).stdout
    return ('[http]\nopen = "operate"\n' if "SIGHUP" in shown else "") + more


class Node:
    """A hived with its data in a directory of its own."""

    def __init__(self, side, *, config="", arguments=(), counts_allocations=False):
        self.side = side
        self._directory = tempfile.TemporaryDirectory(prefix="hive-bench-")
        self.directory = Path(self._directory.name)
        (self.directory / "hived.toml").write_text(_config(side, config), encoding="utf-8")
        self._arguments = list(map(str, arguments))
        self.counts = AllocationCounts(self.directory / "allocations") if counts_allocations else None
        self._process = None
        self._connection = None
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def start(self):
        env = _environment()
        if self.counts:
            env |= {"LD_PRELOAD": str(self.side.preload), "ALLOCATION_COUNTS": str(self.counts.path)}
        command = [self.side.hived, "--config", self.directory / "hived.toml", "--data", self.directory / "data",
                   "--http", "127.0.0.1:0", *self._arguments]
        with open(self.directory / "log", "ab") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=env,
                                             preexec_fn=_end_with_parent)
        line = self._process.stdout.readline()
        if not line.startswith("hived ready "):
            raise RuntimeError("hived did not start: " + (self.directory / "log").read_text(encoding="utf-8")[-500:])
        found = dict(re.findall(r"(\w+)=(\S+)", line))
        self.http, self.door = found["http"], found["door"]

    def _disconnect(self):
        if self._connection:
            self._connection.close()
        self._connection = None

    def stop(self):
        self._disconnect()
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(PATIENCE_S)
        self._process.stdout.close()

    def close(self):
        self._disconnect()
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
        self._directory.cleanup()

    def file(self, name, text):
        """A file beside the data, for a body."""
        path = self.directory / name
        path.write_text(text, encoding="utf-8")
        return path

    def ask(self, method, path, body=None):
        """One request; the answer's text. For what is not measured, and for few requests."""
        for attempt in (1, 2):
            if self._connection is None:
                self._connection = http.client.HTTPConnection(self.http, timeout=PATIENCE_S)
            try:
                self._connection.request(method, "/api/v1" + path, json.dumps(body) if body is not None else None,
                                         {"Content-Type": "application/json"} if body is not None else {})
                answer = self._connection.getresponse()
                break
            except (http.client.HTTPException, ConnectionError):  # the node closes idle connections
                self._disconnect()
                if attempt == 2:
                    raise RuntimeError(f"{method} {path}: no answer") from None
        text = answer.read()
        if answer.status // 100 != 2:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]!r}")
        return text

    def load(self, *arguments):
        """HTTP load; everything must be answered with success."""
        done = load(self.side, "http", "--at", self.http, *arguments)
        if done["refused"]:
            raise RuntimeError(done["complaints"][:500])
        return done

    def cpu_s(self):
        """Processor time so far, of all threads."""
        clock = ctypes.c_int()
        if _libc.clock_getcpuclockid(self._process.pid, ctypes.byref(clock)) != 0:
            raise RuntimeError("no clock of the node's process")
        return time.clock_gettime(clock.value)

    def _memory_mib(self, which):
        for line in Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith(which + ":"):
                return int(line.split()[1]) / 1024
        raise RuntimeError(f"no {which}")

    def resident_mib(self):
        return self._memory_mib("VmRSS")

    def peak_mib(self):
        """Since the last `forget_peak`."""
        return self._memory_mib("VmHWM")

    def forget_peak(self):
        Path(f"/proc/{self._process.pid}/clear_refs").write_text("5", encoding="ascii")
