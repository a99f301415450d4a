"""Calibration with a real node: a noisy version against itself, kills, the configuration that comes out, and verdicts
that an operator overrules."""

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from hivemark import Client
from real_node_test import PATIENCE_S, Node

SOAK = os.environ.get("HIVE_SOAK") == "1"
# Values around the number in the file `level`, with a deviation of 12%, and a counter that is always 0.
BENCH = """
import json, random
level = float(open("level").read())
print(json.dumps({"metrics": {
    "work": {"value": level * random.gauss(1, 0.12), "direction": "lower", "unit": "points"},
    "steady": {"value": level, "direction": "lower", "unit": "points"},
    "errors": {"value": 0, "direction": "lower", "unit": "errors", "kind": "count"},
}}))
"""


class CalibrationTest(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)
        for version, level in [("v1", 100), ("slow", 200)]:
            (self.place / version).mkdir()
            (self.place / version / "level").write_text(str(level), encoding="utf-8")
            (self.place / version / "bench.py").write_text(BENCH, encoding="utf-8")
        self.config = f'[versions]\n"*" = "{self.place}/{{version}}"\n'
        self.node = Node(self.config)
        self.addCleanup(self.node.__exit__)
        self.connect()
        self.client.register_benchmark("bench", [sys.executable, "bench.py"])

    def connect(self):
        self.client = Client(self.node.url, token_file=self.token_file, timeout_s=PATIENCE_S)
        self.addCleanup(self.client.close)

    @property
    def token_file(self):
        return self.node.data + "/operator.token"

    def hivectl(self, *arguments):
        command = [os.environ["HIVECTL"], "--url", self.node.url, "--token-file", self.token_file, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)

    def await_end(self, measurement, limit_s=600):
        end = time.monotonic() + limit_s
        while True:
            now = self.client.get_measurement(measurement)
            if now["state"] not in ("waiting", "running"):
                return now
            self.assertLess(time.monotonic(), end, now)
            time.sleep(0.2)

    def test_a_noisy_version_has_its_noise_its_margins_and_the_lines_to_configure(self):
        for _ in range(5):  # what else runs on the machine may disturb too many pairs
            shown = self.hivectl("upgrade", "calibrate", "v1", "--adapter", "bench")
            if shown.returncode != 2:
                break
        self.assertEqual(shown.returncode, 0, shown.stdout + shown.stderr)
        print(shown.stdout)
        done = self.client.get_measurement(self.client.list_measurements()["measurements"][0]["id"])
        by_name = {each["metric"]: each for each in done["calibrations"]}
        work = by_name["work"]
        self.assertEqual(work["pairs"], 24)
        self.assertTrue(8 < work["noise"] < 32, work["noise"])  # .12 · √2, of 24 pairs
        self.assertEqual(work["own"]["resamples"], 2000)
        self.assertGreater(work["own"]["undecided"], 0.05)
        self.assertLess(work["own"]["false_blocks"], 0.02)
        self.assertEqual(by_name["steady"]["suggested"]["margin"], 1)
        self.assertTrue(by_name["errors"]["suggested_absolute"])
        listed = self.client.list_measurements()["measurements"][0]
        self.assertTrue(listed["calibration"])
        check = self.client.check_upgrade("v1", "v1", policy="statistical")
        self.assertEqual((check["verdict"], check.get("measurement")), ("inconclusive", None))
        self.check_configuration(shown.stdout)

    def check_configuration(self, shown):
        lines = re.findall(r'^\[\[metrics\]\]\nname = .*\n(?:absolute_)?margin = .*\n', shown, re.MULTILINE)
        self.assertGreaterEqual(len(lines), 2, shown)
        config = self.place / "hived.toml"
        config.write_text(self.config + "".join(lines), encoding="utf-8")
        checked = subprocess.run(
            [os.environ["HIVED"], "--config", str(config), "--check"], capture_output=True, text=True, check=False
        )
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_a_killed_node_goes_on_and_counts_no_pair_twice(self):
        seed = int(os.environ.get("HIVE_SEED", time.time_ns() % 2**32))
        print("HIVE_SEED", seed)
        chance = random.Random(seed)
        for _ in range(5):
            done = self.calibrate_amid_kills(chance)
            if done["adapters"][0].get("left_out", 0) < 2 * 24:  # else too many were disturbed
                break
        rounds = self.client.list_rounds(done["id"], limit=1000)["rounds"]
        self.assertEqual([each["number"] for each in rounds], list(range(1, len(rounds) + 1)))
        self.assertEqual(done["adapters"][0]["rounds"], len(rounds))
        counted = sum("left_out" not in each for each in rounds)
        self.assertEqual(counted, 24, "it does not stop when the statistics would decide")
        self.assertEqual([each["metric"] for each in done["calibrations"]], ["work"])
        self.assertEqual(done["calibrations"][0]["pairs"], counted)
        for each in rounds:
            self.assertEqual({run["version"] for run in each["runs"]}, {"v1"})

    def calibrate_amid_kills(self, chance):
        started = self.client.calibrate_upgrade("v1", adapters=["bench"], pairs=24, metrics=["bench.work"])
        for _ in range(10 if SOAK else 3):
            time.sleep(chance.uniform(0.1, 1.0))
            self.node.kill()
            self.node.start()
            self.connect()
        return self.await_end(started["id"])

    def test_an_overruled_verdict_is_in_the_history_and_in_the_metrics(self):
        for _ in range(5):
            measured = self.client.measure_upgrade("v1", "slow", adapters=["bench"], wait=True)
            if measured["verdict"] != "inconclusive":
                break
        self.assertEqual(measured["verdict"], "regressed", measured)
        self.assertIn('hive_upgrade_verdicts_total{track="main",verdict="regressed"} 1', self.client.metrics())
        self.assertIn('hive_upgrade_overruled_share{track="main"} 0', self.client.metrics())
        moved = self.hivectl("upgrade", "reference", "slow", "--reason", "worth it")
        self.assertEqual(moved.returncode, 0, moved.stderr)
        self.assertIn("worth it; overruled: the verdict was regressed", moved.stdout)
        for restarts in range(2):
            with self.subTest(restarts=restarts):
                metrics = self.client.metrics()
                self.assertIn('hive_upgrade_verdicts_total{track="main",verdict="regressed"} 1', metrics)
                self.assertIn('hive_upgrade_overruled_total{track="main",verdict="regressed"} 1', metrics)
                self.assertIn('hive_upgrade_overruled_total{track="main",verdict="inconclusive"} 0', metrics)
                self.assertIn('hive_upgrade_overruled_share{track="main"} 1', metrics)
            self.node.kill()
            self.node.start()
            self.connect()
        reference = json.loads(self.hivectl("upgrade", "reference", "--json").stdout)
        self.assertEqual(reference["history"][0]["overruled"], "regressed")
        self.assertEqual(reference["history"][0]["measurement"], measured["id"])

    def test_faults_are_named(self):
        for arguments, reason in [
            (("nowhere",), "nowhere, which is no directory"),
            (("v1", "--metric", "nobody.*"), "nobody.* fits no metric"),
            (("v1", "--adapter", "guardrail"), "cannot run versions"),
        ]:
            with self.subTest(arguments):
                refused = self.hivectl("upgrade", "calibrate", *arguments)
                self.assertEqual(refused.returncode, 65, refused.stdout + refused.stderr)
                self.assertIn(reason, refused.stderr)


if __name__ == "__main__":
    unittest.main()
