"""What operators ask wrongly, over HTTP and in the configuration: refused or held by name, and never approved."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from gate_case import SharedHive
from gate_hive import DECIDED, GOOD, OLD, STAGE
from gate_node import Refused

STRANGER = "0123456789abcdef0123456789abcdef"


class BadProposalTest(SharedHive):
    SIZE = 3

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hive.give("2.0", GOOD)

    def expect_refused_with(self, *texts, to="2.0", **more):
        """Refused as the client's fault, with these words, and not known afterwards."""
        before = {view["id"] for view in self.hive.nodes[0].upgrades()}
        with self.assertRaises(Refused) as caught:
            self.hive.propose(to, **more)
        self.assertIn(caught.exception.status, (400, 404, 409, 413, 422), caught.exception)
        for text in texts:
            self.assertIn(text, str(caught.exception.body))
        self.assertEqual({view["id"] for view in self.hive.nodes[0].upgrades()}, before)

    def expect_never_approved(self, *texts, to="2.0", **more):
        """Refused, or held with these words until it is stopped."""
        try:
            which = self.hive.propose(to, attempts=1, **more)
        except Refused as refused:
            self.assertIn(refused.status, (400, 404, 409, 422), refused)
            text = str(refused.body)
        else:
            views = self.hive.wait_for(which, ("held", *DECIDED))
            self.assertNotIn("approved", {view["decision"] for view in views})
            text = str([(view["reason"], [vote.get("reasons") for vote in view["votes"]]) for view in views])
            self.hive.nodes[1].stop(which)
            self.assertNotEqual(self.hive.agreed(which)[0], "approved")
        for each in texts:
            self.assertIn(each, text)

    def test_unknown_versions(self):
        self.expect_never_approved("no-such-version", to="no-such-version")
        self.expect_never_approved("no-such-old", **{"from": "no-such-old"})

    def test_unknown_members_and_members_outside_of_the_set(self):
        self.expect_refused_with(STRANGER, members=[STRANGER])
        self.expect_refused_with(STRANGER, members=[self.hive.nodes[0].id, STRANGER])
        self.expect_refused_with("members", members=["not an id!"])

    def test_more_members_than_there_may_be(self):
        self.expect_refused_with("members", members=[f"{number:032x}" for number in range(33)])
        rows = [{"node": f"{number:032x}"} for number in range(33)]
        self.assertIn("members", self.expect_refused(
            400, self.hive.nodes[0].request, "PUT", "/upgrades/members", {"track": "main", "members": rows}))

    def test_a_member_twice_counts_once_or_is_refused(self):
        twice = [self.hive.nodes[0].id] * 2
        self.expect_refused_or_counted_once(twice)
        rows = [{"node": each} for each in twice]
        answer = self.hive.nodes[0].ask("PUT", "/upgrades/members", {"track": "main", "members": rows})
        self.assertIn(answer[0], (400, 422), answer)

    def expect_refused_or_counted_once(self, members):
        try:
            which = self.hive.propose("2.0", members=members)
        except Refused as refused:
            self.assertIn(refused.status, (400, 422))
            return
        self.hive.agreed(which, "approved")
        self.assertEqual([vote["node"] for vote in self.hive.nodes[1].upgrade(which)["votes"]], members[:1])
        self.hive.ended(which)

    def test_what_no_set_of_votes_can_reach(self):
        self.expect_never_approved("central", policy="weighted", required_tiers=["central"])
        self.expect_never_approved("heavy", heavy_votes=4)

    def test_stages(self):
        self.expect_refused_with("duration_s", stages=[{"share": 0.2, "duration_s": 0}])
        self.expect_refused_with("share", stages=[{"share": 0, "duration_s": 10}])
        self.expect_refused_with("share", stages=[{"share": 1.5, "duration_s": 10}])
        self.expect_refused_with("share", stages=[{"share": 0.6, "duration_s": 10}, {"share": 0.3, "duration_s": 10}])
        self.expect_refused_with("stages", stages=[STAGE] * 9)

    def test_values_out_of_range(self):
        self.expect_refused_with("attempts", attempts=0)
        self.expect_refused_with("attempts", attempts=17)
        self.expect_refused_with("max_minutes", max_minutes=-1)
        self.expect_refused_with("policy", policy="everybody")
        self.expect_refused_with("judge", judge="a coin")
        self.expect_refused_with("track", track="no-such-track")
        self.expect_refused_with("margin", margins=[{"metric": "bench.latency", "margin": 2}])
        self.expect_refused_with("colour", colour="red")
        self.expect_refused_with("to", to="../etc/passwd")

    def test_a_stop_for_what_is_final_or_unknown(self):
        hive = self.hive
        self.expect_refused(404, hive.nodes[0].stop, "f" * 64)
        which = hive.propose("2.0")
        hive.rolled_out(which)
        decided = hive.agreed(which)
        self.expect_refused(409, hive.nodes[1].stop, which)
        self.assertEqual(hive.agreed(which), decided)
        self.assertEqual(hive.nodes[0].upgrade(which)["rollout"], "complete")
        self.assertEqual(hive.runs_of(which, "rollback"), [])

    def test_ids(self):
        node = self.hive.nodes[0]
        for bad, status in (("abc", 400), ("0" * 64, 404), ("zzzzzz", 404)):
            answer = node.ask("GET", "/upgrades/" + bad)
            self.assertIn(answer[0], (status, 404, 422), answer)
        self.assertIn(node.ask("GET", "/upgrades?limit=0")[0], (400, 422))
        self.assertIn(node.ask("GET", f"/upgrades/{'0' * 64}/document")[0], (404,))

    def test_asking_needs_the_role_operate(self):
        node = self.hive.nodes[0]
        token = node.data / "operator.token"
        text = token.read_text(encoding="utf-8")
        token.unlink()
        try:
            body = {"from": OLD, "to": "2.0"}
            for method, path, body in (("POST", "/upgrades", body), ("POST", f"/upgrades/{'0' * 64}/stop", {}),
                                       ("PUT", "/upgrades/members", {"track": "main", "members": [{"node": node.id}]}),
                                       ("POST", "/upgrades/admit", {})):
                self.assertIn(node.ask(method, path, body)[0], (401, 403), path)
            self.assertEqual(node.ask("GET", "/upgrades")[0], 200)
        finally:
            token.write_text(text, encoding="utf-8")
            token.chmod(0o600)


