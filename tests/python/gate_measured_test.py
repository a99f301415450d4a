"""Proposals that each member judges by a paired measurement of its own, on a hive of one node: what it measures takes
the whole machine."""

import sys
import tempfile
import unittest
from pathlib import Path

from gate_case import GateCase
from gate_hive import LONG, RESPONDING, wait_until
from paired_measurement_test import BENCH

ROUNDS = 300_000
MEASURED_S = 300


class MeasuredTest(GateCase):
    SIZE = 1

    def setUp(self):
        super().setUp()
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        for version, share in (("v1", 1), ("same", 1), ("slow", 1.2)):
            folder = Path(place.name, version)
            folder.mkdir()
            (folder / "rounds").write_text(str(int(ROUNDS * share)), encoding="utf-8")
            (folder / "bench.py").write_text(BENCH, encoding="utf-8")
        versions = f'\n[versions]\n"v1" = "{place.name}/v1"\n"same" = "{place.name}/same"\n"slow" = "{place.name}/slow"\n'
        self.hive = self.make_hive(health=RESPONDING.format(grace_s=30) + versions)
        self.hive.nodes[0].request("POST", "/benchmarks", {"name": "bench", "command": [sys.executable, "bench.py"]})

    def decide(self, version):
        node = self.hive.nodes[0]
        asked = node.request("POST", "/upgrades", {"from": "v1", "to": version, "measure": True, "max_minutes": 8,
                                                   "stages": LONG})
        self.assertIn(asked["decision"], ("announced", "pending"))
        decided = wait_until(lambda: (view := node.upgrade(asked["id"]))["decision"] in ("approved", "rejected") and view,
                             lambda: node.upgrade(asked["id"]), MEASURED_S)
        newest = node.get("/upgrades/measurements")["measurements"][0]["id"]
        measurement = node.get(f"/upgrades/measurements/{newest}")
        self.assertEqual(measurement["request"]["new"], version)
        self.assertGreaterEqual(measurement["adapters"][0]["rounds"], 8)
        return decided

    def test_the_same_is_approved_and_a_slower_version_rejected_by_name(self):
        approved = self.decide("same")
        self.assertEqual(approved["decision"], "approved")
        self.assertIn("1 of 1 members voted safe", approved["reason"])
        self.hive.nodes[0].stop(approved["id"])
        wait_until(lambda: self.hive.nodes[0].upgrade(approved["id"])["final"], "rolled back")
        rejected = self.decide("slow")
        self.assertEqual(rejected["decision"], "rejected")
        self.assertIn("bench.work", rejected["reason"])

    def test_a_version_that_cannot_be_run_is_inconclusive_and_named(self):
        node = self.hive.nodes[0]
        asked = node.request("POST", "/upgrades", {"from": "v1", "to": "none", "measure": True, "stages": LONG})
        held = wait_until(lambda: (view := node.upgrade(asked["id"]))["votes"][0]["voted"] and view, "a vote")
        self.assertIn(held["decision"], ("held", "pending"))
        self.assertEqual(held["votes"][0]["verdict"], "inconclusive")
        self.assertIn("none", str(held["votes"][0]["reasons"]))


if __name__ == "__main__":
    unittest.main()
