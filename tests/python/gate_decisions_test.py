"""What five real nodes decide from their votes, one track at a time."""

import unittest

from gate_case import SharedHive
from gate_hive import BAD, GOOD, LONG, OLD


class GateDecisionsTest(SharedHive):
    def test_all_safe_is_approved_under_one_hash_and_rolled_out(self):
        hive = self.hive
        hive.give("safe", GOOD)
        which = hive.propose("safe", by=1)
        decision, _ = hive.agreed(which)
        self.assertEqual(decision, "approved")
        hive.rolled_out(which)
        for view in hive.views(which):
            self.assertEqual((view["from"], view["to"], view["track"], view["proposer"]),
                             (OLD, "safe", "main", hive.nodes[1].id))
            self.assertEqual({vote["node"] for vote in view["votes"]}, {node.id for node in hive.nodes})
            self.assertEqual([step["kind"] for step in view["steps"]], ["open", "approved", "complete"])
        steps = {tuple((step["position"], step["hash"]) for step in view["steps"]) for view in hive.views(which)}
        self.assertEqual(len(steps), 1)
        hive.expect_deployed(which)
        self.assertEqual(hive.runs_of(which, "rollback"), [])

    def test_one_regressed_is_rejected_naming_node_and_metric(self):
        hive = self.hive
        hive.give("worse", GOOD)
        hive.nodes[3].put_snapshot("worse", {"latency": BAD})
        which = hive.propose("worse")
        decision, _ = hive.agreed(which)
        self.assertEqual(decision, "rejected")
        for view in hive.views(which):
            bad = [vote for vote in view["votes"] if vote["verdict"] == "regressed"]
            self.assertEqual([vote["node"] for vote in bad], [hive.nodes[3].id])
            self.assertIn("latency", bad[0]["reasons"][0]["metric"])
            self.assertTrue(view["final"])
        self.assertEqual(hive.runs_of(which), [])

    def test_a_silent_one_holds_it_by_its_deadline_and_approves_when_it_votes(self):
        hive = self.hive
        hive.give("silent", GOOD)
        silent, others = hive.nodes[2], [node for node in hive.nodes if node is not hive.nodes[2]]
        silent.freeze()
        which = hive.propose("silent", deadline_s=1)
        for view in hive.wait_for(which, "held", others):
            self.assertEqual(view["awaited"], [silent.id])
            self.assertIn(silent.id[:6], view["reason"] + str(view["awaited"]))
            self.assertEqual(sum(vote["voted"] for vote in view["votes"]), 4)
            self.assertFalse(view["final"])
        silent.thaw()
        self.assertEqual(hive.agreed(which)[0], "approved")
        hive.rolled_out(which)

    def test_a_version_that_one_does_not_know_is_held_and_never_approved(self):
        hive = self.hive
        hive.give("unknown-to-one", GOOD, hive.nodes[:4])
        which = hive.propose("unknown-to-one", attempts=1)
        for view in hive.wait_for(which, "held"):
            vote = next(vote for vote in view["votes"] if vote["node"] == hive.nodes[4].id)
            self.assertEqual(vote["verdict"], "inconclusive")
        hive.nodes[2].stop(which)
        self.assertEqual(hive.agreed(which)[0], "aborted")
        self.assertEqual(hive.runs_of(which), [])

    def test_a_version_that_one_learns_late_is_approved_then(self):
        hive = self.hive
        hive.give("late", GOOD, hive.nodes[1:])
        which = hive.propose("late", by=3)
        hive.wait_for(which, "held")
        hive.give("late", GOOD, hive.nodes[:1])
        self.assertEqual(hive.agreed(which)[0], "approved")
        hive.rolled_out(which)

    def test_a_majority_approves_against_two_and_is_rejected_by_three(self):
        hive = self.hive
        for worse, decision in ((2, "approved"), (3, "rejected")):
            version = f"majority-{worse}"
            hive.give(version, BAD, hive.nodes[:worse])
            hive.give(version, GOOD, hive.nodes[worse:])
            which = hive.propose(version, policy="majority")
            self.assertEqual(hive.agreed(which)[0], decision)
            hive.ended(which)

    def test_weights_decide_and_are_those_of_the_members(self):
        hive = self.hive
        list_of = [{"node": node.id, "weight": 10 if node is hive.nodes[0] else 1,
                    "tier": "central" if node is hive.nodes[0] else "flat"} for node in hive.nodes]
        self.change_members(list_of)
        for heavy, decision in ((GOOD, "approved"), (BAD, "rejected")):
            version = "weighted-" + decision
            hive.give(version, GOOD if heavy is BAD else BAD, hive.nodes[1:])
            hive.give(version, heavy, hive.nodes[:1])
            which = hive.propose(version, policy="weighted", required_tiers=["central"])
            self.assertEqual(hive.agreed(which)[0], decision)
            hive.ended(which)
        self.change_members([{"node": node.id} for node in hive.nodes])

    def change_members(self, members):
        generation = self.hive.nodes[0].track()["generation"]
        self.hive.nodes[0].request("PUT", "/upgrades/members", {"track": "main", "members": members})
        self.hive.await_generation(generation + 1)

    def test_a_second_proposal_is_refused_or_waits_and_is_opened_then(self):
        hive = self.hive
        for version in ("first", "second"):
            hive.give(version, GOOD)
        hive.nodes[4].freeze()
        first = hive.propose("first")
        hive.wait_for(first, "pending", hive.nodes[:4])
        self.assertIn(first[:6], self.expect_refused(409, hive.propose, "second", by=2))
        second = hive.propose("second", by=2, queue=True)
        hive.wait_for(second, "queued", hive.nodes[:4])
        hive.nodes[4].thaw()
        self.assertEqual((hive.agreed(first)[0], hive.agreed(second)[0]), ("approved", "approved"))
        hive.rolled_out(second)

    def test_a_stop_before_the_decision_aborts_and_one_after_it_rolls_back(self):
        hive = self.hive
        hive.give("stopped", GOOD)
        hive.nodes[0].freeze()
        which = hive.propose("stopped", by=1)
        hive.wait_for(which, "pending", hive.nodes[1:])
        hive.nodes[3].stop(which)
        self.assertEqual(hive.agreed(which, nodes=hive.nodes[1:])[0], "aborted")
        hive.nodes[0].thaw()
        self.assertEqual(hive.agreed(which)[0], "aborted")
        self.assertEqual(hive.runs_of(which), [])

        hive.give("taken-back", GOOD)
        which = hive.propose("taken-back", stages=LONG)
        hive.agreed(which, "approved")
        hive.nodes[2].stop(which)
        hive.rolled_out(which, "rolled back")
        self.assertEqual(hive.agreed(which)[0], "approved")
        deployed = {node.name for node, _ in hive.runs_of(which, "deploy")}
        self.assertEqual({node.name for node, _ in hive.runs_of(which, "rollback")}, deployed)
        self.assertLessEqual(len(deployed), 1)

    def test_its_events_come_in_order_on_every_node(self):
        hive = self.hive
        hive.give("watched", GOOD)
        which = hive.propose("watched")
        hive.rolled_out(which)
        for node in hive.nodes:
            events = node.events_until(lambda event: (event.get("id"), event.get("kind")) == (which, "complete"))
            own = [event for event in events if event.get("id") == which]
            decided = [event["kind"] for event in own if event["step"] == "decided"]
            self.assertEqual(decided[-2:], ["approved", "complete"], own)
            self.assertEqual(len({event["node"] for event in own if event["step"] == "voted"}), 5, own)


if __name__ == "__main__":
    unittest.main()
