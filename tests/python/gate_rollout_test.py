"""End to end: a service on five nodes whose deploy hook replaces it. The version that fails a tenth of its tasks is
stopped in the canary stage and taken back by itself; the good one goes through."""

import subprocess
import sys
import unittest
from pathlib import Path

from gate_case import GateCase
from gate_hive import GOOD, wait_until

SERVICE = Path(__file__).resolve().parent / "gate_toy_service.py"
STAGE_S = 20
HEALTH = """
[upgrade.health]
success_rate = true
error_rate = false
world_model = false
guardrail = false
benchmarks = false
responding = true
"""
# Both as a service manager does it: the service is told, and has become the version when the hook ends.
BECOME = """#!/bin/sh
order=$(cat | tr -d '\\n')
printf '{{"phase":"begin","at_ns":%s,"token":"%s","action":"%s","order":%s}}\\n' \\
  "$(date +%s%N)" "$HIVE_TOKEN" "$HIVE_ACTION" "$order" >>"$0.log"
echo "${version}" >{place}/wanted.new
mv {place}/wanted.new {place}/wanted
until [ "$(cat {place}/running)" = "${version}" ]; do sleep 0.05; done
"""


class GateRolloutTest(GateCase):
    def setUp(self):
        super().setUp()
        self.hive = self.make_hive(health=HEALTH)
        self.places = {node: node.directory / "service" for node in self.hive.nodes}
        for node, place in self.places.items():
            place.mkdir()
            (place / "wanted").write_text("1.0", encoding="utf-8")
            for action, version in (("deploy", "HIVE_TO"), ("rollback", "HIVE_FROM")):
                node.write_hook(action, BECOME.format(place=place, version=version))
            token = node.data / "operator.token"
            service = subprocess.Popen([sys.executable, SERVICE, place, "http://" + node.endpoint, token])
            self.addCleanup(service.wait)
            self.addCleanup(service.kill)
        wait_until(lambda: self.versions() == ["1.0"] * 5, "the services do not start")

    def versions(self):
        return [(place / "running").read_text(encoding="utf-8") if (place / "running").exists() else None
                for place in self.places.values()]

    def test_a_bad_version_is_taken_back_and_a_good_one_goes_through(self):
        hive, stages = self.hive, [{"share": 0.2, "duration_s": STAGE_S}]
        for version in ("bad", "good"):
            hive.give(version, GOOD)  # the benchmarks see no difference
        which = hive.propose("bad", stages=stages)
        hive.agreed(which, "approved")
        canary = hive.canary_of(which)
        hive.rolled_out(which, "rolled back")
        self.assertEqual(self.versions(), ["1.0"] * 5)
        self.assertEqual([node for node, _ in hive.runs_of(which, "deploy")], [canary], "nobody else had it")
        for view in hive.views(which):
            self.assertEqual([step["kind"] for step in view["steps"]], ["open", "approved", "back", "closed"])
            self.assertIn("success_rate", view["reason"])
            blamed = [vote for vote in view["votes"] if vote["verdict"] == "regressed" and vote["stage"] == 1]
            self.assertTrue(blamed and any("success_rate" in str(vote["reasons"]) for vote in blamed), view)

        which = hive.propose("good", stages=stages, by=2)
        hive.rolled_out(which)
        wait_until(lambda: self.versions() == ["good"] * 5, lambda: f"{self.versions()}\n{hive.told(which)}")
        deployed = sorted(node.name for node, _ in hive.runs_of(which, "deploy"))
        self.assertEqual(deployed, [node.name for node in hive.nodes])
        self.assertEqual(len({view["hash"] for view in hive.views(which)}), 1)
        hive.expect_sound()


if __name__ == "__main__":
    unittest.main()
