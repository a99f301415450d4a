"""Backups of real nodes: under load, on a full disk, killed at any moment, damaged, restored into a hive."""

import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from gate_hive import GOOD, IS_SOAK, GateHive, wait_until
from gate_node import PATIENCE_S, GateNode, Refused

TOOLS = ("aider", "claude", "codex")
PROGRAM = Path(os.environ["HIVECTL"]).with_name("hive-backup")
_addresses = itertools.count(1)


def batch(start, count):
    return [{"task_type": f"t{i % 7}", "tool_name": TOOLS[i % 3], "completion_time_s": 1 + i % 10, "success": i % 4 > 0}
            for i in range(start, start + count)]


def hivectl(*words, ok=True):
    """The answer of `hivectl --json`, or with ok=False its exit status and what it complained of."""
    done = subprocess.run([os.environ["HIVECTL"], "--json", *map(str, words)], capture_output=True, text=True,
                          timeout=PATIENCE_S)
    if not ok:
        return done.returncode, done.stderr + done.stdout
    if done.returncode != 0:
        raise AssertionError(f"{words} ended with {done.returncode}: {done.stderr}{done.stdout}")
    return json.loads(done.stdout)


class BackupCase(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)
        self.backups = self.root / "backups"
        seed = int(os.environ.get("HIVE_SEED") or random.SystemRandom().randrange(2**32))
        print("seed", seed)
        self.choose = random.Random(seed)

    def node(self, name="n", config="", wrapper=(), data=None, start=True):
        node = GateNode(self.root / name, name, f"127.{200 + os.getpid() % 50}.77.{next(_addresses)}", wrapper=wrapper)
        self.addCleanup(node.end)
        if data:
            node.data = data
        node.configure(f'[backup]\ndirectory = "{self.backups}"\nmin_free_mib = 16\n{config}')
        if start:
            node.start()
        return node

    def record(self, node, start, count):
        node.request("POST", "/tasks", batch(start, count))

    def create(self, node, **request):
        return node.request("POST", "/backups", request)

    def restart_on(self, node, data):
        """The node with another data directory."""
        node.end()
        node.data = data
        node.start()

    def problems(self, *words):
        """Of all backups, by number."""
        _, text = hivectl("backup", "verify", self.backups, *words, ok=False)
        return {each["number"]: each.get("problem") for each in json.loads(text)["backups"]}

    def files(self, number):
        manifest = json.loads((self.backups / f"backups/{number}/manifest.json").read_text(encoding="utf-8"))
        return [f"backups/{number}/manifest.json"] + [each["path"] for each in manifest["files"]]

    @staticmethod
    def flip(path, offset):
        with open(path, "r+b") as file:
            file.seek(offset)
            byte = file.read(1)[0]
            file.seek(offset)
            file.write(bytes([byte ^ 1 << offset % 8]))


