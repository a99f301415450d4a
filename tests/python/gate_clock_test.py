"""A node whose clock is an hour ahead changes no decision."""

import os
import tempfile
import unittest
from pathlib import Path

from gate_case import GateCase
from gate_hive import BAD, GOOD, wait_until

HOUR_S = 3600
AHEAD = 2
HALF_AN_HOUR = [{"share": 0.2, "duration_s": HOUR_S // 2}]


class GateClockTest(GateCase):
    def test_an_hour_ahead(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        jump = Path(place.name, "jump")
        ahead = ["/usr/bin/env", "LD_PRELOAD=" + os.environ["HIVE_CLOCK_JUMP"], f"CLOCK_JUMP={jump}",
                 "ASAN_OPTIONS=verify_asan_link_order=0"]
        hive = self.make_hive(wrapper_of=lambda i: ahead if i == AHEAD else ())
        jump.write_text(str(HOUR_S), encoding="utf-8")
        wait_until(lambda: hive.nodes[AHEAD].get("/hive/status").get("clock_warning"), "the clock is not ahead")
        # Deadlines far beyond the clocks' difference pass on no node, whoever proposes.
        hive.give("2.0", GOOD)
        for by in (AHEAD, 0):
            hive.nodes[4].freeze()
            which = hive.propose("2.0", by=by, deadline_s=HOUR_S // 2, stages=HALF_AN_HOUR)
            hive.wait_for(which, "pending", hive.nodes[:4])
            hive.nodes[4].thaw()
            decided = hive.agreed(which, "approved")
            for view in hive.views(which):
                self.assertTrue(view["rollout"].startswith("canary"), view["rollout"])
            jump.write_text("0" if by == AHEAD else str(HOUR_S), encoding="utf-8")  # and back again
            hive.nodes[1].stop(which)
            hive.rolled_out(which, "rolled back")
            self.assertEqual(hive.agreed(which), decided)
        hive.give("3.0", GOOD)
        hive.nodes[AHEAD].put_snapshot("3.0", {"latency": BAD})
        which = hive.propose("3.0")
        self.assertEqual(hive.agreed(which)[0], "rejected")
        hive.expect_sound()


if __name__ == "__main__":
    unittest.main()
