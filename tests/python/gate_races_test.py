"""A stop against the last vote: whichever wins, all nodes hold the same decision under one hash."""

import collections
import statistics
import time
import unittest

from gate_case import SharedHive
from gate_hive import GOOD, IS_SOAK, LONG, together, wait_until

RACES = 200 if IS_SOAK else 5


class GateRacesTest(SharedHive):
    def usual_time_s(self):
        """From the proposal to the approval on all."""
        took = []
        for number in range(3):
            version = f"calm-{number}"
            self.hive.give(version, GOOD)
            since = time.monotonic()
            which = self.hive.propose(version, stages=LONG)
            self.hive.agreed(which, "approved")
            took.append(time.monotonic() - since)
            self.hive.nodes[0].stop(which)
            self.hive.ended(which)
        return statistics.median(took)

    def test_an_abort_against_the_last_vote(self):
        hive, outcomes = self.hive, collections.Counter()
        usual_s = self.usual_time_s()
        for number in range(RACES):
            version = f"race-{number}"
            hive.give(version, GOOD)
            which = hive.propose(version, by=number % 5, stages=LONG)
            stopper = hive.nodes[self.choose.randrange(5)]
            time.sleep(self.choose.uniform(0, usual_s))
            self.stop_once_known(stopper, which)
            decision, _ = hive.agreed(which)
            outcomes[decision] += 1
            hive.ended(which)
            if decision == "approved":
                hive.rolled_out(which, "rolled back")
            else:
                self.assertEqual((decision, hive.runs_of(which)), ("aborted", []))
            hive.expect_sound()
        print(f"{RACES} races: {dict(outcomes)}")

    def stop_once_known(self, node, which):
        wait_until(lambda: node.upgrade(which), f"{node.name} hears nothing of {which}")
        node.stop(which)

    def test_two_proposals_at_once(self):
        hive = self.hive
        for version in ("twin-a", "twin-b"):
            hive.give(version, GOOD)
        a, b = together(lambda: hive.propose("twin-a", by=0, queue=True),
                        lambda: hive.propose("twin-b", by=3, queue=True))
        self.assertEqual({hive.agreed(a)[0], hive.agreed(b)[0]}, {"approved"})
        hive.rolled_out(a)
        hive.rolled_out(b)
        positions = [[step["position"] for step in hive.nodes[2].upgrade(which)["steps"]] for which in (a, b)]
        first, second = sorted(positions)
        self.assertLess(first[-1], second[0], "one after the other")


if __name__ == "__main__":
    unittest.main()