class OneNodeTest(BackupCase):
    def test_a_restored_store_has_the_statistics_of_the_moment_of_the_backup(self):
        """Records are stored together with the statistics over them, so the copy's must agree with each other."""
        node = self.node()
        recorded, is_over = [0], threading.Event()

        def write():
            while not is_over.is_set():
                self.record(node, recorded[0], 20)
                recorded[0] += 20

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for number in range(1, 4):
                time.sleep(0.5)
                before = recorded[0]
                made = self.create(node)
                after = recorded[0] + 20
        finally:
            is_over.set()
            writer.join()
        self.assertEqual(made["backup"]["number"], number)
        self.assertGreater(after, before + 20, "nothing was written meanwhile")
        hivectl("backup", "verify", self.backups, "--open")
        restored = hivectl("backup", "restore", self.backups, 3, "--data", self.root / "new", "--same-node")
        self.assertEqual(restored["node"], node.id)
        self.restart_on(node, self.root / "new")
        told = node.get("/tools/summary")
        total = told["total_benchmarks"]
        self.assertTrue(before <= total <= after, (before, total, after))
        print(f"the copy has {total} records; {before} to {after} were acknowledged while it was made")
        records, path = [], "/tasks?limit=1000"
        page = node.get(path)
        while True:
            records += page["tasks"]
            if "next" not in page:
                break
            page = node.get(f"{path}&after={page['next']}")
        self.assertEqual([each["sequence"] for each in reversed(records)], list(range(1, total + 1)))
        # The same records on another node give the same figures.
        other = self.node("other")
        for start in range(0, total, 5_000):
            self.record(other, start, min(5_000, total - start))
        self.assertEqual(other.get("/tools/summary"), told)
        self.assertEqual(node.get("/tools/delta")["coding_benchmarks"], other.get("/tools/delta")["coding_benchmarks"])

    def test_any_flipped_byte_is_named(self):
        node = self.node()
        self.record(node, 0, 500)
        self.create(node)
        self.record(node, 500, 500)
        self.create(node)
        for path in self.files(2):
            file = self.backups / path
            if file.stat().st_size == 0:
                continue
            with self.subTest(path=path):
                offset = self.choose.randrange(file.stat().st_size)
                self.flip(file, offset)
                status, text = hivectl("backup", "verify", self.backups, 2, ok=False)
                self.assertEqual(status, 1)
                self.assertIn(path, text)
                status, text = hivectl("backup", "restore", self.backups, 2, "--data", self.root / "new", "--new-node",
                                       ok=False)
                self.assertEqual(status, 1)
                self.assertIn(path, text)
                self.assertEqual([], list(self.root.glob("new*")))
                self.flip(file, offset)
        self.assertEqual(self.problems("--open"), {1: None, 2: None})

    def test_an_incremental_backup_over_a_flipped_table_repairs_it(self):
        node = self.node()
        self.record(node, 0, 500)
        self.create(node)
        table = next(path for path in self.files(1) if path.endswith(".sst"))
        self.flip(self.backups / table, 100)
        self.assertIn(table, self.problems()[1])
        made = self.create(node)
        self.assertIn(table, made["repaired"][0])
        self.assertIn("copied again", node.log())
        self.assertEqual(self.problems("--open"), {1: None, 2: None})

    def test_another_node_is_refused(self):
        first, second = self.node("first"), self.node("second")
        self.create(first)
        with self.assertRaises(Refused) as caught:
            self.create(second)
        self.assertIn(first.id, str(caught.exception))
        with self.assertRaises(Refused) as caught:
            self.create(first, to=str(first.data / "store" / "b"))
        self.assertIn("neither may lie in the other", str(caught.exception))
        self.assertEqual(self.problems(), {1: None})

    def test_a_new_node_runs_beside_the_original(self):
        node = self.node()
        self.record(node, 0, 100)
        self.create(node)
        hivectl("backup", "restore", self.backups, "--data", self.root / "copied", "--new-node")
        copy = self.node("copy", data=self.root / "copied")
        self.assertNotEqual(copy.id, node.id)
        self.record(copy, 100, 10)
        self.assertEqual(copy.get("/tools/summary")["total_benchmarks"], 110)
        self.assertEqual(node.get("/tools/summary")["total_benchmarks"], 100)
        # Their backups are those of two nodes.
        with self.assertRaises(Refused):
            self.create(copy)
        self.create(copy, to=str(self.root / "others"))

    def test_status_list_and_prune(self):
        node = self.node()
        self.assertNotIn("last_success", node.get("/backups"))
        for _ in range(2):
            self.create(node)
        own = ("--url", f"http://{node.endpoint}", "--token-file", node.data / "operator.token")
        made = hivectl(*own, "backup", "create", "--rate-mib", 100)
        self.assertEqual((made["backup"]["number"], made["directory"]), (3, str(self.backups)))
        told = node.get("/backups")
        self.assertEqual((told["count"], told["directory"], told["node"]), (3, str(self.backups), node.id))
        self.assertEqual(told["last_success"], told["backups"][0]["created_at"])
        self.assertIn("last_verified", told)
        self.assertEqual(hivectl(*own, "backup", "status")["count"], 3)
        self.assertEqual([each["number"] for each in hivectl("backup", "list", self.backups)["backups"]], [3, 2, 1])
        hivectl("backup", "verify", self.backups, 3)
        self.assertEqual(hivectl("backup", "prune", self.backups, "--keep-last", 2)["deleted"], [1])
        self.assertEqual(hivectl("backup", "prune", self.backups, ok=False)[0], 64)
        self.assertEqual(hivectl("backup", "restore", self.backups, 1, "--data", self.root / "x", "--new-node",
                                 ok=False)[0], 66)
        self.assertEqual(hivectl("backup", "restore", self.backups, 3, "--data", self.root / "x", ok=False)[0], 64)
        self.assertEqual(self.create(node)["backup"]["number"], 4)

    def test_the_node_makes_them_by_itself(self):
        node = self.node(config='every = "1m"\n')
        wait_until(lambda: node.get("/backups").get("last_success"), node.log)
        first = node.get("/backups")
        self.assertEqual((first["every_s"], first["count"]), (60, 1))
        node.end()
        node.start()  # the age of the newest one counts, not that of the process
        self.record(node, 0, 1)
        self.assertEqual(node.get("/backups")["last_success"], first["last_success"])

    def test_a_restore_that_is_killed_leaves_no_half_store(self):
        node = self.node()
        for start in range(0, 20_000, 2_000):
            self.record(node, start, 2_000)
        self.create(node)
        new = self.root / "new"
        command = [PROGRAM, "restore", "--data", new, "--same-node", "--", self.backups]
        began = time.monotonic()
        subprocess.run(command, check=True, capture_output=True)
        whole_s = time.monotonic() - began
        shutil.rmtree(new)
        killed, complete = 0, 0
        for _ in range(200 if IS_SOAK else 25):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            time.sleep(self.choose.random() * whole_s)
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
            if new.exists():
                complete += 1
                node.end()
                self.restart_on(node, new)
                self.assertEqual(node.get("/tools/summary")["total_benchmarks"], 20_000)
                node.end()
                shutil.rmtree(new)
        self.assertGreater(killed, 0)
        subprocess.run(command, check=True, capture_output=True)
        self.assertFalse(Path(f"{new}.partial").exists())
        self.restart_on(node, new)
        self.assertEqual(node.get("/tools/summary")["total_benchmarks"], 20_000)
        print(f"{killed} restores killed within {whole_s:.2f} s; {complete} were complete")

    def test_a_node_that_is_killed_while_it_makes_one_leaves_the_earlier_ones(self):
        node = self.node()
        for start in range(0, 60_000, 10_000):
            self.record(node, start, 10_000)
        self.create(node)
        for number in range(4):
            self.record(node, number, 10_000)
            thread = threading.Thread(target=self.create_until_killed, args=(node,))
            thread.start()
            time.sleep(self.choose.random() * 0.5)
            node.end()
            thread.join()
            self.assertNotIn(True, [bool(why) for why in self.problems("--open").values()])
            node.start()
        made = self.create(node)
        needed = {path for number in self.problems() for path in self.files(number)}
        found = {str(path.relative_to(self.backups)) for path in self.backups.rglob("*") if path.is_file()}
        self.assertEqual(found - needed, {"owner.json", "checks.json"})
        self.assertEqual(set(self.problems("--open").values()), {None})
        print(f"{made['backup']['number']} is the number of the backup after four kills")

    def create_until_killed(self, node):
        try:
            self.create(node)
        except (OSError, Refused, ValueError):
            pass  # it was killed


