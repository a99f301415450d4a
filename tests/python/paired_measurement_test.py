"""Paired measurements of a real node: versions in directories, a slower one, the same one, kills and background load."""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

from hivemark import Client
from real_node_test import PATIENCE_S, Node

SOAK = os.environ.get("HIVE_SOAK") == "1"
# Does a fixed piece of work and reports the processor time that it took, in milliseconds.
BENCH = """
import json, time
rounds = int(open("rounds").read())
begin = time.process_time()
total = 0
for i in range(rounds):
    total += i * i % 7
print(json.dumps({"metrics": {"work": {"value": (time.process_time() - begin) * 1000, "direction": "lower", "unit": "ms"}}}))
"""
ROUNDS = 600_000 if SOAK else 300_000
LOAD = [sys.executable, "-c", "import time\nend = time.time() + 2\nwhile time.time() < end: pass"]


class Refused(Exception):
    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


class PairedMeasurementTest(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)
        for version, share in [("v1", 1), ("same", 1), ("slow", 1.08), ("v0", 1)]:
            (self.place / version).mkdir()
            (self.place / version / "rounds").write_text(str(int(ROUNDS * share)), encoding="utf-8")
            (self.place / version / "bench.py").write_text(BENCH, encoding="utf-8")
        self.node = Node(f'[versions]\n"*" = "{self.place}/{{version}}"\n')
        self.addCleanup(self.node.__exit__)
        self.connect()
        self.client.register_benchmark("bench", [sys.executable, "bench.py"])

    def connect(self):
        self.client = Client(self.node.url, token_file=self.node.data + "/operator.token", timeout_s=PATIENCE_S)
        self.addCleanup(self.client.close)

    def request(self, method, path, content=None):
        body = None if content is None else json.dumps(content).encode()
        headers = {"Content-Type": "application/json"}
        headers["Authorization"] = "Bearer " + Path(self.node.data, "operator.token").read_text(encoding="utf-8").strip()
        asked = urllib.request.Request(self.node.url + "/api/v1" + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Refused(error.code, error.read().decode()) from None

    def measure(self, old, new, **more):
        started = self.request("POST", "/upgrades/measure", {"old": old, "new": new, "adapters": ["bench"], **more})
        return self.await_end(started["id"])

    def await_end(self, measurement, limit_s=600):
        end = time.monotonic() + limit_s
        while True:
            now = self.request("GET", f"/upgrades/measurements/{measurement}")
            if now["state"] not in ("waiting", "running"):
                return now
            self.assertLess(time.monotonic(), end, now)
            time.sleep(0.2)

    def describe(self, done):
        judged = done["judgements"][0]
        return (
            f"{done['request']['old']} → {done['request']['new']}: {done['verdict']}, {judged['pairs']} pairs, "
            f"{judged.get('left_out', 0)} left out, {done['measured_s'] / 60:.2f} min, change {judged['change']}"
        )

    def test_slower_is_regressed_and_the_same_is_safe_under_a_load_that_comes_and_goes(self):
        load = subprocess.Popen(
            [sys.executable, "-c", f"import subprocess, time\nwhile True:\n subprocess.run({LOAD!r})\n time.sleep(2)"]
        )
        self.addCleanup(load.wait)
        self.addCleanup(load.kill)
        same = self.measure("v1", "same")
        print(self.describe(same))
        slow = self.measure("v1", "slow")
        print(self.describe(slow))
        self.assertNotEqual(same["verdict"], "regressed", same)
        self.assertNotEqual(slow["verdict"], "safe", slow)
        check = self.request("GET", "/upgrades/check?old=v1&new=slow&policy=statistical")
        self.assertEqual(check["verdict"], slow["verdict"])
        self.assertEqual(check["measurement"], slow["id"])
        self.assertIn("bench.work", " ".join(check["explanation"]))

    def test_kill_in_the_middle_goes_on_and_counts_no_pair_twice(self):
        seed = int(os.environ.get("HIVE_SEED", time.time_ns() % 2**32))
        print("HIVE_SEED", seed)
        chance = random.Random(seed)
        started = self.request("POST", "/upgrades/measure", {"old": "v1", "new": "slow", "adapters": ["bench"]})
        for _ in range(10 if SOAK else 3):
            time.sleep(chance.uniform(0.1, 1.5))
            self.node.kill()
            self.node.start()
            self.connect()
        done = self.await_end(started["id"])
        rounds = self.request("GET", f"/upgrades/measurements/{started['id']}/rounds?limit=1000")["rounds"]
        self.assertEqual([each["number"] for each in rounds], list(range(1, len(rounds) + 1)))
        self.assertEqual(done["adapters"][0]["rounds"], len(rounds))
        for each in rounds:
            self.assertEqual(sorted(run["side"] for run in each["runs"]), ["new", "old"])
            first = each["runs"][0]["side"]
            self.assertEqual(first, "old" if each["number"] % 2 == 1 else "new")

    def test_the_reference_stays_until_it_is_moved(self):
        self.measure("v0", "v1", max_pairs=8)
        reference = self.request("GET", "/tracks/main/reference")
        self.assertEqual((reference["version"], reference["history"][0]["by"]), ("v0", "first"))
        done = self.measure("v1", "same", max_pairs=8)
        self.assertEqual(done["reference"], "v0")
        self.assertEqual({each["against"] for each in done["judgements"]}, {"v0", "v1"})
        moved = self.request("PUT", "/tracks/main/reference", {"version": "v1", "reason": "accepted"})
        self.assertEqual(moved["history"][0]["reason"], "accepted")
        with self.assertRaises(Refused) as unknown:
            self.request("PUT", "/tracks/main/reference", {"version": "nobody", "reason": "x"})
        self.assertEqual(unknown.exception.status, 404)

    def test_faults_are_named(self):
        (self.place / "broken").mkdir()
        (self.place / "broken" / "bench.py").write_text("raise SystemExit('no such file: model')", encoding="utf-8")
        done = self.measure("v1", "broken")
        self.assertEqual((done["state"], done["verdict"]), ("failed", "inconclusive"))
        self.assertIn("adapter bench: it failed in pair 1, on version broken", done["reason"])
        for content, reason in [
            ({"old": "v1", "new": "nowhere"}, "nowhere, which is no directory"),
            ({"old": "v1", "new": "same", "adapters": ["guardrail"]}, "cannot run versions"),
            ({"old": "v1", "new": "same", "adapters": ["nobody"]}, "no adapter nobody"),
            ({"old": "v1", "new": "same", "max_pairs": 4}, "/max_pairs must be at least 8"),
        ]:
            with self.subTest(**content), self.assertRaises(Refused) as refused:
                self.request("POST", "/upgrades/measure", content)
            self.assertIn(reason, str(refused.exception))


if __name__ == "__main__":
    unittest.main()
