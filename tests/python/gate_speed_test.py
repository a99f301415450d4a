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

    @staticmethod
    def decided_us(view):
        return datetime.fromisoformat(view["decided_at"].replace("Z", "+00:00")).timestamp() * 1e6


if __name__ == "__main__":
    unittest.main()
