"""Canary stages of five real nodes: what is seen on the canary and not beside it is taken back, and nothing else."""

import unittest

from gate_case import SharedHive
from gate_hive import GOOD, wait_until
from gate_traffic import Traffic

STAGE_S = 10
HEALTH = """
[upgrade.health]
success_rate = true
error_rate = false
world_model = false
guardrail = false
benchmarks = false
responding = true
responding_grace_s = 8
"""


class GateStagesTest(SharedHive):
    OPTIONS = {"health": HEALTH}

    def roll_out(self, version, **more):
        hive = self.hive
        hive.give(version, GOOD)
        which = hive.propose(version, stages=[{"share": 0.2, "duration_s": STAGE_S, **more}])
        hive.agreed(which, "approved")
        canary = hive.canary_of(which)
        hive.run_shown(which, canary, "ended")
        return which, canary

    def test_a_silent_canary_is_taken_back(self):
        hive = self.hive
        with Traffic(hive.nodes, lambda node: 0.01):
            which, canary = self.roll_out("silent")
            canary.freeze()
            others = [node for node in hive.nodes if node is not canary]
            wait_until(lambda: all(view["rollout"] == "rolling back" for view in hive.views(which, others)),
                       lambda: "it is not taken back\n" + hive.told(which, others))
            self.assertFalse(hive.nodes[hive.nodes[0] is canary].upgrade(which)["final"])
            canary.thaw()
            hive.rolled_out(which, "rolled back")
        self.assertEqual([node for node, _ in hive.runs_of(which, "rollback")], [canary])
        self.assertIn("responding", hive.nodes[0].upgrade(which)["reason"])

    def test_without_traffic_it_is_held_and_says_so(self):
        hive = self.hive
        which, _ = self.roll_out("idle", deadline_s=2 * STAGE_S + 2)

        def held():
            views = hive.views(which)
            return views if all("traffic" in str(view.get("stage")) and
                                view["stage"]["observed_s"] >= 2 * STAGE_S for view in views) else None

        for view in wait_until(held, lambda: "not held\n" + hive.told(which)):
            self.assertEqual((view["decision"], view["final"]), ("approved", False))
            self.assertTrue(view["rollout"].startswith("canary"), view["rollout"])
        self.assertEqual(len(hive.runs_of(which, "deploy")), 1)
        hive.nodes[3].stop(which)
        hive.rolled_out(which, "rolled back")

    def test_a_canary_that_fails_more_often_is_taken_back_by_itself(self):
        hive, bad = self.hive, set()
        with Traffic(hive.nodes, lambda node: 0.3 if node in bad else 0.01):
            which, canary = self.roll_out("regressed")
            bad.add(canary)
            hive.rolled_out(which, "rolled back")
        self.assertEqual([node for node, _ in hive.runs_of(which, "rollback")], [canary])
        view = hive.nodes[0].upgrade(which)
        self.assertEqual(view["decision"], "approved")
        self.assertIn("success_rate", view["reason"])

    def test_a_canary_that_fails_as_often_as_its_controls_is_not(self):
        hive, started = self.hive, []
        with Traffic(hive.nodes, lambda node: 0.3 if started else 0.01):
            which, _ = self.roll_out("likewise")
            started.append(True)

            def over():
                view = hive.nodes[0].upgrade(which)
                assert view["rollout"] not in ("rolling back", "rolled back"), hive.told(which)
                return view["rollout"] == "complete" or view.get("stage", {}).get("observed_s", 0) >= 2 * STAGE_S

            wait_until(over, lambda: "the stage does not end\n" + hive.told(which), 2 * 60)
        self.assertEqual(hive.runs_of(which, "rollback"), [])
        if hive.nodes[0].upgrade(which)["rollout"] != "complete":
            hive.nodes[0].stop(which)
        hive.ended(which)


if __name__ == "__main__":
    unittest.main()
