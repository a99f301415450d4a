"""Five nodes on machines of their own, whose network is split 3 | 2."""

import time
import unittest

import gate_network
from gate_case import GateCase
from gate_hive import GOOD, wait_until
from gate_node import PATIENCE_S


class GatePartitionTest(GateCase):
    def setUp(self):
        super().setUp()
        if not gate_network.is_possible():
            self.skipTest("network namespaces need root and the ip program")
        self.network = gate_network.Network(5)
        self.network.__enter__()
        self.addCleanup(self.network.__exit__)
        self.hive = self.make_hive(network=self.network)
        self.many, self.few = self.hive.nodes[:3], self.hive.nodes[3:]

    def split(self):
        self.network.split_off([3, 4])

        def missed():
            states = {each["id"]: each["state"] for each in self.few[0].get("/hive/nodes")["nodes"]}
            other = {each["id"]: each["state"] for each in self.many[1].get("/hive/nodes")["nodes"]}
            return (all(states[node.id] != "active" for node in self.many) and
                    all(other[node.id] != "active" for node in self.few))

        wait_until(missed, "each side misses the other")

    def heal(self):
        self.network.heal()
        self.hive.await_linked()

    def test_the_minority_holds_what_it_knows_and_its_stop_seals_nothing(self):
        hive = self.hive
        hive.give("2.0", GOOD)
        self.many[0].freeze()
        which = hive.propose("2.0", by=4, deadline_s=2)
        hive.wait_for(which, ("pending", "held"), hive.nodes[1:])
        self.split()
        hive.wait_for(which, "held", self.few)
        self.few[0].stop(which)
        wait_until(lambda: all(view.get("stopping") for view in hive.views(which, self.few)),
                   lambda: "the stop does not reach both\n" + hive.told(which, self.few))
        # The stop is an event of the minority alone: the majority goes on, and approves without the minority's stop
        # only if all votes are there.
        self.many[0].thaw()
        decided = {view["decision"] for view in hive.views(which, self.few)}
        self.assertEqual(decided, {"held"}, "a minority sealed")
        self.heal()
        self.assertIn(hive.agreed(which)[0], ("aborted", "approved"))
        hive.ended(which)
        hive.expect_sound()

    def test_the_majority_decides_and_the_minority_learns_it(self):
        hive = self.hive
        hive.give("2.0", GOOD)
        hive.give("3.0", GOOD)
        self.split()
        which = hive.propose("2.0", policy="majority")
        decided = hive.agreed(which, "approved", self.many)
        there = hive.propose("3.0", by=3, policy="majority", queue=True)
        hive.wait_for(there, ("announced", "queued"), self.few)
        self.few[1].stop(there)
        self.assertEqual([view for view in hive.views(which, self.few) if view], [])
        for view in hive.views(there, self.few):
            self.assertIn(view["decision"], ("announced", "queued"))
        self.heal()
        self.assertEqual(hive.agreed(which), decided)
        hive.ended(which)
        wait_until(lambda: all(view is None or view["final"] for view in hive.views(there)),
                   lambda: "it is neither over nor forgotten\n" + hive.told(there))
        self.assertEqual(hive.runs_of(there, "deploy"), [], "stopped before it was opened")
        hive.expect_sound()

    def test_members_that_do_not_reach_each_other_decide_through_the_others(self):
        """A reader that has no link with an author hears of its statements by exchanges with others."""
        hive, pairs = self.hive, [(0, 1), (2, 3), (0, 4)]
        hive.give("2.0", GOOD)
        for pair in pairs:
            self.network.cut(*pair)

        def unlinked():
            linked = [{each["id"] for each in node.get("/hive/nodes")["nodes"] if each["linked"]}
                      for node in hive.nodes]
            return all(hive.nodes[there].id not in linked[here] and hive.nodes[here].id not in linked[there]
                       for here, there in pairs)

        wait_until(unlinked, "the links stand", 2 * PATIENCE_S)
        began = time.monotonic()
        which = hive.propose("2.0", by=1)
        self.assertEqual(hive.agreed(which)[0], "approved")
        print(f"decided with {len(pairs)} of 10 links missing after {time.monotonic() - began:.1f} s")
        hive.rolled_out(which)
        self.heal()
        hive.expect_sound()


if __name__ == "__main__":
    unittest.main()
