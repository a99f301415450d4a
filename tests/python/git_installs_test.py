"""Benchmarks from real git repositories on a real node: installed, measured, upgraded, removed; hostile ones; kill -9."""

import contextlib
import json
import os
import random
import shutil
import subprocess
import tempfile
import threading
import time
import unittest
import zipfile
from pathlib import Path
from unittest import mock

from hivemark import Client, HivemarkError, NodeError
from real_node_test import PATIENCE_S, Node

SANDBOX = shutil.which("bwrap") and subprocess.run(
    ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"], check=False, capture_output=True
)
GIT = {
    **os.environ,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "C",
    "GIT_COMMITTER_EMAIL": "c@example.org",
}
MEASURE = """#!/bin/sh
echo '{"points": {"value": %s, "direction": "higher", "unit": "points"}}' > results.json
"""


class Repository:
    """A repository that git's own commands make."""

    def __init__(self, path):
        self.path = Path(path)
        self.path.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")

    @property
    def url(self):
        return f"file://{self.path}"

    def git(self, *words, data=None):
        done = subprocess.run(
            ["git", *words], cwd=self.path, env=GIT, input=data, capture_output=True, check=True, timeout=PATIENCE_S * 10
        )
        return done.stdout.decode().strip()

    def put(self, name, text, mode=0o644):
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        file.chmod(mode)
        return self

    def commit(self):
        self.git("add", "-A")
        self.git("commit", "-q", "--no-verify", "--allow-empty", "-m", "a change")
        return self.git("rev-parse", "HEAD")

    def commit_entry(self, mode, name, content=b"x"):
        """A commit whose tree has one entry that git would not make, as its bytes."""
        entry = self.git("hash-object", "-w", "--stdin", data=content)
        if mode == "160000":
            entry = self.git("rev-parse", "HEAD")
        if mode == "40000":
            listed = f"100755 blob {entry}\tpost-checkout\n".encode()
            entry = self.git("mktree", data=listed)
        tree = mode.encode() + b" " + name.encode() + b"\0" + bytes.fromhex(entry)
        made = self.git("hash-object", "-t", "tree", "--literally", "-w", "--stdin", data=tree)
        return self.git("commit-tree", "-m", "crafted", made)


def measuring(path, value=1):
    repository = Repository(path).put("measure.sh", MEASURE % value, 0o755).put("README", "text\n")
    repository.head = repository.commit()
    return repository


