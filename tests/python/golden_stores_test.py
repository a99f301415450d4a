"""The data directories and backups that released builds left open with the build of today and say the same; those of a
later build are refused by name, and nothing in them is changed.

tests/data/golden has a directory for each release, and one of an earlier commit; golden_store.py made them. A later
build is this source with a later version of its store (see tests/CMakeLists.txt).
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from golden_store import PATIENCE_S, STORES, LoneNode, missing, unpack

EXIT_NEWER_DATA = 65
LATER, LATER_SCHEMA = "99.1.0", 1000
HIVED, HIVECTL, HIVED_LATER_STORE = (os.environ[name] for name in ("HIVED", "HIVECTL", "HIVED_LATER_STORE"))


def hivectl(*words):
    """Status, and all that it said."""
    done = subprocess.run([HIVECTL, "--json", *map(str, words)], capture_output=True, text=True, timeout=PATIENCE_S)
    return done.returncode, done.stdout + done.stderr


def content(directory):
    return {str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(directory.rglob("*")) if path.is_file()}


class GoldenCase(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)

    def unpacked(self, golden, what="data"):
        out = self.root / f"{golden.name}-{what}"
        unpack(golden / f"{what}.tar.xz", out)
        return out


class OlderTest(GoldenCase):
    def each(self):
        found = sorted(path for path in STORES.iterdir() if path.is_dir())
        self.assertIn("0.1.0", [path.name for path in found])
        for golden in found:
            with self.subTest(golden.name):
                yield golden, json.loads((golden / "answers.json").read_text(encoding="utf-8"))

    def expect_same(self, node, told):
        answers = node.answers()
        self.assertEqual(sorted(told["answers"]), sorted(answers))
        self.assertEqual(list(missing(told["answers"], answers)), [])

    def test_every_data_directory_opens_and_says_the_same(self):
        for golden, told in self.each():
            data = self.unpacked(golden)
            for start in range(2):  # the first takes it over, the second reads what that wrote
                with LoneNode(HIVED, data) as node:
                    self.assertEqual(node.id, told["node"])
                    self.assertEqual(node.get("/healthz")["epoch"], told["epoch"] + start)
                    self.expect_same(node, told)
            print(f"{golden.name} (hived {told['software']}): {len(told['answers'])} answers as they were")

    def test_every_backup_is_verified_and_restored(self):
        count = 0
        for golden, told in self.each():
            if not (golden / "backups.tar.xz").exists():
                continue  # older than backups
            backups, new = self.unpacked(golden, "backups"), self.root / f"{golden.name}-new"
            status, text = hivectl("backup", "verify", backups, "--open")
            self.assertEqual(status, 0, text)
            numbers = [each["number"] for each in json.loads(text)["backups"]]
            self.assertEqual(numbers, [2, 1])
            for number, records in ((1, 60), (2, 61)):
                status, text = hivectl("backup", "restore", backups, number, "--data", new, "--same-node")
                self.assertEqual(status, 0, text)
                with LoneNode(HIVED, new) as node:
                    self.assertEqual(node.id, told["node"])
                    self.assertEqual(node.get("/tools/summary")["total_benchmarks"], records)
                shutil.rmtree(new)
                count += 1
        self.assertGreater(count, 0)


class LaterTest(GoldenCase):
    def setUp(self):
        super().setUp()
        self.data = self.unpacked(STORES / "0.1.0")

    def later(self):
        return LoneNode(HIVED_LATER_STORE, self.data)

    def expect_refused(self, *arguments, names=()):
        """By status and by name, and every byte stays as it was."""
        before = content(self.data)
        done = subprocess.run([HIVED, "--data", self.data, "--http", "127.0.0.1:0", *arguments], capture_output=True,
                              text=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, EXIT_NEWER_DATA, done.stderr)
        own = subprocess.run([HIVED, "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
        for name in (str(self.data), f"schema version {LATER_SCHEMA}", f"this hived ({own}) reads up to ",
                     "Nothing in it was changed", "restore a backup", *names):
            self.assertIn(name, done.stderr)
        self.assertEqual(content(self.data), before)

    def test_a_data_directory_of_a_later_build_is_refused_and_stays_as_it_is(self):
        with self.later():
            pass
        self.expect_refused(names=[f"last written by hived {LATER}", f"Install hived {LATER}"])
        self.expect_refused("--accept-losses", names=[f"last written by hived {LATER}"])
        (self.data / "acknowledged").unlink()
        self.expect_refused(names=["last written by a later hived"])
        self.expect_refused("--accept-losses", names=["last written by a later hived"])

    def test_the_later_build_opens_it_again(self):
        with self.later() as node:
            answers = node.answers()
        self.expect_refused()
        with self.later() as node:
            self.assertEqual(list(missing(answers, node.answers())), [])

    def test_a_backup_of_a_later_build_is_refused_by_name(self):
        backups, new = self.root / "backups", self.root / "new"
        with self.later() as node:
            node.post("/backups", {"to": str(backups)})
        before = content(backups)
        manifest = str(backups / "backups/1/manifest.json")
        for words in (("verify", backups), ("verify", backups, "--open"),
                      ("restore", backups, "--data", new, "--same-node"),
                      ("restore", backups, "--data", new, "--new-node")):
            status, text = hivectl("backup", *words)
            self.assertEqual(status, 65 if words[0] == "restore" else 1, text)
            for name in (manifest, f"schema version {LATER_SCHEMA}", "reads up to ", f"Use hived {LATER}"):
                self.assertIn(name, text)
        self.assertEqual([path.name for path in self.root.iterdir() if path.name.startswith("new")], [])
        status, text = hivectl("backup", "list", backups)
        self.assertEqual(status, 0, text)
        self.assertIn(f"Use hived {LATER}", json.loads(text)["backups"][0]["problem"])
        changed = {name for name, digest in content(backups).items() if before.get(name) != digest}
        self.assertLessEqual(changed, {"checks.json"})

    def test_a_manifest_of_a_later_form_is_refused_by_name(self):
        """Its other members are unknown, and its signature cannot be checked."""
        backups = self.unpacked(STORES / "0.1.0", "backups")
        file = backups / "backups/2/manifest.json"
        told = json.loads(file.read_text(encoding="utf-8"))
        file.write_text(json.dumps({**told, "format": 2, "software": LATER, "sealed": {"by": "x"}}), encoding="utf-8")
        status, text = hivectl("backup", "restore", backups, "--data", self.root / "new", "--same-node")
        self.assertEqual(status, 65, text)
        for name in (str(file), "has format 2", "reads up to 1", f"Use hived {LATER}"):
            self.assertIn(name, text)
        self.assertFalse((self.root / "new").exists())


if __name__ == "__main__":
    unittest.main()
