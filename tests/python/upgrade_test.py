"""Decisions of the hive through the client: what is asked, and when a wait is over."""

import asyncio
import unittest
from unittest import mock

from hivemark import AsyncClient, Client, NodeError, Unreachable, _upgrade_wait, is_approved
from upgrade_server import UpgradeServer, answer_of

ID = answer_of("pending")["id"]


class ProposalTest(unittest.TestCase):
    def ask(self, question, *answers):
        with UpgradeServer(*(answers or (answer_of("pending"),))) as server, Client(server.url) as hive:
            try:
                return question(hive)
            finally:
                self.requests = server.requests

    def test_a_proposal_says_what_was_given_and_nothing_else(self):
        self.assertEqual(self.ask(lambda hive: hive.propose_upgrade("v2.0", "v2.1"))["decision"], "pending")
        self.assertEqual(self.requests, [("POST", "/api/v1/upgrades", {"from": "v2.0", "to": "v2.1"})])
        stages = [{"share": 0.2, "duration_s": 600}]
        self.ask(
            lambda hive: hive.propose_upgrade(
                "v2.0", "v2.1", members=["ab12"], policy="majority", deadline_s=90, stages=stages, queue=True
            )
        )
        expected = {"from": "v2.0", "to": "v2.1", "members": ["ab12"], "policy": "majority", "deadline_s": 90}
        self.assertEqual(self.requests, [("POST", "/api/v1/upgrades?queue=true", expected | {"stages": stages})])

    def test_ids_and_fields_are_where_the_api_has_them(self):
        self.ask(lambda hive: hive.get_upgrade(ID))
        self.assertEqual(self.requests, [("GET", f"/api/v1/upgrades/{ID}", None)])
        self.ask(lambda hive: hive.list_upgrades(limit=5, track="main"))
        self.assertEqual(self.requests[0][1], "/api/v1/upgrades?limit=5&track=main")
        for verb in ("stop", "abort"):
            self.ask(lambda hive, verb=verb: getattr(hive, f"{verb}_upgrade")(ID, reason="why", unknown=["ab12"]))
            self.assertEqual(
                self.requests, [("POST", f"/api/v1/upgrades/{ID}/{verb}", {"reason": "why", "unknown": ["ab12"]})]
            )
        self.ask(lambda hive: hive.list_track_members(track="main"))
        self.assertEqual(self.requests[0][1], "/api/v1/upgrades/members?track=main")

    def test_an_open_proposal_is_an_error_with_its_code(self):
        with self.assertRaises(NodeError) as caught:
            self.ask(lambda hive: hive.propose_upgrade("v2.0", "v2.1"), 409)
        self.assertEqual((caught.exception.status, caught.exception.code), (409, "conflict"))


class WaitTest(unittest.TestCase):
    def wait(self, *answers, **options):
        with UpgradeServer(*answers) as server, Client(server.url) as hive:
            return hive.wait_for_upgrade(ID, **options)

    def test_it_ends_with_each_decision(self):
        for name in ("approved", "rejected", "aborted", "refused", "held", "rolled_back", "conflict"):
            with self.subTest(name):
                found = self.wait(answer_of("announced"), answer_of("pending"), answer_of(name))
                self.assertEqual(found, answer_of(name))
                self.assertIs(is_approved(found), name == "approved")

    def test_through_the_rollout_it_ends_with_the_rollout(self):
        steps = [answer_of(name) for name in ("pending", "approved", "canary", "complete")]
        self.assertEqual(self.wait(*steps, through_rollout=True)["rollout"], "complete")
        steps = [answer_of(name) for name in ("approved", "rolling_back", "rolled_back")]
        self.assertEqual(self.wait(*steps, through_rollout=True)["rollout"], "rolled back")

    def test_a_time_limit_is_an_error_and_outlasts_held(self):
        found = self.wait(answer_of("held"), answer_of("approved"), timeout=60)
        self.assertEqual(found["decision"], "approved")
        with self.assertRaisesRegex(TimeoutError, "still held: n5 has not voted"):
            self.wait(answer_of("held"), timeout=0.05)

    def test_a_node_in_its_restart_is_waited_for_and_a_lost_proposal_is_not(self):
        self.assertEqual(self.wait(answer_of("pending"), 0, 503, answer_of("approved"))["decision"], "approved")
        with self.assertRaises(NodeError):
            self.wait(answer_of("pending"), 404)
        with mock.patch.object(_upgrade_wait, "NODE_PATIENCE_S", 0.0), self.assertRaises(Unreachable):
            self.wait(answer_of("pending"), 0)

    def test_coroutines_wait_as_well(self):
        async def wait(url):
            async with AsyncClient(url) as hive:
                return await hive.wait_for_upgrade(ID)

        with UpgradeServer(answer_of("pending"), answer_of("rejected")) as server:
            self.assertEqual(asyncio.run(wait(server.url))["decision"], "rejected")


if __name__ == "__main__":
    unittest.main()
