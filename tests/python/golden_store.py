"""Data directories as released builds left them, for the test that each of them opens with the build of today.

    make golden VERSION=0.2.0                               of the build in build/release
    make golden VERSION=1a2b3c4d PROGRAMS=DIR               of other programs, such as those of an earlier commit

tests/data/golden/VERSION then has the data directory of one of three nodes after kill -9 (data.tar.xz), its backups
(backups.tar.xz), and what must be read back (answers.json): what the same build answered in two starts on a copy.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

STORES = Path(__file__).resolve().parents[1] / "data/golden"
PATIENCE_S = 60
AGENT = "/agents/writer/1"
OF_OTHER_NODES = ("id", "name", "epoch", "tier", "software")
PATHS = ["/agents", AGENT, f"{AGENT}/baselines", f"{AGENT}/baselines/1", f"{AGENT}/baselines/2",
         f"{AGENT}/compare?old=1&new=2", f"{AGENT}/trend", "/gpus/history", "/hive/nodes",
         "/metrics/bench/latency/history", "/results/latest", "/snapshots", "/snapshots/1.0", "/snapshots/2.0",
         "/snapshots/3.0", "/snapshots/4.0", "/tasks?limit=1000", "/tools/best?task_type=bug_fix",
         "/tools/best?task_type=bug_fix&scope=hive", "/tools/summary", "/upgrades?limit=100"]


class LoneNode:
    """A hived on a data directory, without the rest of its hive."""

    def __init__(self, program, data):
        self._data, self.log = data, Path(f"{data}.log")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(
            ("HIVE_", "XDG_RUNTIME_DIR", "RUNTIME_DIRECTORY"))}
        command = [program, "--data", str(data), "--name", "golden", "--http", "127.0.0.1:0"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        ready = self._process.stdout.readline()
        assert ready.startswith("hived ready"), (self._process.wait(PATIENCE_S), self.log.read_text(encoding="utf-8"))
        self._at, self.id = re.search(r"http=(\S+)", ready)[1], ready.split(" node=")[1].split()[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(PATIENCE_S)
        self._process.stdout.close()
        assert status == 0, self.log.read_text(encoding="utf-8")

    def get(self, path):
        return self._ask(path if path == "/healthz" else f"/api/v1{path}")

    def post(self, path, body):
        return self._ask(f"/api/v1{path}", json.dumps(body).encode())

    def _ask(self, path, body=None):
        headers = {"Content-Type": "application/json",
                   "Authorization": "Bearer " + (self._data / "operator.token").read_text(encoding="utf-8").strip()}
        request = urllib.request.Request(f"http://{self._at}{path}", body, headers)
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as why:  # 503: its services are still starting, or have much to do
                text = why.read().decode()
                assert why.code == 503 and time.monotonic() < end, (path, why.code, text)
                time.sleep(0.05)

    def answers(self):
        """By path. Each proposal is asked for as well."""
        paths = PATHS + [f"/upgrades/{each['id']}" for each in self.get("/upgrades?limit=100")["upgrades"]]
        out = {path: self.get(path) for path in sorted(paths)}
        out["/hive/nodes"] = [{key: each[key] for key in OF_OTHER_NODES} for each in out["/hive/nodes"]["nodes"]
                              if each["id"] != self.id]
        return out


def common(one, other, at=""):
    """What both have alike, and where they differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        out, differing = {}, [f"{at}/{key}" for key in one.keys() ^ other.keys()]
        for key in one.keys() & other.keys():
            out[key], more = common(one[key], other[key], f"{at}/{key}")
            differing += more
        return {key: value for key, value in out.items() if value is not None}, differing
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        found = [common(*pair, f"{at}/{place}") for place, pair in enumerate(zip(one, other, strict=True))]
        return [value for value, _ in found], [each for _, more in found for each in more]
    return (one, []) if one == other else (None, [at])


