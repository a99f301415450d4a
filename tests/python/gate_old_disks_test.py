"""Nodes whose data directory is an old copy: no decision changes, nobody is blamed, and the gate goes on."""

import unittest

from gate_case import GateCase, SharedHive
from gate_hive import GOOD, LONG, wait_until


class OldDisksTest(SharedHive):
    def copy(self, node):
        """Copies its disk as it is now; it runs again afterwards."""
        node.end()
        node.copy_disk()
        self.hive.start()

    def set_back(self, node):
        node.end()
        node.set_disk_back()
        self.hive.start()

    def expect_goes_on(self, version):
        """The gate approves with the votes of all, and rolls out on all."""
        hive = self.hive
        hive.give(version, GOOD)
        which = hive.propose(version, by=1)
        self.assertEqual(hive.agreed(which)[0], "approved")
        hive.rolled_out(which)
        hive.expect_deployed(which)

    def test_of_a_voter(self):
        hive, voter, silent = self.hive, self.hive.nodes[2], self.hive.nodes[4]
        hive.give("voted", GOOD)
        self.copy(voter)
        silent.freeze()
        which = hive.propose("voted")
        hive.await_votes(which, 4, hive.nodes[0])
        voter.end()
        voter.set_disk_back()
        silent.thaw()
        hive.start()
        self.assertEqual(hive.agreed(which)[0], "approved")
        hive.rolled_out(which)
        self.expect_goes_on("after-voter")

    def test_of_an_acceptor(self):
        hive, acceptor = self.hive, self.hive.nodes[3]
        hive.give("accepted", GOOD)
        self.copy(acceptor)
        which = hive.propose("accepted", stages=LONG)
        decided = hive.agreed(which, "approved")
        self.set_back(acceptor)
        self.assertEqual(hive.agreed(which), decided)
        hive.nodes[0].stop(which)
        hive.rolled_out(which, "rolled back")
        self.assertEqual(hive.agreed(which), decided)
        self.expect_goes_on("after-acceptor")

    def test_of_a_round_owner(self):
        hive = self.hive
        ranked = sorted(hive.nodes, key=lambda node: node.id)
        # Of the opening at the next position, and of the decision at the one after it.
        for ahead in (1, 2):
            version = f"owned-{ahead}"
            hive.give(version, GOOD)
            owner = ranked[(hive.nodes[0].track()["position"] + ahead) % 5]
            self.copy(owner)
            other = next(node for node in hive.nodes if node is not owner)
            which = hive.propose(version, by=hive.nodes.index(other), stages=LONG)
            decided = hive.agreed(which, "approved")
            self.set_back(owner)
            self.assertEqual(hive.agreed(which), decided)
            other.stop(which)
            hive.rolled_out(which, "rolled back")
        self.expect_goes_on("after-owner")

    def test_of_a_canary(self):
        hive = self.hive
        hive.give("tried", GOOD)
        for node in hive.nodes:
            node.end()
            node.copy_disk()
        hive.start()
        which = hive.propose("tried", stages=LONG)
        decided = hive.agreed(which, "approved")
        canary = hive.canary_of(which)
        other = next(node for node in hive.nodes if node is not canary)
        hive.run_shown(which, canary, "ended", by=other)  # what nobody was told is lost with the disk
        self.set_back(canary)
        self.assertEqual(hive.agreed(which), decided)
        hive.run_shown(which, canary, "ended", by=canary)
        self.assertEqual(len(hive.runs_of(which, "deploy")), 1, "it does not deploy again")
        hive.nodes[0].stop(which)
        hive.rolled_out(which, "rolled back")
        self.assertEqual([node for node, _ in hive.runs_of(which, "rollback")], [canary])
        self.expect_goes_on("after-canary")


class ThreeTest(GateCase):
    def test_with_one_dead_a_restored_one_waits_until_an_operator_vouches(self):
        hive = self.make_hive(3)
        first, restored, dead = hive.nodes
        hive.give("2.0", GOOD)
        restored.end()
        restored.copy_disk()
        hive.start()
        which = hive.propose("2.0")
        hive.rolled_out(which)
        decided = hive.agreed(which)
        dead.end()
        restored.end()
        restored.set_disk_back()
        restored.start()
        hive.await_linked()
        hive.give("3.0", GOOD)
        held = hive.propose("3.0", policy="majority", deadline_s=1)
        wait_until(lambda: not restored.track()["admitted"] and restored.track()["acknowledgements"] == 2,
                   lambda: str(restored.track()))
        self.assertNotIn(first.upgrade(held)["decision"], ("approved", "rejected", "aborted"))
        wait_until(lambda: not self.row(first, restored)["admitted"], lambda: str(first.track()) + hive.logs())
        restored.request("POST", "/upgrades/admit", {"track": "main"})
        wait_until(lambda: restored.track()["admitted"], lambda: str(restored.track()) + hive.logs())
        self.assertEqual(hive.agreed(held)[0], "approved")
        self.assertEqual(hive.agreed(which), decided)
        hive.nodes[0].stop(held)
        hive.start()
        hive.ended(held)
        hive.expect_sound()

    @staticmethod
    def row(by, node):
        """What one says of another one."""
        return next(each for each in by.track()["members"] if each["node"] == node.id)


if __name__ == "__main__":
    unittest.main()