class BadConfigurationTest(unittest.TestCase):
    def expect_unusable(self, text, *words):
        with tempfile.TemporaryDirectory() as place:
            config = Path(place, "hived.toml")
            config.write_text(text, encoding="utf-8")
            command = [os.environ["HIVED"], "--check", "--config", str(config), "--data", place + "/data"]
            result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(result.returncode, 64, result.stderr)
        for word in ("hived.toml", *words):
            self.assertIn(word, result.stderr)

    def test_of_members_tracks_and_hooks(self):
        members = ", ".join(f'"{number:032x}"' for number in range(33))
        self.expect_unusable(f"[upgrade]\nmembers = [{members}]\n", "upgrade", "members")
        self.expect_unusable(f'[upgrade]\nmembers = ["{STRANGER}", "{STRANGER}"]\n', "upgrade", "members")
        self.expect_unusable('[upgrade]\nmembers = ["not an id"]\n', "upgrade", "members")
        self.expect_unusable('[upgrade]\ntracks = ["a", "b", "c", "d", "e"]\n', "upgrade", "tracks")
        self.expect_unusable('[upgrade]\npolicy = "anybody"\n', "upgrade", "policy")
        self.expect_unusable("[upgrade]\nslack = 2\n", "upgrade", "slack")
        self.expect_unusable("[upgrade.hooks]\ndeploy = []\n", "deploy")
        self.expect_unusable("[upgrade.hooks]\ndeploi = []\n", "deploi")
        self.expect_unusable("[upgrade.hooks]\ntimeout_s = 0\n", "timeout_s")


if __name__ == "__main__":
    unittest.main()
