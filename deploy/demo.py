#!/usr/bin/env python3
"""Five nodes on this machine, with a CA and certificates of their own, and the whole story in three minutes: agents
that record real work, a paired measurement, a gate that approves a good version and rejects a slow one, and a node that
is killed in between. Then it serves, with the address of the dashboard, until Ctrl-C.

    deploy/demo.py [--once] [--quick]

--once stops the hive at the end. --quick measures and watches for less long. Exit status: 0 when the hive decided as it
should; 1 otherwise.

All it writes lies in build/demo/, which each run makes anew. HIVE_FIRST_PORT=N chooses the ports N to N+4 for HTTP and
N+10 to N+14 for the nodes among each other (default 7450).
"""

import argparse
import bz2
import collections
import contextlib
import fcntl
import gzip
import json
import lzma
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / "build/release/bin"
DEMO = ROOT / "build/demo"
FIRST_PORT = int(os.environ.get("HIVE_FIRST_PORT", "7450"))
NODES = 5
READY_S = 60
PATIENCE_S = 180
OLD, GOOD, SLOW = "2.0", "2.1", "2.2"
# What the service of the demonstration does for one request, and how often in a measurement.
ROUNDS = {OLD: 120_000, GOOD: 120_000, SLOW: 160_000}
SERVICE = """
import json, time
rounds = int(open("rounds").read())
begin = time.process_time()
total = 0
for i in range(rounds):
    total += i * i % 7
spent = (time.process_time() - begin) * 1000
print(json.dumps({"metrics": {
    "request_time": {"value": spent, "direction": "lower", "unit": "ms"},
    "requests_per_s": {"value": 1000 / spent, "direction": "higher", "unit": "1/s"},
}}))
"""
HOOK = """#!/bin/sh
order=$(cat)
echo "$HIVE_ACTION {version}" >>"$(dirname "$0")/hooks.log"
echo "{version}" >"$(dirname "$0")/running.new" && mv "$(dirname "$0")/running.new" "$(dirname "$0")/running"
"""
COMPRESSORS = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zlib_fast": lambda text: zlib.compress(text, 1)}


class Failed(Exception):
    """The hive did not do what it should."""


def say(text):
    print(f"\n== {text}", flush=True)


def wait_for(what, found, patience_s=PATIENCE_S):
    """The first true answer of `found`, and how long that took."""
    begun = time.monotonic()
    while not (answer := found()):
        if time.monotonic() - begun > patience_s:
            raise Failed(f"not within {patience_s} s: {what}")
        time.sleep(0.1)
    print(f"   {what} (after {time.monotonic() - begun:.1f} s)", flush=True)
    return answer