class FullDiskTest(BackupCase):
    def small(self, mib):
        """Makes the directory of the backups a disk of its own that only the node sees."""
        self.backups.mkdir()
        mount = f'mount -t tmpfs -o size={mib}m hive-test {self.backups} && exec "$0" "$@"'
        wrapper = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount]
        probe = subprocess.run([*wrapper, "true"], capture_output=True, text=True, check=False)
        if probe.returncode != 0:
            self.skipTest(f"no small disk can be made here: {probe.stderr}")
        return wrapper

    def fill(self, node, start, count):
        """Snapshots whose samples do not compress: some 40 KB each."""
        for number in range(start, start + count):
            samples = {f"m{i}": [self.choose.random() for _ in range(1_000)] for i in range(5)}
            node.put_snapshot(f"v{number}", samples)

    def test_ends_with_the_old_ones_intact(self):
        node = self.node(wrapper=self.small(48))
        self.backups = Path(f"/proc/{node.pid}/root{self.backups}")  # as others see it
        self.fill(node, 0, 100)
        self.create(node)
        used = self.used()
        self.fill(node, 100, 1_000)
        with self.assertRaises(Refused) as caught:
            self.create(node)
        self.assertEqual(caught.exception.status, 507, caught.exception)
        self.assertIn("is full", str(caught.exception))
        self.assertIn("is full", node.get("/backups")["last_error"])
        self.assertEqual(self.problems("--open"), {1: None})
        self.assertLess(self.used(), used + (1 << 20), "the failed one left files")
        # The node itself goes on, and makes backups where there is room.
        self.fill(node, 1_100, 1)
        self.assertEqual(self.create(node, to=str(self.root / "roomy"))["backup"]["number"], 1)

    def used(self):
        return sum(path.stat().st_size for path in self.backups.rglob("*") if path.is_file())


