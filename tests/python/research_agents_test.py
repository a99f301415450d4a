"""AutoResearch sessions that improve an agent, with a real node: what regresses the agent is not captured and does not
count."""

import unittest

from agents_test import Http, ok
from prompts_folder_test import recipe
from real_node_test import Node

AGENT = "/agents/exp-1/autoresearch"
SESSION = "/autoresearch/s1"


class SessionWithAnAgentTest(unittest.TestCase):
    def setUp(self):
        self.node = Node()
        self.addCleanup(self.node.__exit__)
        self.ask = Http(self.node)
        self.put(0.9)

    def put(self, rate, actions=1):
        ok(self.ask("PUT", AGENT + "/recipe", recipe(rate, actions)))

    def begin(self, **more):
        return ok(self.ask("POST", "/autoresearch", {"id": "s1", "topic": "faster", "prompt_id": "exp-1",
                                                     "flow_id": "autoresearch", **more}))

    def improve(self, value, key=None):
        ok(self.ask("POST", SESSION + "/iterations", {"outcome": "success", "duration_s": 1}))
        return ok(self.ask("POST", SESSION + "/improvements", {"value": value, "git_sha": "abc",
                                                               **({"idempotency_key": key} if key else {})}))

    def triggers(self):
        return [each["trigger"] for each in ok(self.ask("GET", AGENT + "/baselines"))["baselines"]]

    def test_improvements_are_compared_with_the_start_of_the_session(self):
        self.assertEqual(self.begin()["start_baseline"], 1)
        self.assertEqual(ok(self.ask("GET", AGENT + "/baselines/1"))["user_id"], "system")
        passed = self.improve(1, "a")
        self.assertEqual(without_empty(passed["baseline"]), {"passed": True, "compared_with": 1, "version": 2})
        self.assertEqual(ok(self.ask("GET", AGENT + "/baselines/2"))["metadata"]["git_sha"], "abc")
        self.put(0.87)  # within 5% of the start, and then of the newest capture, but not of the start
        self.assertEqual(self.improve(2, "b")["baseline"]["version"], 3)
        self.put(0.83)
        failed = self.improve(3, "c")
        self.assertFalse(failed["baseline"]["passed"])
        self.assertEqual(failed["baseline"]["compared_with"], 1)
        self.assertEqual(failed["baseline"]["regressions"][0]["metric"], "action_1_success_rate")
        self.assertEqual((failed["improvements"], failed["reverted"], failed["best_value"]), (2, 1, 2))
        self.assertEqual(self.triggers(), ["autoresearch_baseline"] + ["autoresearch_improvement"] * 2)
        self.put(0.9)
        self.assertTrue(self.improve(2.5, "d")["baseline"]["passed"], "better than what counts")

    def test_a_repeated_improvement_gets_its_answer_again_and_no_second_capture(self):
        self.begin()
        first = self.improve(1, "a")
        self.put(0.5)
        failed = self.improve(2, "b")
        for key, answer in (("a", first), ("b", failed)):
            again = ok(self.ask("POST", SESSION + "/improvements", {"value": 9, "idempotency_key": key}))
            self.assertEqual(again["baseline"], answer["baseline"])
        self.node.kill()
        self.node.start()
        self.ask = Http(self.node)
        again = ok(self.ask("POST", SESSION + "/improvements", {"value": 9, "idempotency_key": "a"}))
        self.assertEqual(again["baseline"], first["baseline"])
        self.assertEqual(len(self.triggers()), 2)

    def test_what_is_missing_now_is_no_pass_unless_the_session_names_policy_threshold(self):
        for policy, passes in (("strict", False), ("threshold", True)):
            with self.subTest(policy):
                self.put(0.9, actions=2)
                ok(self.ask("POST", "/autoresearch", {"id": policy, "topic": "t", "policy": policy, "prompt_id": "exp-1",
                                                      "flow_id": "autoresearch"}))
                self.put(0.9, actions=1)
                ok(self.ask("POST", f"/autoresearch/{policy}/iterations", {"outcome": "success", "duration_s": 1}))
                answer = ok(self.ask("POST", f"/autoresearch/{policy}/improvements", {"value": 1}))
                self.assertEqual(answer["baseline"]["passed"], passes)
                self.assertEqual(answer["baseline"]["missing"], ["action_2_success_rate"])

    def test_a_session_without_agent_says_nothing_about_baselines(self):
        ok(self.ask("POST", "/autoresearch", {"id": "s1", "topic": "faster"}))
        answer = self.improve(1)
        self.assertNotIn("baseline", answer)
        self.assertNotIn("start_baseline", answer)

    def test_ids_that_name_no_agent_begin_no_session(self):
        status, problem = self.ask("POST", "/autoresearch", {"id": "s1", "topic": "t", "prompt_id": "p", "flow_id": "a_b"})
        self.assertEqual(status, 400)
        self.assertIn("flow_id", problem["detail"])
        self.assertEqual(self.ask("GET", SESSION)[0], 404)


def without_empty(members):
    return {name: value for name, value in members.items() if value not in ([], "", None)}


if __name__ == "__main__":
    unittest.main()