def missing(old, new, at=""):
    """What the old answer has and the new one lacks or tells otherwise; new members are welcome."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in old.items():
            yield from missing(value, new[key], f"{at}/{key}") if key in new else [f"{at}/{key} is gone"]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for place, pair in enumerate(zip(old, new, strict=True)):
            yield from missing(*pair, f"{at}/{place}")
    elif old is not None and old != new:
        yield f"{at}: {old!r} became {new!r}"


def unpack(archive, into):
    into.mkdir(mode=0o700)
    with tarfile.open(archive) as packed:
        packed.extractall(into)


def pack(directory, archive):
    """The same bytes for the same files."""
    def plain(entry):
        entry.uid = entry.gid = entry.mtime = 0
        entry.uname = entry.gname = ""
        entry.mode = 0o700 if entry.isdir() else 0o600
        return entry

    skipped = re.compile(r"LOG(\.old.*)?$|operator\.token$|LOCK$")  # RocksDB's notes for its developers; a token of one start
    with tarfile.open(archive, "w:xz", preset=9) as packed:
        for path in sorted(directory.rglob("*")):
            if not skipped.match(path.name):
                packed.add(path, path.relative_to(directory), recursive=False, filter=plain)


class Maker:
    """Three nodes that do a little of everything."""

    def __init__(self, programs, name):
        self.programs, self.name = programs, name
        self.hived = str(programs / "hived")
        os.environ["HIVED"], os.environ["HIVECTL"] = self.hived, str(programs / "hivectl")

    def make(self, into):
        import gate_hive

        with tempfile.TemporaryDirectory() as directory:
            root = Path(directory)
            hive = gate_hive.GateHive(3)
            self.give_gpu(hive.nodes[0], root)
            with hive:
                self.fill(hive)
                data, backups = self.leave(hive, root)
                shutil.copytree(data, root / "data")
                if backups.exists():
                    shutil.copytree(backups, root / "backups")
            into.mkdir(parents=True, exist_ok=True)
            pack(root / "data", into / "data.tar.xz")
            if (root / "backups").exists():
                pack(root / "backups", into / "backups.tar.xz")
            self.note_answers(into, root)

    @staticmethod
    def give_gpu(node, root):
        """A device of the scripted driver library, where that is built."""
        library = os.environ.get("HIVE_FAKE_NVML")
        if not library:
            return
        world = root / "world"
        world.write_text(f"registry file={root / 'registry'}\ndevice uuid=GPU-0 total=8192 reserved=256\n", encoding="utf-8")
        os.environ["FAKE_NVML_WORLD"] = str(world)
        configure = node.configure
        node.configure = lambda text: configure(text + f'\n[gpu]\nlibrary = "{library}"\n')

    def fill(self, hive):
        from gate_hive import BAD, GOOD, wait_until

        for number, node in enumerate(hive.nodes):
            tasks = [{"task_type": ("bug_fix", "refactoring", "code_review")[i % 3],
                      "tool_name": ("aider", "claude", "codex")[(i + number) % 3], "completion_time_s": 1 + i % 9,
                      "success": i % 5 > number, "model_name": f"m{i % 2}", "idempotency_key": f"golden-{number}-{i}"}
                     for i in range(60)]
            node.request("POST", "/tasks", tasks)
        self.fill_agent(hive.nodes[0])
        for version, samples, decision in (("2.0", GOOD, "approved"), ("3.0", BAD, "rejected")):
            hive.give(version, samples)
            which = hive.propose(version)
            assert hive.agreed(which)[0] == decision, hive.told(which)
            hive.ended(which)
        if os.environ.get("HIVE_FAKE_NVML"):
            node = hive.nodes[0]
            wait_until(lambda: any(each["state"] == "ok" for each in node.get("/gpus")["gpus"]), node.log)
            lease = node.request("POST", "/gpus/leases", {"vram_gb": 1, "holder": "golden", "max_duration_s": 60})
            node.request("DELETE", f"/gpus/leases/{lease['id']}?token={lease['token']}&reason=done")
        wait_until(lambda: all(each["same_root"] for node in hive.nodes for each in node.get("/hive/nodes")["nodes"]),
                   "the nodes do not agree")

    @staticmethod
    def fill_agent(node):
        for version in (1, 2):
            recipe = {"actions": [{"action_id": i, "description": f"step {i} of {version}"} for i in range(1, 3 + version)]}
            node.request("PUT", f"{AGENT}/recipe", recipe)
            node.request("POST", f"{AGENT}/baselines", {"trigger": "prompt_change", "benchmark_metrics": {
                "regression": {"pass_rate": 0.5 + 0.1 * version}}})

    def leave(self, hive, root):
        """Its disk after a restore, a few more records and kill -9."""
        node, backups = hive.nodes[0], root / "of-n0"
        if (self.programs / "hive-backup").exists():
            for _ in range(2):
                node.request("POST", "/backups", {"to": str(backups)})
                node.request("POST", "/tasks", [{"task_type": "bug_fix", "tool_name": "aider", "completion_time_s": 2.5,
                                                 "success": True}])
            node.end(signal.SIGTERM)
            hive.hivectl("backup", "restore", backups, "--data", root / "restored", "--same-node")
            shutil.rmtree(node.data)
            (root / "restored").rename(node.data)
            shutil.rmtree(node.run_directory, ignore_errors=True)
            hive.start()
        node.request("POST", "/tasks", [{"task_type": "refactoring", "tool_name": "codex", "completion_time_s": 3.5,
                                         "success": True}])
        node.put_snapshot("4.0", {"latency": [100.5, 101.25]})
        node.end(signal.SIGKILL)
        return node.data, backups

    def note_answers(self, into, root):
        found = []
        for start in range(2):
            copy = root / f"copy{start}"
            unpack(into / "data.tar.xz", copy)
            with LoneNode(self.hived, copy) as node:
                found.append((node.id, node.get("/healthz")["epoch"], node.answers()))
        answers, differing = common(found[0][2], found[1][2])
        print("not kept, as two starts differ:", differing)
        version = subprocess.run([self.hived, "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
        told = {"name": self.name, "software": version, "node": found[0][0], "epoch": found[0][1], "answers": answers}
        (into / "answers.json").write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        sizes = {path.name: path.stat().st_size for path in into.iterdir()}
        print(f"{into}: {sizes}")


def main():
    if len(sys.argv) != 3 or not re.fullmatch(r"[0-9]+(\.[0-9]+)*|[0-9a-f]{7,40}", sys.argv[1]):
        sys.exit(f"usage: {sys.argv[0]} VERSION PROGRAMS   (a release or a commit, and the directory of its programs)")
    name, programs = sys.argv[1], Path(sys.argv[2])
    version = subprocess.run([programs / "hived", "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
    if "." in name and name != version:
        sys.exit(f"{programs / 'hived'} is of release {version}, not {name}")
    Maker(programs, name).make(STORES / name)


if __name__ == "__main__":
    main()
