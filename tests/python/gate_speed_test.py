"""How long five nodes take from a proposal to the decision on all of them. Prints it; asserts nothing about it.

It does not measure what a member's measurements take: the snapshots are stored. All nodes share this machine.
"""

import statistics
import time
import unittest
from datetime import datetime

from gate_case import GateCase
from gate_hive import GOOD, IS_SOAK, LONG

PROPOSALS = 100 if IS_SOAK else 20
PROPOSALS_OF_MANY = 10 if IS_SOAK else 2


class GateSpeedTest(GateCase):
    def test_from_the_proposal_to_the_decision_on_all(self):
        hive, took_ms = self.make_hive(), []
        for number in range(PROPOSALS):
            version = f"2.{number}"
            hive.give(version, GOOD)
            since_us = time.time() * 1e6
            which = hive.propose(version, by=number % 5, stages=LONG)
            self.assertEqual(hive.agreed(which)[0], "approved")
            took_ms.append((max(self.decided_us(view) for view in hive.views(which)) - since_us) / 1000)
            hive.nodes[0].stop(which)
            hive.rolled_out(which, "rolled back")
        hive.expect_sound()
        print(f"{PROPOSALS} proposals, decision on all of five nodes: median {statistics.median(took_ms):.0f} ms, "
              f"worst {max(took_ms):.0f} ms")

    def test_with_all_the_members_that_a_hive_may_have(self):
        """Asks one node after the other: questions to all at once would be a load of their own."""
        hive, took_ms = self.make_hive(size=32), []
        for number in range(PROPOSALS_OF_MANY):
            version = f"2.{number}"
            hive.give(version, GOOD)
            since_us = time.time() * 1e6
            which = hive.propose(version, by=number, stages=LONG)
            views = [view for node in hive.nodes for view in hive.wait_for(which, "approved", [node])]
            self.assertEqual({view["hash"] for view in views}, {views[0]["hash"]})
            took_ms.append((max(self.decided_us(view) for view in views) - since_us) / 1000)
            hive.nodes[0].stop(which)
            hive.rolled_out(which, "rolled back")
        print(f"{PROPOSALS_OF_MANY} proposals, decision on all of 32 members, which share this machine: "
              f"median {statistics.median(took_ms):.0f} ms, worst {max(took_ms):.0f} ms")

    @staticmethod
    def decided_us(view):
        return datetime.fromisoformat(view["decided_at"].replace("Z", "+00:00")).timestamp() * 1e6


if __name__ == "__main__":
    unittest.main()
