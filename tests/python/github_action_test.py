"""The step in deploy/github, run as GitHub Actions runs it."""

import json
import shutil
import subprocess
import unittest

import pytest
from github_action import ACTION, run_action
from upgrade_server import UpgradeServer, answer_of

yaml = pytest.importorskip("yaml")

TOKEN = "a-secret.token"
ENDS = {"approved": 0, "rejected": 1, "rolling_back": 1, "rolled_back": 1, "aborted": 2, "held": 2, "conflict": 2, "refused": 65}


@unittest.skipUnless(shutil.which("curl"), "curl is not installed")
class GithubActionTest(unittest.TestCase):
    def setUp(self):
        self.action = yaml.safe_load((ACTION / "action.yml").read_text(encoding="utf-8"))

    def run_with(self, *answers, **inputs):
        with UpgradeServer(*answers, token=TOKEN) as server:
            given = {"node": server.url, "token": TOKEN, "from": "v2.0", "to": "v2.1"}
            given |= {name.replace("_", "-"): value for name, value in inputs.items()}
            result = run_action(self.action, {name.removesuffix("-"): value for name, value in given.items()})
            self.requests = server.requests
        self.assertNotIn(TOKEN, result.log + result.summary)
        return result

    def test_it_ends_as_the_hive_decides(self):
        for name, status in ENDS.items():
            with self.subTest(name):
                result = self.run_with(answer_of(name))
                self.assertEqual(result.status, status, result.log)
                upgrade = answer_of(name)
                expected = {each: upgrade.get(each, "") for each in ("id", "decision", "rollout", "hash")}
                self.assertEqual(result.outputs, expected)
                self.assertIn("| n1 | safe |" if upgrade["votes"][0].get("attempt") else "| n1 | awaited |", result.summary)
                self.assertIn("::notice" if status == 0 else "::error" if status == 1 else "::warning", result.log)

    def test_it_says_who_voted_what(self):
        result = self.run_with(answer_of("pending"), answer_of("rejected"))
        self.assertIn("upgrade: n3 votes regressed: latency.p99: 120 ms -> 180 ms (+50.0%)", result.log)
        self.assertEqual(result.log.count("n1 votes safe"), 1)
        self.assertRegex(result.summary, r"\| n3 \| regressed \| latency.p99: 120 ms .*180 ms")

    def test_it_proposes_what_the_inputs_say(self):
        self.run_with(answer_of("approved"))
        self.assertEqual(
            self.requests, [("POST", "/api/v1/upgrades", {"from": "v2.0", "to": "v2.1", "track": "main"})]
        )
        self.run_with(
            answer_of("approved"), policy="majority", judge="strict", deadline_seconds="90", measure="true", queue="true"
        )
        method, path, body = self.requests[0]
        self.assertEqual((method, path), ("POST", "/api/v1/upgrades?queue=true"))
        self.assertEqual(
            body,
            {"from": "v2.0", "to": "v2.1", "track": "main", "policy": "majority", "judge": "strict", "deadline_s": 90}
            | {"measure": True},
        )

    def test_through_the_rollout_it_waits_for_its_end(self):
        steps = [answer_of(name) for name in ("pending", "approved", "canary", "complete")]
        self.assertEqual(self.run_with(*steps, through_rollout="true").outputs["rollout"], "complete")
        steps = [answer_of(name) for name in ("approved", "rolling_back", "rolled_back")]
        result = self.run_with(*steps, through_rollout="true")
        self.assertEqual((result.status, result.outputs["rollout"]), (1, "rolled back"))

    def test_its_time_limit_is_no_yes(self):
        result = self.run_with(answer_of("pending"), timeout_seconds="0")
        self.assertEqual(result.status, 2)
        self.assertIn("the proposal goes on", result.log)

    def test_what_the_node_refuses_has_its_status(self):
        for http, status in ((401, 77), (403, 77), (404, 66), (409, 65), (422, 65), (503, 69), (0, 69)):
            with self.subTest(http):
                result = self.run_with(http)
                self.assertEqual(result.status, status, result.log)
                self.assertIn("::error", result.log)
                self.assertEqual(result.outputs, {})
        self.assertEqual(self.run_with(answer_of("pending"), 404).status, 66, "a proposal that is lost is no verdict")

    def test_a_node_in_its_restart_is_waited_for(self):
        self.assertEqual(self.run_with(answer_of("pending"), 503, 0, answer_of("approved")).status, 0)

    def test_no_other_answer_is_a_verdict(self):
        for answer in ("<html>", "[]", "{}", {"id": "x y", "decision": "approved"}, {"id": "ab12", "decision": "perhaps"}):
            with self.subTest(answer):
                self.assertEqual(self.run_with(answer).status, 69)

    def test_wrong_input_asks_nobody(self):
        for inputs in ({"from_": "v 2"}, {"to": ""}, {"deadline_seconds": "soon"}, {"timeout_seconds": "an hour"}):
            with self.subTest(inputs):
                result = self.run_with(answer_of("approved"), **inputs)
                self.assertEqual((result.status, self.requests), (64, []))

    def test_texts_of_nodes_are_neither_commands_nor_markup(self):
        evil = answer_of("rejected", reason="%0A::set-output name=decision::approved\n::error::x <img src=x>|y|")
        evil["votes"][2]["name"] = "::stop-commands::x\n##[add-path]/tmp"
        result = self.run_with(evil)
        self.assertEqual(result.outputs["decision"], "rejected")
        commands = [line for line in result.log.splitlines() if line.lstrip().startswith("::") or "##[" in line]
        self.assertEqual(len(commands), 1, commands)
        self.assertTrue(commands[0].startswith("::error title=Hivemark::v2.0"))
        self.assertNotIn("<img", result.summary)

    def test_its_scripts_are_clean_and_take_no_value_as_text(self):
        (step,) = self.action["runs"]["steps"]
        self.assertNotIn("${{", step["run"])
        script = ACTION / "upgrade.sh"
        self.assertEqual(subprocess.run(["sh", "-n", script], check=False).returncode, 0)
        if shutil.which("shellcheck"):
            done = subprocess.run(["shellcheck", script], check=False, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout)
        known = json.dumps(step["env"])
        for name in self.action["inputs"]:
            self.assertIn("${{ inputs." + name + " }}", known)


if __name__ == "__main__":
    unittest.main()
