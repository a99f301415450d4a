"""A member that votes twice in one ballot, under two versions: all find it out, and its votes decide nothing more."""

import os
import subprocess
import unittest

from gate_case import GateCase
from gate_hive import GOOD, LONG, wait_until
from gate_node import PATIENCE_S


class GateLiesTest(GateCase):
    def test_a_vote_told_twice_in_two_versions(self):
        hive = self.make_hive()
        liar, honest = hive.nodes[4], hive.nodes[:4]
        for version in ("2.0", "3.0", "4.0"):
            hive.give(version, GOOD)
        before = hive.propose("2.0")
        hive.rolled_out(before)
        decided = hive.agreed(before)

        liar.end()
        held = hive.propose("3.0", deadline_s=1)
        hive.wait_for(held, "held", honest)
        self.lie(liar, held, honest)
        wait_until(lambda: all(node.quarantined() == {liar.id} for node in honest),
                   lambda: f"{[node.quarantined() for node in honest]}" + hive.logs())

        # What was decided with its vote stands, and says so; what is not decided is not approved with it.
        self.assertEqual(hive.agreed(before, nodes=honest), decided)
        for view in hive.views(before, honest):
            self.assertEqual([vote["node"] for vote in view["votes"] if vote.get("lying")], [liar.id])
        for view in hive.wait_for(held, "held", honest):
            self.assertEqual([vote["node"] for vote in view["votes"] if vote.get("quarantined")], [liar.id])
        hive.nodes[2].stop(held)
        self.assertEqual(hive.agreed(held, nodes=honest)[0], "aborted")
        # The denominator stays: four of five are a majority, and one that lies is none of them.
        after = hive.propose("4.0", policy="majority", stages=LONG)
        self.assertEqual(hive.agreed(after, nodes=honest)[0], "approved")
        for view in hive.views(after, honest):
            self.assertNotIn(liar.id, {vote["node"] for vote in view["votes"] if vote["voted"]})
        hive.nodes[0].stop(after, unknown=[liar.id])
        hive.ended(after, honest)
        hive.expect_sound(may_lie=[liar.id])

    def lie(self, liar, which, honest):
        command = [os.environ["HIVE_LYING_MEMBER"], str(liar.data), str(liar.directory / "tls"), which]
        result = subprocess.run(command + [node.door for node in honest], capture_output=True, text=True,
                                timeout=2 * PATIENCE_S, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)


if __name__ == "__main__":
    unittest.main()
