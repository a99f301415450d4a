"""Verdict documents of a real node: written, verified by the node and without it, and what was tampered with named."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from hivemark import Client
from real_node_test import PATIENCE_S, Node

BENCH = """
import json
state = open("state", "r+")
number = int(state.read()) + 1
state.seek(0)
state.write(str(number))
step = int(open("step").read())
value = 100 + step + number * 7919 % 13 / 16
print(json.dumps({"metrics": {"work": {"value": value, "direction": "lower", "unit": "ms"}}}))
"""
RULES = '[[metrics]]\nname = "bench.*"\nmargin = 0.04\n'


class VerdictDocumentTest(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)
        for version, step in [("v1", 0), ("same", 0), ("slow", 12), ("v0", 0)]:
            (self.place / version).mkdir()
            for name, content in [("state", "0"), ("step", str(step)), ("bench.py", BENCH)]:
                (self.place / version / name).write_text(content, encoding="utf-8")
        self.node = Node(f'[versions]\n"*" = "{self.place}/{{version}}"\n' + RULES)
        self.addCleanup(self.node.__exit__)
        self.client = Client(self.node.url, token_file=self.node.data + "/operator.token", timeout_s=PATIENCE_S)
        self.addCleanup(self.client.close)
        self.document = self.place / "verdict.json"
        self.inputs = self.place / "inputs"

    def hivectl(self, *arguments, url=None):
        command = [os.environ["HIVECTL"], "--url", url or self.node.url]
        command += ["--token-file", self.node.data + "/operator.token", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=PATIENCE_S * 5, check=False)

    def verify(self, *more, status=0, url=None):
        result = self.hivectl("upgrade", "verify", self.document, *more, url=url)
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        return result.stdout + result.stderr

    def offline(self, status=0):
        """Without a node: nothing listens there."""
        return self.verify("--snapshots", self.inputs, status=status, url="http://127.0.0.1:9")

    def measure(self, old, new, status):
        """What else runs on the machine may disturb too many pairs; then it measures again."""
        command = ["upgrade", "measure", old, new, "--adapter", "bench", "--pairs", "12", "--document", self.document]
        for _ in range(5):
            result = self.hivectl(*command)
            if "do not count" not in result.stdout or result.returncode != 2:
                break
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)

    def snapshot(self, version, latency):
        samples = [latency + number * 31 % 7 / 8 for number in range(20)]
        metric = {"value": sum(samples) / 20, "samples": samples, "direction": "lower", "unit": "ms"}
        self.client.import_snapshot(version, {"metrics": {"latency": metric, "none": {"value": -0.0, "direction": "lower"}}})

    def test_snapshots_are_judged_and_verified_with_and_without_the_node(self):
        self.snapshot("v1", 100)
        self.snapshot("v2", 120)
        for policy in ("strict", "threshold", "statistical"):
            with self.subTest(policy):
                checked = self.hivectl("upgrade", "check", "v1", "v2", "--policy", policy, "--document", self.document)
                plain = self.hivectl("upgrade", "check", "v1", "v2", "--policy", policy)
                self.assertEqual((checked.returncode, checked.stdout), (plain.returncode, plain.stdout))
                text = self.document.read_bytes()
                self.assertEqual(text, self.client.upgrade_document("v1", "v2", policy=policy).encode())
                self.assertTrue(text.endswith(b"}\n"))
                told = self.verify()
                self.assertIn("Verified", told)
                self.assertIn(hashlib.sha256(text).hexdigest(), told)
        exported = self.hivectl("upgrade", "export", self.document, self.inputs)
        self.assertEqual(exported.returncode, 0, exported.stderr)
        named = {json.loads(text)[side]["sha256"] for side in ("old", "new")}
        self.assertEqual({hashlib.sha256(path.read_bytes()).hexdigest() for path in self.inputs.iterdir()}, named)
        self.node.kill()
        self.offline()
        self.assertEqual(self.hivectl("upgrade", "verify", self.document).returncode, 69)

    def test_a_plain_export_of_a_snapshot_serves_as_well(self):
        self.snapshot("v1", 100)
        self.snapshot("v2", 101)
        self.hivectl("upgrade", "check", "v1", "v2", "--document", self.document)
        self.inputs.mkdir()
        (self.inputs / "notes.json").write_text("[]", encoding="utf-8")
        for version in ("v1", "v2"):
            self.hivectl("snapshot", "export", version, "--out", self.inputs / (version + "-of-mine.json"))
        self.assertIn("notes.json is left out", self.offline())

    def test_pairs_are_verified_and_tampering_is_named(self):
        self.client.register_benchmark("bench", [sys.executable, "bench.py"])
        self.measure("v0", "v1", status=0)
        self.measure("v1", "slow", status=1)
        content = json.loads(self.document.read_text(encoding="utf-8"))
        self.assertEqual(content["reference"]["version"], "v0")
        self.assertEqual(content["result"]["verdict"], "regressed")
        self.assertEqual(content["configured"], [{"name": "bench.*", "margin": 0.04}])
        self.assertGreaterEqual(len(content["measurement"]["rounds"]), 8)
        self.verify()
        self.assertEqual(self.hivectl("upgrade", "export", self.document, self.inputs).returncode, 0)
        self.assertEqual(self.hivectl("upgrade", "export", self.document, self.inputs).returncode, 0, "the same again")
        self.node.kill()
        self.assertIn("Verified", self.offline())
        self.tamper_with_inputs(content["measurement"]["id"])
        self.tamper_with_the_document()

    def tamper_with_inputs(self, measurement):
        path = self.inputs / f"round-{measurement}-bench-3.json"
        kept = path.read_text(encoding="utf-8")
        path.write_text(kept.replace('"value":1', '"value":2', 1), encoding="utf-8")
        self.assertIn(f"round 3 of bench in measurement {measurement} has the hash", self.offline(status=1))
        path.unlink()
        self.assertIn(f"round 3 of bench in measurement {measurement} is missing", self.offline(status=1))
        path.write_text(json.dumps(json.loads(kept), indent=2), encoding="utf-8")
        self.offline()

    def tamper_with_the_document(self):
        kept = self.document.read_text(encoding="utf-8")
        for what, by, status, told in [
            ('"verdict":"regressed"', '"verdict":"safe"', 1, "/result/verdict is"),
            ('"margin":0.04}', '"margin":0.4}', 1, "/rules/"),
            ('"algorithm":1', '"algorithm":9', 65, "its algorithm has version 9, and the known versions are 1"),
            ('"query":{', '"query":[', 65, "verdict.json: "),
            ('{"', '{ "', 1, "the file was written anew: byte 2"),
        ]:
            with self.subTest(by):
                self.assertIn(what, kept)
                self.document.write_text(kept.replace(what, by, 1), encoding="utf-8")
                self.assertIn(told, self.offline(status=status))
        self.document.write_text(kept[: len(kept) // 2], encoding="utf-8")
        self.offline(status=65)
        self.document.unlink()
        self.offline(status=74)

    def test_a_version_without_a_snapshot_has_a_document_too(self):
        self.snapshot("v1", 100)
        checked = self.hivectl("upgrade", "check", "v1", "v1.1", "--document", self.document)
        self.assertEqual(checked.returncode, 2)
        self.assertEqual(json.loads(self.document.read_text(encoding="utf-8"))["new"], {"version": "v1.1"})
        self.verify()
        self.snapshot("v1.1", 100)
        self.verify()
        self.client.delete_capture("v1", 1, reason="it was wrong")
        self.assertIn("the snapshot of v1, capture 1, is missing", self.verify(status=1))


if __name__ == "__main__":
    unittest.main()