class ResticTest(BackupCase):
    def test_a_copy_by_restic_is_whole(self):
        if not shutil.which("restic"):
            self.skipTest("restic is not installed")
        env = {**os.environ, "RESTIC_PASSWORD": "p", "RESTIC_REPOSITORY": str(self.root / "repository"),
               "XDG_CACHE_HOME": str(self.root / "cache"), "HOME": str(self.root)}

        def restic(*words):
            subprocess.run(["restic", *map(str, words)], env=env, check=True, capture_output=True, timeout=PATIENCE_S)

        node = self.node()
        self.record(node, 0, 500)
        self.create(node)
        restic("init")
        restic("backup", self.backups)
        self.record(node, 500, 500)
        self.create(node)
        restic("backup", self.backups)
        restic("check", "--read-data")
        shutil.rmtree(self.backups)
        restic("restore", "latest", "--target", "/", "--include", self.backups)
        self.assertEqual(self.problems("--open"), {1: None, 2: None})
        hivectl("backup", "restore", self.backups, "--data", self.root / "new", "--same-node")
        self.restart_on(node, self.root / "new")
        self.assertEqual(node.get("/tools/summary")["total_benchmarks"], 1_000)


class HiveTest(unittest.TestCase):
    def test_a_restored_node_takes_part_again_in_a_later_epoch(self):
        with GateHive(3) as hive:
            node, others = hive.nodes[0], hive.nodes[1:]
            backups, new = hive.root / "backups", node.directory / "restored"
            hive.give("before", GOOD)
            which = hive.propose("before", by=1)
            hive.agreed(which, "approved")
            hive.rolled_out(which)
            node.request("POST", "/tasks", batch(0, 100))
            node.request("POST", "/backups", {"to": str(backups)})
            # What it says after the backup is lost with its disk.
            hive.give("after", GOOD)
            which = hive.propose("after", by=1)
            hive.agreed(which, "approved")
            hive.rolled_out(which)
            node.request("POST", "/tasks", batch(100, 50))
            node.end(signal.SIGTERM)
            node.start()
            hive.await_linked()
            epoch = self.seen(others[0], node)["epoch"]

            peers = [word for each in others for word in ("--peer", f"http://{each.endpoint}")]
            restore = ("backup", "restore", backups, "--data", new, "--same-node", *peers)
            status, text = hivectl(*restore, ok=False)
            self.assertEqual(status, 65)
            self.assertIn(f"node {node.id} is active", text)
            self.assertFalse(new.exists())
            node.lose_power()
            wait_until(lambda: self.seen(others[0], node)["state"] not in ("active", "suspect"), hive.logs)
            wait_until(lambda: self.seen(others[1], node)["state"] not in ("active", "suspect"), hive.logs)
            restored = hivectl(*restore)
            self.assertEqual((restored["node"], restored["peers_asked"]), (node.id, 2))
            self.assertGreater(restored["epoch"], epoch)
            shutil.rmtree(node.data)
            new.rename(node.data)
            hive.start()
            for each in others:
                wait_until(lambda each=each: self.seen(each, node)["epoch"] > restored["epoch"], hive.logs)
                self.assertEqual(self.seen(each, node)["state"], "active")
            hive.give("again", GOOD)
            which = hive.propose("again", by=0)
            hive.agreed(which, "approved")
            hive.rolled_out(which)
            hive.expect_sound()  # nobody is in quarantine
            self.assertEqual(node.get("/tools/summary")["total_benchmarks"], 100)

    @staticmethod
    def seen(by, node):
        return next(each for each in by.get("/hive/nodes")["nodes"] if each["id"] == node.id)


if __name__ == "__main__":
    unittest.main()
