"""The members of a track are changed by those that they were."""

import unittest

from gate_case import GateCase
from gate_hive import GOOD, wait_until


class GateMembersTest(GateCase):
    def test_a_dead_one_is_removed_returns_as_none_and_is_taken_in_again(self):
        hive = self.make_hive()
        removed, others = hive.nodes[4], hive.nodes[:4]
        first = hive.await_generation(1)
        hive.give("2.0", GOOD)
        removed.end()
        self.change(others)
        second = hive.await_generation(2, others)
        self.assertNotEqual(second, first)
        hive.await_admitted(others)
        which = hive.propose("2.0")
        hive.rolled_out(which, nodes=others)
        decided = hive.agreed(which, nodes=others)

        removed.start()
        hive.await_linked()
        self.assertEqual(hive.await_generation(2), second)
        self.assertEqual(hive.agreed(which), decided)
        hive.give("3.0", GOOD)
        which = hive.propose("3.0", by=4)  # any node may ask
        hive.rolled_out(which)
        self.assertNotIn(removed.id, {vote["node"] for vote in hive.nodes[0].upgrade(which)["votes"]})
        self.assertEqual(removed.runs(), [])
        self.assertIn(removed.id, self.expect_refused(422, hive.propose, "3.0", members=[removed.id]))

        self.change(hive.nodes)
        third = hive.await_generation(3)
        self.assertEqual(len({first, second, third}), 3)
        hive.await_admitted(hive.nodes)
        hive.give("4.0", GOOD)
        which = hive.propose("4.0", by=4)
        hive.rolled_out(which)
        voted = {vote["node"] for vote in hive.nodes[0].upgrade(which)["votes"]}
        self.assertEqual(voted, {node.id for node in hive.nodes})
        hive.expect_deployed(which)
        hive.expect_sound()

    def test_without_a_quorum_they_do_not_change(self):
        hive = self.make_hive(3)
        for node in hive.nodes[1:]:
            node.end()
        self.change(hive.nodes[:1])
        track = hive.nodes[0].track()
        self.assertEqual((track["generation"], track["quorum"]), (1, 2))
        hive.start()
        hive.await_generation(2)
        self.assertEqual([each["node"] for each in hive.nodes[2].track()["members"]], [hive.nodes[0].id])
        hive.expect_sound()

    def test_another_hive_of_a_members_list_does_not_count_and_is_shown(self):
        hive = self.make_hive(3)
        odd = hive.nodes[2]
        odd.end()
        config = odd.directory / "hived.toml"
        config.write_text(config.read_text(encoding="utf-8").replace(f'"{hive.nodes[0].id}", ', ""), encoding="utf-8")
        odd.lose_power()
        odd.start()
        hive.await_linked()
        hive.give("2.0", GOOD)
        which = hive.propose("2.0", policy="majority", members=[node.id for node in hive.nodes[:2]])
        hive.agreed(which, "approved", hive.nodes[:2])
        hashes = {node.track()["hash"] for node in hive.nodes[:2]}
        self.assertEqual(len(hashes), 1)
        self.assertNotIn(odd.track()["hash"], hashes)
        wait_until(lambda: hive.nodes[1].id in odd.track()["differing"],
                   lambda: f"{[node.track() for node in hive.nodes]}")
        for node in hive.nodes[:2]:
            row = next(each for each in node.track()["members"] if each["node"] == odd.id)
            self.assertTrue(not row["admitted"] or odd.id in node.track()["differing"])
        hive.ended(which, hive.nodes[:2])

    def change(self, nodes):
        self.assertEqual(nodes[0].ask("PUT", "/upgrades/members",
                                      {"track": "main", "members": [{"node": node.id} for node in nodes]})[0], 202)


if __name__ == "__main__":
    unittest.main()
