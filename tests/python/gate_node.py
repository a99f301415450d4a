"""A node of a hive that decides on upgrades, as a process that tests kill, freeze and set back."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import gate_network

PATIENCE_S = 60
ACTIONS = ("deploy", "rollback", "on_approve", "on_reject", "on_rollback")

# Notes what it was told, when it begins and ends. While FILE.hold exists it does not end; with FILE.fail it fails.
HOOK = """#!/bin/sh
order=$(cat | tr -d '\\n')
note() {
  printf '{"phase":"%s","at_ns":%s,"pid":%d,"token":"%s","action":"%s","order":%s}\\n' \\
    "$1" "$(date +%s%N)" $$ "$HIVE_TOKEN" "$HIVE_ACTION" "$order" >>"$0.log"
}
note begin
while [ -e "$0.hold" ]; do sleep 0.05; done
note end
[ ! -e "$0.fail" ]
"""


class Refused(Exception):
    """An answer with an error status."""

    def __init__(self, status, body):
        super().__init__(f"{status}: {body}")
        self.status, self.body = status, body


class GateNode:
    """A hived with all that is its own in one directory. It keeps its addresses."""

    def __init__(self, directory, name, address, namespace=None, wrapper=()):
        self.directory, self.name, self.address = Path(directory), name, address
        self.namespace, self.wrapper = namespace, list(wrapper)
        self.directory.mkdir(parents=True)
        self.data, self.run_directory = self.directory / "data", self.directory / "run"
        self.hook = self.directory / "hook"
        self.endpoint, self.door = f"{address if namespace is None else '127.0.0.1'}:7420", f"{address}:7421"
        self.program = os.environ["HIVED"]
        self.id, self._process = None, None

    # -- life -------------------------------------------------------------------

    def configure(self, text):
        (self.directory / "hived.toml").write_text(text, encoding="utf-8")

    def write_hooks(self):
        self.hook.mkdir(exist_ok=True)
        for action in ACTIONS:
            (self.hook / action).write_text(HOOK, encoding="utf-8")

    def launch(self, *arguments):
        """Starts the process; `await_ready` must follow."""
        command = [*self.wrapper, self.program, "--data", str(self.data), "--name", self.name]
        command += ["--http", self.endpoint, *arguments]
        if self.namespace:
            command = ["ip", "netns", "exec", self.namespace, *command]
        elsewhere = ("HIVE_", "XDG_RUNTIME_DIR", "RUNTIME_DIRECTORY")  # where its token would lie
        env = {name: value for name, value in os.environ.items() if not name.startswith(elsewhere)}
        with open(self.directory / "log", "ab") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=env)

    def await_ready(self):
        line = self._process.stdout.readline()
        if not line.startswith("hived ready "):
            raise RuntimeError(f"{self.name} does not start:\n{self.log()[-4000:]}")
        self.id = line.split(" node=")[1].split()[0]

    def start(self):
        self.launch("--config", str(self.directory / "hived.toml"))
        self.await_ready()

    @property
    def is_running(self):
        return self._process is not None

    @property
    def pid(self):
        return self._process.pid

    def end(self, number=signal.SIGKILL):
        """Ends the process and reaps it; kill -9 unless another signal is named."""
        if self._process is None:
            return
        self._process.send_signal(number)
        self._process.wait(PATIENCE_S)
        self._process.stdout.close()
        self._process = None

    def reap(self):
        """Waits for a process that ends by itself; returns its status."""
        status = self._process.wait(PATIENCE_S)
        self._process.stdout.close()
        self._process = None
        return status

    def freeze(self):
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    def log(self):
        return (self.directory / "log").read_text(encoding="utf-8", errors="replace")

    # -- disks ------------------------------------------------------------------

    def lose_power(self):
        """What does not outlive the machine's memory is lost too."""
        self.end()
        shutil.rmtree(self.run_directory, ignore_errors=True)

    def copy_disk(self):
        """A copy of the data directory as it is now. The node must not run."""
        copy = self.directory / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.data, copy)

    def set_disk_back(self):
        """The node must not run."""
        shutil.rmtree(self.data)
        shutil.copytree(self.directory / "copy", self.data)
        shutil.rmtree(self.run_directory, ignore_errors=True)

    # -- HTTP -------------------------------------------------------------------

    def _connect(self, timeout_s):
        headers = {"Content-Type": "application/json", "Connection": "close"}
        token = self.data / "operator.token"
        if token.exists():
            headers["Authorization"] = "Bearer " + token.read_text(encoding="utf-8").strip()
        return gate_network.Connection(self.endpoint, self.namespace, timeout=timeout_s), headers

    def ask(self, method, path, body=None, timeout_s=PATIENCE_S):
        """Status and body of the answer."""
        connection, headers = self._connect(timeout_s)
        try:
            connection.request(method, "/api/v1" + path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(text) if text else None

    def request(self, method, path, body=None):
        status, answer = self.ask(method, path, body)
        if status >= 400:
            raise Refused(status, answer)
        return answer

    def get(self, path):
        return self.request("GET", path)

    def events_until(self, is_last):
        """All events of upgrades that are kept, and those that come, up to the first one that `is_last`."""
        connection, headers = self._connect(PATIENCE_S)
        try:
            connection.request("GET", "/api/v1/events?since=0&kind=upgrade", None, headers)
            answer, out = connection.getresponse(), []
            while line := answer.readline():
                if line.startswith(b"data:"):
                    event = json.loads(line[5:])
                    out += [event["upgrade"]] if event["kind"] == "upgrade" else []
                    if out and is_last(out[-1]):
                        return out
        finally:
            connection.close()
        raise AssertionError(f"the stream of {self.name} ended: {out}")

    def put_snapshot(self, version, metrics):
        """`metrics`: samples by name, of which less is better."""
        shown = {name: {"value": sum(samples) / len(samples), "samples": samples, "direction": "lower", "unit": "count"}
                 for name, samples in metrics.items()}
        self.request("PUT", f"/snapshots/{version}", {"version": version, "benchmarks": {"bench": {"metrics": shown}}})

    # -- the gate -----------------------------------------------------------------

    def upgrade(self, which):
        """The proposal as this node sees it; None when it does not know it."""
        status, answer = self.ask("GET", f"/upgrades/{quote(which)}")
        if status == 404:
            return None
        if status >= 400:
            raise Refused(status, answer)
        return answer

    def upgrades(self):
        return self.get("/upgrades?limit=1000")["upgrades"]

    def track(self, name="main"):
        return next(each for each in self.get("/upgrades/members")["tracks"] if each["track"] == name)

    def stop(self, which, **more):
        return self.request("POST", f"/upgrades/{which}/stop", {"reason": "the test says so", **more})

    def quarantined(self):
        return {each["id"] for each in self.get("/hive/nodes")["nodes"] if each["state"] == "quarantined"}

    # -- hooks --------------------------------------------------------------------

    def runs(self, action=None, phase="begin"):
        """What its hooks noted, oldest first."""
        out = []
        for each in ACTIONS if action is None else [action]:
            log = self.hook / f"{each}.log"
            lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
            out += [json.loads(line) for line in lines]
        return [each for each in out if phase in (None, each["phase"])]

    def write_hook(self, action, script):
        """Other lines for the shell, in place of the hook's."""
        (self.hook / action).write_text(script, encoding="utf-8")

    def let_hook(self, action, what, on=True):
        """`hold`: it does not end; `fail`: it fails."""
        flag = self.hook / f"{action}.{what}"
        if on:
            flag.touch()
        else:
            flag.unlink(missing_ok=True)