@unittest.skipUnless(SANDBOX and SANDBOX.returncode == 0, "sandboxes do not work here")
class GitInstallsTest(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)
        self.installs = self.place / "installs"
        self.allowed = self.place / "repositories"
        self.node = Node(self.config())
        self.addCleanup(self.node.__exit__)
        token = mock.patch.dict(os.environ, HIVE_DATA=self.node.data)
        token.start()
        self.addCleanup(token.stop)
        self.connect()

    def config(self):
        return f'[dynamic]\nallowed = ["file://{self.allowed}/"]\ndirectory = "{self.installs}"\n'

    def connect(self):
        self.client = Client(self.node.url, timeout_s=PATIENCE_S)
        self.addCleanup(self.client.close)

    def restart(self):
        self.node.kill()
        self.node.start()
        self.connect()

    def install(self, repository, name="bench", command=("./measure.sh",), metrics_file="results.json", **more):
        return self.client.install_benchmark(name, repository.url, list(command), metrics_file=metrics_file, **more)

    def refusal(self, repository, **more):
        with self.assertRaises(NodeError) as raised:
            self.install(repository, **more)
        return raised.exception

    def measure(self, version, name="bench"):
        """(value, outcome) of the benchmark in a capture."""
        snapshot = self.client.capture_snapshot(version, tier="all", adapters=[name])
        metric = snapshot["metrics"].get("points")
        return metric and metric["value"], snapshot["adapters"][name]

    def left(self):
        """Everything below the directory of the installs. The node may remove some of it meanwhile."""
        found = []
        for top in sorted(self.installs.iterdir()):
            if top.name.startswith(".staging"):
                found.append(top.name)
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                found += [f"{top.name}/{name}" for name in sorted(os.listdir(top))]
        return found

    def await_left(self, count):
        """Waits until so many installs are left: a replaced one goes with the last measurement that uses it."""
        deadline = time.monotonic() + PATIENCE_S
        while len(self.left()) != count:
            self.assertLess(time.monotonic(), deadline, self.left())
            time.sleep(0.05)

    def rss_mib(self):
        text = Path(f"/proc/{self.node.pid}/status").read_text(encoding="utf-8")
        return int(text.split("VmRSS:")[1].split()[0]) / 1024

    # -- what it is for -----------------------------------------------------------------------------------------------

    def test_install_measure_upgrade_remove(self):
        repository = measuring(self.allowed / "one")
        first = self.install(repository)
        self.assertEqual(first["state"], "installed")
        self.assertEqual(first["installed"]["commit"], repository.head)
        self.assertEqual(first["installed"]["files"], 2)
        listed = {each["name"]: each for each in self.client.list_benchmarks()["benchmarks"]}["bench"]
        self.assertEqual((listed["source"], listed["tier"], listed["available"]), (repository.url, "dynamic", True))
        self.assertEqual(self.measure("v1"), (1.0, mock.ANY))
        self.assertEqual(self.measure("v1")[1]["status"], "ok")

        repository.put("measure.sh", MEASURE % 2, 0o755)
        second = repository.commit()
        self.assertEqual(self.install(repository, commit=second)["installed"]["commit"], second)
        self.assertEqual(self.measure("v2")[0], 2.0)
        self.await_left(1)

        self.restart()
        self.assertEqual(self.client.get_install("bench")["installed"]["commit"], second)
        self.assertEqual(self.measure("v3")[0], 2.0)

        self.assertEqual(self.client.remove_benchmark("bench")["name"], "bench")
        self.await_left(0)
        self.restart()
        self.assertEqual(self.client.list_installs()["installs"], [])
        self.assertNotIn("bench", [each["name"] for each in self.client.list_benchmarks()["benchmarks"]])
        with self.assertRaises(NodeError) as raised:
            self.client.remove_benchmark("bench")
        self.assertEqual(raised.exception.status, 404)

    def test_branch_tag_and_older_commit(self):
        repository = measuring(self.allowed / "one")
        repository.git("tag", "-a", "v1", "-m", "tag")
        repository.put("measure.sh", MEASURE % 2, 0o755)
        newer = repository.commit()
        for commit, expected in (("v1", repository.head), ("main", newer), (repository.head, repository.head)):
            self.assertEqual(self.install(repository, commit=commit)["installed"]["commit"], expected)

    def test_a_run_does_not_change_the_install(self):
        script = '#!/bin/sh\ntest -e been_here && exit 3\necho x > been_here; rm README\n' + MEASURE.split("\n", 1)[1] % 1
        repository = Repository(self.allowed / "one").put("measure.sh", script, 0o755).put("README", "text\n")
        repository.commit()
        self.install(repository)
        for version in ("v1", "v2"):
            self.assertEqual(self.measure(version)[0], 1.0)
        self.assertEqual([p.name for p in self.installs.glob("bench/*/tree/been_here")], [])

    def test_build_and_standard_output(self):
        repository = Repository(self.allowed / "one").put("value", "7")
        repository.commit()
        script = "printf '#!/bin/sh\\necho {\\\\\"points\\\\\": {\\\\\"value\\\\\": %s, \\\\\"direction\\\\\": \\\\\"higher\\\\\"}}\\n' $(cat value) > run && chmod +x run"
        self.install(repository, command=["./run"], metrics_file=None, build_command=["/bin/sh", "-c", script])
        self.assertEqual(self.measure("v1"), (7.0, mock.ANY))

    def test_requirements(self):
        repository = measuring(self.allowed / "one").put("requirements.txt", "hivepoints==1.0\n")
        repository.commit()
        refused = self.refusal(repository)
        self.assertIn("[dynamic] index", refused.detail)
        packages = self.place / "packages"
        packages.mkdir()
        with zipfile.ZipFile(packages / "hivepoints-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr("hivepoints.py", "VALUE = 5\n")
            info = "hivepoints-1.0.dist-info/"
            wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: hivepoints\nVersion: 1.0\n")
            wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(info + "RECORD", "")
        self.node.__exit__()
        self.node = Node(self.config() + f'index = "{packages}"\n')
        self.addCleanup(self.node.__exit__)
        os.environ["HIVE_DATA"] = self.node.data
        self.connect()
        code = (
            "import hivepoints, json; "
            "print(json.dumps({'points': {'value': hivepoints.VALUE, 'direction': 'higher'}}))"
        )
        done = self.install(repository, command=["python", "-c", code], metrics_file=None)
        self.assertTrue(done["installed"]["has_environment"])
        self.assertEqual(self.measure("v1"), (5.0, mock.ANY))
        repository.put("requirements.txt", "no-such-package-here==1.0\n")
        repository.commit()
        self.assertIn("pip install", self.refusal(repository, command=["python", "-c", code]).detail)
        self.assertEqual(self.measure("v2")[0], 5.0)

    def test_asks_without_waiting(self):
        repository = measuring(self.allowed / "one")
        begun = self.install(repository, wait=False)
        self.assertIn(begun["state"], ("waiting", "fetching"))
        deadline = time.monotonic() + PATIENCE_S
        while (now := self.client.get_install("bench"))["state"] != "installed":
            self.assertNotEqual(now["state"], "failed", now)
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def test_a_gpu_is_not_used_without_a_lease(self):
        self.install(measuring(self.allowed / "one"), requires_gpu=True, min_vram_gb=1.0)
        outcome = self.measure("v1")[1]
        self.assertEqual(outcome["status"], "skipped")
        self.assertIn("no GPU of this node can be leased", outcome["reason"])

    def test_drop_in(self):
        repository = measuring(self.allowed / "one", value=3)
        done = self.client.discover_and_install(repository.url, "bench", run_command="./measure.sh")
        self.assertEqual(done["installed"]["commit"], repository.head)
        self.assertEqual(self.measure("v1")[0], 3.0)

    # -- requests that are refused ------------------------------------------------------------------------------------

    def test_nothing_is_allowed_by_default(self):
        with Node() as node, Client(node.url, timeout_s=PATIENCE_S, token_file=node.data + "/operator.token") as client:
            with self.assertRaises(NodeError) as raised:
                client.install_benchmark("bench", "file:///srv/one", ["./run"])
            self.assertEqual(raised.exception.status, 403)
            self.assertIn("[dynamic] allowed", raised.exception.detail)

    def test_urls(self):
        canary = self.place / "canary"
        outside = measuring(self.place / "outside")
        for url, status, word in (
            (f"ext::sh -c touch% {canary}", 400, "transport helper"),
            (f"ext::sh -c 'touch {canary}' /x", 400, "transport helper"),
            ("ssh://git@example.org/x", 400, "scheme ssh"),
            ("git@example.org:x", 400, "ssh"),
            ("git://example.org/x", 400, "scheme git"),
            ("http://example.org/x", 400, "scheme http"),
            (str(self.allowed / "one"), 400, "plain path"),
            (f"file://{self.allowed}/../outside", 400, "'..'"),
            (f"file://{self.allowed}/%2e%2e/outside", 400, "letters, digits"),
            (outside.url, 403, "prefixes"),
            (f"file://{self.allowed}2/x", 403, "prefixes"),
            ("https://user:secret@example.org/x", 400, "user name"),
        ):
            with self.subTest(url), self.assertRaises(NodeError) as raised:
                self.client.install_benchmark("bench", url, ["./run"])
            self.assertIn(word, raised.exception.detail)
            self.assertIn(raised.exception.status, (status, 422), raised.exception)
        self.assertFalse(canary.exists())

    def test_bad_requests(self):
        repository = measuring(self.allowed / "one")
        for more, word in (
            ({"commit": "1" * 40}, "has no commit"),
            ({"commit": "no-such-branch"}, "no branch, tag or commit"),
            ({"command": ["./missing.sh"]}, "missing.sh"),
            ({"command": ["./README"]}, "not executable"),
            ({"command": []}, "run_command"),
            ({"metrics_file": "../out.json"}, "metrics_file"),
            ({"metrics_file": "/etc/passwd"}, "metrics_file"),
            ({"format": "no-such-format"}, "format"),
            ({"network": True}, "[dynamic] network"),
            ({"name": "regression"}, "exists already"),
            ({"build_command": ["/bin/false"]}, "/bin/false"),
            ({"build_command": ["mkfifo", "pipe"]}, "pipe"),
        ):
            with self.subTest(str(more)):
                self.assertIn(word, self.refusal(repository, **more).detail)
        self.assertIn("cannot be reached", self.refusal(mock.Mock(url=f"file://{self.allowed}/none")).detail)
        self.assertEqual(self.left(), [])
        failed = self.client.get_install("bench")
        self.assertEqual(failed["state"], "failed")
        self.assertNotIn("installed", failed)

    def test_metrics_files(self):
        secret = self.place / "secret"
        secret.write_text('{"points": {"value": 9, "direction": "higher"}}', encoding="utf-8")
        for script, word in (
            ("true", "results.json is missing"),
            ("echo '{\"points\":' > results.json", "results.json"),
            ("echo '[]' > results.json", "no known format"),
            ("echo '{}' > results.json", "results.json"),
            ("truncate -s 1G results.json", "results.json"),
            (f"ln -s {secret} results.json", "results.json"),
            ("ln -s /etc/hostname results.json", "results.json"),
            ("mkfifo results.json", "results.json"),
            ("mkdir results.json", "results.json"),
            ("exit 3", "3"),
            (f"cat {secret}", "No such file"),
        ):
            with self.subTest(script):
                repository = Repository(self.allowed / str(abs(hash(script)))).put("run", "#!/bin/sh\n" + script, 0o755)
                repository.commit()
                self.install(repository, command=["./run"])
                value, outcome = self.measure("v1")
                self.assertIsNone(value)
                self.assertEqual(outcome["status"], "error")
                self.assertIn(word, outcome["reason"])

    def test_a_results_file_of_the_repository_is_not_a_result(self):
        repository = measuring(self.allowed / "one")
        repository.put("results.json", '{"points": {"value": 99, "direction": "higher"}}').put("run", "#!/bin/sh\n", 0o755)
        repository.commit()
        self.install(repository, command=["./run"])
        self.assertIn("missing", self.measure("v1")[1]["reason"])

    # -- hostile repositories -----------------------------------------------------------------------------------------

    def test_hostile_trees(self):
        repository = measuring(self.allowed / "one")
        for mode, name, content, word in (
            ("120000", "evil", b"/etc/passwd", "symbolic link"),
            ("120000", "inner", b"README", "symbolic link"),
            ("160000", "module", b"", "submodule"),
            ("40000", ".git", b"#!/bin/sh", ".git"),
            ("40000", ".GIT", b"#!/bin/sh", ".git"),
            ("40000", "git~1", b"#!/bin/sh", ".git"),
            ("40000", ".g\u200cit", b"#!/bin/sh", ".git"),
            ("40000", ".git ", b"#!/bin/sh", ".git"),
            ("100644", ".git::$INDEX_ALLOCATION", b"", ".git"),
            ("100644", "..", b"", "no file name"),
            ("100644", "a/b", b"", "no file name"),
            ("100644", "tab\there", b"", "control character"),
            ("100644", "n" * 300, b"", "255 bytes"),
        ):
            with self.subTest(name):
                crafted = repository.commit_entry(mode, name, content)
                repository.git("update-ref", "refs/heads/crafted", crafted)
                refused = self.refusal(repository, commit=crafted)
                self.assertIn(word, refused.detail)
        self.assertEqual(self.left(), [])

    def test_a_bomb_leaves_the_memory_of_the_node_flat(self):
        repository = Repository(self.allowed / "bomb")
        zeros = repository.path / "zeros"
        with open(zeros, "wb") as file:
            file.truncate(1_000_000_000)
        repository.git("-c", "core.bigFileThreshold=2g", "-c", "core.compression=1", "add", ".")
        repository.commit()
        zeros.unlink()
        before = self.rss_mib()
        highest, stop = [before], threading.Event()

        def watch():
            while not stop.wait(0.01):
                highest.append(self.rss_mib())

        watcher = threading.Thread(target=watch)
        watcher.start()
        refused = self.refusal(repository)
        stop.set()
        watcher.join()
        print(f"bomb: RSS of hived {before:.0f} MiB before, {max(highest):.0f} MiB at most")
        self.assertIn("memory", refused.detail)
        self.assertEqual(refused.code, "too_large")
        self.assertLess(max(highest) - before, 32)
        self.assertEqual(self.left(), [])

    # -- faults -------------------------------------------------------------------------------------------------------

    def test_kill_during_an_install(self):
        seed = int(os.environ.get("HIVE_SEED", time.time_ns() % 2**32))
        print("HIVE_SEED", seed)
        chance = random.Random(seed)
        repository = measuring(self.allowed / "one")
        repository.put("data", chance.randbytes(3_000_000))
        heads = [repository.commit()]
        repository.put("more", chance.randbytes(3_000_000))
        heads.append(repository.commit())
        installed = None
        for round_ in range(6):
            wanted = heads[round_ % 2]
            try:
                self.install(repository, commit=wanted, wait=False)
                time.sleep(chance.uniform(0, 1.2))
            except HivemarkError:
                pass
            self.restart()
            installs = self.client.list_installs()["installs"]
            now = installs[0]["installed"]["commit"] if installs else None
            self.assertIn(now, (installed, wanted), "either the old commit or the new one")
            installed = now
            self.await_left(1 if installed else 0)
            if installed:
                self.assertEqual(self.measure(f"v{round_}")[0], 1.0)
        self.install(repository)
        self.assertEqual(self.measure("last")[0], 1.0)

    def test_files_of_another_node_stay(self):
        self.install(measuring(self.allowed / "one"))
        foreign = self.installs / "bench/0123456789ab-ffffffff-1"
        foreign.mkdir()
        self.restart()
        self.client.remove_benchmark("bench")
        self.await_left(1)
        self.assertEqual(self.left(), ["bench/0123456789ab-ffffffff-1"])

    # -- speed --------------------------------------------------------------------------------------------------------

    def test_speed_beside_a_shallow_clone(self):
        repository = measuring(self.allowed / "ten")
        chance = random.Random(1)
        for number in range(200):
            text = "".join(f"line {chance.randrange(10**6)} of the file\n" for _ in range(1200)).encode()
            repository.put(f"d{number % 10}/f{number}", chance.randbytes(25_000) + text)
        repository.commit()
        clones, installs = [], []
        for number in range(3):
            began = time.monotonic()
            subprocess.run(
                ["git", "clone", "-q", "--depth", "1", repository.url, self.place / f"clone{number}"], check=True, env=GIT
            )
            clones.append(time.monotonic() - began)
            began = time.monotonic()
            self.install(repository)
            installs.append(time.monotonic() - began)
        print(
            f"10 MB, 200 files: clone --depth 1 {min(clones):.2f} s, install {min(installs):.2f} s, "
            f"ratio {min(installs) / min(clones):.2f}"
        )


if __name__ == "__main__":
    unittest.main()