class Node:
    """A hived of the demonstration."""

    def __init__(self, number):
        self.name, self.folder = f"node{number}", DEMO / f"node{number}"
        self.http, self.door = f"127.0.0.1:{FIRST_PORT + number}", f"127.0.0.1:{FIRST_PORT + 10 + number}"
        self.id, self.process = None, None
        self.folder.mkdir(parents=True)

    def start(self, *arguments):
        log = open(self.folder / "hived.log", "ab")
        self.process = subprocess.Popen(
            [BIN / "hived", "--name", self.name, "--data", self.folder / "data", "--http", self.http, *arguments],
            stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL, text=True, start_new_session=True)
        line = self.process.stdout.readline()
        if not line.startswith("hived ready "):
            raise Failed(f"{self.name} does not start; see {self.folder / 'hived.log'} (HIVE_FIRST_PORT=N chooses other ports)")
        self.id = line.split(" node=")[1].split()[0]

    def end(self, number=signal.SIGTERM):
        if self.process:
            self.process.send_signal(number)
            self.process.wait(30)
            self.process = None

    def token_file(self):
        """Holds the token that the node wrote for its operator."""
        runtime = Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent"), "hivemark", f"{self.http.split(':')[1]}.token")
        return runtime if runtime.exists() else self.folder / "data/operator.token"

    def ask(self, method, path, body=None):
        request = urllib.request.Request(
            f"http://{self.http}/api/v1{path}", None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": "Bearer " + self.token_file().read_text(encoding="utf-8").strip()}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise Failed(f"{self.name}: {method} {path}: {error.code} {error.read().decode()}") from None

    def hivectl(self, *words, may_fail=False):
        """Runs hivectl as a person would, and shows it."""
        print(f"$ hivectl --url http://{self.http} {' '.join(map(str, words))}", flush=True)
        done = subprocess.run([BIN / "hivectl", "--url", f"http://{self.http}", *map(str, words)], check=False,
                              env=os.environ | {"HIVE_TOKEN_FILE": str(self.token_file())})
        if done.returncode and not may_fail:
            raise Failed(f"hivectl ended with {done.returncode}")
        return done.returncode


class Hive:
    def __init__(self):
        self.nodes = [Node(number) for number in range(NODES)]

    def certify(self):
        run = [BIN / "hivectl", "node"]
        subprocess.run([*run, "init-ca", "--out", DEMO / "ca"], check=True, stdout=subprocess.DEVNULL)
        for node in self.nodes:
            subprocess.run([*run, "issue", "--ca", DEMO / "ca", "--role", "node", "--name", node.name, "--out",
                            node.folder / "tls"], check=True, stdout=subprocess.DEVNULL)

    def configure(self):
        """A node's id is the hash of a key that its first start makes: all start once, then with their members."""
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.end()
        members = json.dumps([node.id for node in self.nodes])
        for node in self.nodes:
            for action, version in (("deploy", "$HIVE_TO"), ("rollback", "$HIVE_FROM")):
                hook = node.folder / action
                hook.write_text(HOOK.format(version=version), encoding="utf-8")
                hook.chmod(0o755)
            (node.folder / "running").write_text(OLD + "\n", encoding="utf-8")
            others = json.dumps([each.door for each in self.nodes if each is not node])
            (node.folder / "hived.toml").write_text(
                f'[door]\nlisten = "{node.door}"\ntls = "{node.folder / "tls"}"\njoin = {others}\n'
                f'[versions]\n"*" = "{DEMO}/versions/{{version}}"\n'
                f'[upgrade]\nmembers = {members}\n'
                f'[upgrade.hooks]\ndeploy = ["{node.folder / "deploy"}"]\nrollback = ["{node.folder / "rollback"}"]\n'
                "[upgrade.health]\nsuccess_rate = false\nerror_rate = false\nworld_model = false\nguardrail = false\n"
                "benchmarks = false\nresponding = true\nresponding_grace_s = 60\n", encoding="utf-8")

    def start(self):
        for node in self.nodes:
            node.start("--config", node.folder / "hived.toml")
        self.await_linked(NODES)
        wait_for("every node takes part in the gate", lambda: all(
            track["admitted"] for node in self.nodes for track in node.ask("GET", "/upgrades/members")["tracks"]))

    def await_linked(self, count):
        wait_for(f"all {count} nodes know each other", lambda: all(
            sum(each["state"] == "active" for each in node.ask("GET", "/hive/nodes")["nodes"]) == count
            for node in self.nodes if node.process))

    def end(self):
        for node in self.nodes:
            with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                node.end()


class Agents(threading.Thread):
    """Agents that work: they compress texts with one tool or another, check what comes out, and record it."""

    def __init__(self, hive):
        super().__init__(daemon=True)
        self.hive, self.ended, self.chance, self.recorded = hive, threading.Event(), random.Random(7), 0
        self.history = collections.defaultdict(list)

    def texts(self):
        source = b"".join(sorted(path.read_bytes() for path in (ROOT / "docs").glob("*.md")))
        return {"compress_small": source[:20_000], "compress_large": source[:400_000]}

    def work(self, agent, texts):
        """One task with one tool, and what an engine tells of it."""
        task_type = self.chance.choice(list(texts))
        tool = self.chance.choice(list(COMPRESSORS))
        begun = time.monotonic()
        packed = COMPRESSORS[tool](texts[task_type])
        took = time.monotonic() - begun
        success = len(packed) < len(texts[task_type]) * self.chance.uniform(0.33, 0.45)  # what was asked for
        task = {"task_type": task_type, "tool_name": tool, "completion_time_s": took, "success": success}
        run = {"action_id": 1, "outcome": "success" if success else "failure", "duration_s": took,
               "reward": 1 - len(packed) / len(texts[task_type]), "tokens": 200 + len(packed) // 100, "tools": [tool]}
        return task, run

    def tell(self, home, agent, runs, number):
        """What the agent's engine sends: its runs, spans and the experience of its recipe, and now and then a capture."""
        self.history[agent] += runs
        done, path = self.history[agent], f"/agents/packer{agent}/0"
        home.ask("POST", f"{path}/runs", runs)
        home.ask("POST", f"{path}/spans", [
            {"span_id": f"{number}-{place}", "status": "success" if run["outcome"] == "success" else "error",
             "duration": run["duration_s"], "events": [{"type": "reward", "data": {"reward": run["reward"]}}]}
            for place, run in enumerate(runs)])
        if number % 24 < 12:
            home.ask("PUT", f"{path}/recipe", {"actions": [{"action_id": 1, "action": "compress a text", "experience": {
                "success_rate": sum(run["outcome"] == "success" for run in done) / len(done),
                "avg_duration_seconds": sum(run["duration_s"] for run in done) / len(done)}}]})
            home.ask("POST", f"{path}/baselines", {"trigger": "manual"})

    def run(self):
        texts, number = self.texts(), 0
        while not self.ended.wait(0.1):
            node = self.hive.nodes[number % (NODES - 1)]  # the last one is going to be killed
            agent = number % 12
            done = [self.work(agent, texts) for _ in range(4)]
            with contextlib.suppress(Failed, OSError):  # it stops while this asks
                node.ask("POST", "/tasks", [task for task, _ in done])
                home = self.hive.nodes[0]
                self.tell(home, agent, [run for _, run in done], number)
                self.recorded += len(done)
            number += 1

    def stop(self):
        self.ended.set()
        self.join()


def make_versions():
    (DEMO / "service.py").write_text(SERVICE, encoding="utf-8")
    for version, rounds in ROUNDS.items():
        place = DEMO / "versions" / version
        place.mkdir(parents=True)
        (place / "rounds").write_text(str(rounds), encoding="utf-8")


def measure(hive, options):
    say(f"each node measures the versions {OLD}, {GOOD} and {SLOW} of a service")
    repeats = 20 if options.quick else 30
    for node in hive.nodes:
        node.ask("POST", "/benchmarks", {"name": "service", "workdir": str(node.folder),
                                         "command": [sys.executable, f"{DEMO}/service.py"]})
        for version in (OLD, GOOD, SLOW):
            # A capture measures what runs now; a paired measurement runs in the directory of a version.
            (node.folder / "rounds").write_text(str(ROUNDS[version]), encoding="utf-8")
            if node is hive.nodes[0]:
                node.hivectl("snapshot", "capture", version, "--adapter", "service", "--repeats", repeats)
            else:
                node.ask("POST", "/snapshots", {"version": version, "adapters": ["service"], "repeats": repeats})
    first = hive.nodes[0]
    say(f"{first.name} runs {OLD} and {SLOW} in turn, until the statistics tell")
    status = first.hivectl("upgrade", "measure", OLD, SLOW, "--adapter", "service", "--pairs", 24,
                           may_fail=True)
    if status != 1:
        raise Failed(f"the slower version was not found: status {status}")


def decide(hive, options):
    first, victim = hive.nodes[0], hive.nodes[-1]
    # Margins for a machine that does other things beside this.
    stages = ["--stage", f"20%:{2 if options.quick else 8}s", "--margin", "service.request_time=15%", "--margin",
              "service.requests_per_s=15%"]
    say(f"may {GOOD} replace {OLD}? The hive decides; {victim.name} is killed while it does")
    killer = threading.Timer(1.0, lambda: victim.end(signal.SIGKILL))
    killer.start()
    status = first.hivectl("upgrade", "propose", OLD, GOOD, *stages, "--wait", "--timeout", "60s", may_fail=True)
    killer.join()
    victim.start("--config", victim.folder / "hived.toml")
    hive.await_linked(NODES)
    newest = first.ask("GET", "/upgrades?limit=1")["upgrades"][0]["id"]
    wait_for(f"{GOOD} is approved and rolled out on every node", lambda: (
        (view := first.ask("GET", f"/upgrades/{newest}"))["decision"] == "approved" and view["rollout"] == "complete"
        and all((node.folder / "running").read_text(encoding="utf-8").strip() == GOOD for node in hive.nodes)))
    if status not in (0, 2):
        raise Failed(f"hivectl upgrade propose ended with {status}")
    say(f"may {SLOW} replace {GOOD}?")
    status = hive.nodes[2].hivectl("upgrade", "propose", GOOD, SLOW, *stages, "--wait", "--timeout", "60s", may_fail=True)
    if status != 1:
        raise Failed(f"the slower version was not rejected: status {status}")
    first.hivectl("upgrade", "list")


def show(hive):
    first = hive.nodes[0]
    say("what the hive learned")
    first.hivectl("tool", "route", "compress_small")
    first.hivectl("agent", "list")
    first.hivectl("node", "list")


def serve(hive):
    say("the hive serves; Ctrl-C stops it. Its dashboard:")
    hive.nodes[0].hivectl("dashboard")
    names = " ".join(node.http for node in hive.nodes)
    print(f"   nodes: {names}; logs in {DEMO}/node*/hived.log", flush=True)
    while all(node.process.poll() is None for node in hive.nodes):
        time.sleep(0.5)
    raise Failed(f"a node ended by itself; see {DEMO}/node*/hived.log")


def tell_story(options):
    begun = time.monotonic()
    hive = Hive()
    agents = Agents(hive)
    try:
        say(f"{NODES} nodes with certificates start in {DEMO}")
        hive.certify()
        hive.configure()
        make_versions()
        hive.start()
        measure(hive, options)  # alone on the machine
        agents.start()
        decide(hive, options)
        wait_for("the agents have recorded 200 tasks", lambda: agents.recorded >= 200)
        if options.once:
            agents.stop()
        show(hive)
        say(f"the whole story took {time.monotonic() - begun:.0f} s; {agents.recorded} tasks were recorded")
        if not options.once:
            serve(hive)
    finally:
        if agents.is_alive():
            agents.stop()
        hive.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--once", action="store_true", help="stop at the end")
    parser.add_argument("--quick", action="store_true", help="measure and watch for less long")
    options = parser.parse_args()
    if not (BIN / "hived").exists():
        sys.exit("demo: build/release/bin/hived is not built; run `make build`")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    DEMO.parent.mkdir(exist_ok=True)
    with open(DEMO.parent / "demo.lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("demo: another `make demo` of this checkout is at work")
        shutil.rmtree(DEMO, ignore_errors=True)
        try:
            tell_story(options)
        except Failed as failure:
            sys.exit(f"demo: {failure}")
        except KeyboardInterrupt:
            say("the hive has stopped")


if __name__ == "__main__":
    main()
