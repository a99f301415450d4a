"""Agents and their baselines over HTTP against a real node: the cases of the source system, many clients at once,
kill -9, and bad input."""

import http.client
import json
import os
import threading
import time
import unittest
from pathlib import Path

from real_node_test import Node

VECTORS = json.loads((Path(__file__).resolve().parents[1] / "data/baselines.json").read_text(encoding="utf-8"))
KILLS = 20 if os.environ.get("HIVE_SOAK") == "1" else 3
CLIENTS = 64


class Http:
    """One connection, kept alive."""

    def __init__(self, node):
        self._connection = http.client.HTTPConnection(node.endpoint, timeout=60)
        token = Path(node.data, "operator.token")
        self._headers = {"Content-Type": "application/json", "Authorization": "Bearer " + token.read_text().strip()}

    def __call__(self, method, path, body=None):
        text = body if isinstance(body, (str, bytes)) or body is None else json.dumps(body)
        self._connection.request(method, "/api/v1" + path, text, self._headers if text is not None else
                                 {"Authorization": self._headers["Authorization"]})
        answer = self._connection.getresponse()
        content = answer.read()
        return answer.status, json.loads(content) if content else None


def ok(answer):
    status, body = answer
    assert status in (200, 201), (status, body)
    return body


def without_more(expected, actual, where=""):
    """The part of `actual` that `expected` has: more members may follow."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return {name: without_more(value, actual.get(name), where + "/" + name) for name, value in expected.items()}
    return actual


class VectorsOfTheSourceSystem(unittest.TestCase):
    """44 captures, 30 validations and trends, and 14 comparisons."""

    def test_all(self):
        captures = comparisons = 0
        with Node() as node:
            ask = Http(node)
            for number, case in enumerate(VECTORS):
                agent = f"/agents/agent{number}/7"
                with self.subTest(case=number):
                    for step in case["steps"]:
                        self.capture(ask, agent, step)
                        captures += 1
                    self.judge(ask, agent, case)
                    comparisons += "compare_1_2" in case
        self.assertEqual((captures, len(VECTORS), comparisons), (44, 30, 14))

    def capture(self, ask, agent, step):
        ok(ask("PUT", agent + "/recipe", step["recipe"]))
        ok(ask("DELETE", agent + "/spans"))
        if step["spans"]:
            ok(ask("POST", agent + "/spans", step["spans"]))
        rates = {"regression": {"pass_rate": step["regression_pass_rate"]}}
        baseline = ok(ask("POST", agent + "/baselines", {"trigger": step["snapshot"]["trigger"],
                                                         "benchmark_metrics": rates}))
        expected = step["snapshot"]
        for section in ("recipe_metrics", "lightning_metrics", "benchmark_metrics"):
            self.assertEqual(without_more(expected[section], baseline.get(section, {})), expected[section])
            if not expected[section]:
                self.assertNotIn(section, baseline)
        self.assertEqual(expected["trust_evolution_metrics"], {})
        self.assertNotIn("trust_evolution", baseline)
        self.assertEqual((baseline["version"], baseline["trigger"], baseline["flow_id"]),
                         (expected["version"], expected["trigger"], str(expected["flow_id"])))
        self.assertEqual(ok(ask("GET", f"{agent}/baselines/{expected['version']}")), baseline)

    def judge(self, ask, agent, case):
        ok(ask("PUT", agent + "/recipe", case["current_recipe"]))
        rates = {"regression": {"test_pass_rate": case["current_regression_pass_rate"]}}
        validation = ok(ask("POST", agent + "/validate?policy=threshold", {"benchmark_metrics": rates}))
        expected = case["validate"]
        self.assertEqual([each["metric"] for each in validation["regressions"]], expected["regressions"])
        self.assertEqual((validation["passed"], validation["baseline_version"]),
                         (expected["passed"], expected["baseline_version"]))
        self.assertEqual(ok(ask("GET", agent + "/trend")), case["trend"])
        if "compare_1_2" in case:
            self.assertEqual(ok(ask("GET", agent + "/compare?old=1&new=2")), case["compare_1_2"])


class ManyClients(unittest.TestCase):
    def capture_at_once(self, node, agent, into):
        def run():
            try:
                status, body = Http(node)("POST", agent + "/baselines", {"trigger": "prompt_change"})
            except OSError:
                return  # the node was killed: unknown
            if status == 201:
                into.append(body["version"])

        threads = [threading.Thread(target=run) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        return threads

    def test_concurrent_captures_are_numbered_one_after_the_other(self):
        with Node() as node:
            versions = []
            for thread in self.capture_at_once(node, "/agents/a/0", versions):
                thread.join()
            self.assertEqual(sorted(versions), list(range(1, CLIENTS + 1)))
            listed = ok(Http(node)("GET", "/agents/a/0/baselines"))["baselines"]
            self.assertEqual([each["version"] for each in listed], list(range(1, CLIENTS + 1)))

    def test_kill_9_in_between_leaves_no_gap_and_loses_nothing_that_was_answered(self):
        with Node() as node:
            answered = []
            for kill in range(KILLS):
                threads = self.capture_at_once(node, "/agents/a/0", answered)
                time.sleep(0.002 * (kill + 1))
                node.kill()
                for thread in threads:
                    thread.join()
                node.start()
                listed = ok(Http(node)("GET", "/agents/a/0/baselines?limit=10000"))["baselines"] if answered else []
                versions = [each["version"] for each in listed]
                self.assertEqual(versions, list(range(1, len(versions) + 1)))
                self.assertLessEqual(set(answered), set(versions))
                self.assertEqual(len(answered), len(set(answered)))
            versions = []
            for thread in self.capture_at_once(node, "/agents/a/0", versions):
                thread.join()
            self.assertEqual(len(versions), CLIENTS)


class Rules(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = Node()
        cls.ask = Http(cls.node)

    @classmethod
    def tearDownClass(cls):
        cls.node.__exit__()

    def ask(self, *request):
        return type(self).ask(*request)

    def capture(self, agent, trigger, **more):
        return type(self).ask("POST", agent + "/baselines", {"trigger": trigger, **more})

    def get(self, path):
        return ok(type(self).ask("GET", path))

    def put(self, path, body):
        return ok(type(self).ask("PUT", path, body))

    @staticmethod
    def recipe(rate, structure="do"):
        return {"actions": [{"action_id": 1, "action": structure, "experience": {"success_rate": rate}}]}

    def test_creation_and_recipe_change_are_one_in_either_order(self):
        self.assertEqual(self.capture("/agents/d1/0", "creation")[0], 201)
        self.assertIn("skipped", ok(self.capture("/agents/d1/0", "recipe_change")))
        first = ok(self.capture("/agents/d2/0", "recipe_change"))
        self.assertEqual((first["version"], first["trigger"]), (1, "creation"))
        self.assertEqual(self.capture("/agents/d2/0", "creation"), (200, {
            "skipped": "a change of the recipe was recorded as the creation less than 60 s ago"}))
        self.assertEqual(ok(self.capture("/agents/d2/0", "prompt_change"))["version"], 2)

    def test_versions_sort_as_numbers(self):
        for _ in range(11):
            self.capture("/agents/n/0", "manual")
        versions = [each["version"] for each in self.get("/agents/n/0/baselines")["baselines"]]
        self.assertEqual(versions, list(range(1, 12)))
        self.assertEqual(self.get("/agents/n/0/baselines/latest")["version"], 11)
        page = self.get("/agents/n/0/baselines?limit=4&after=8")
        self.assertEqual([each["version"] for each in page["baselines"]], [9, 10, 11])

    def test_changed_experience_does_not_move_the_reference(self):
        agent = "/agents/r/0"
        self.put(agent + "/recipe", self.recipe(0.9))
        self.capture(agent, "prompt_change")
        self.put(agent + "/recipe", self.recipe(0.5))
        self.assertEqual(ok(self.capture(agent, "recipe_change"))["kind"], "observation")
        validation = self.get(agent + "/validate")
        self.assertEqual((validation["passed"], validation["baseline_version"]), (False, 1))
        self.put(agent + "/recipe", self.recipe(0.5, "do it otherwise"))
        self.assertEqual(ok(self.capture(agent, "recipe_change"))["kind"], "capture")
        validation = self.get(agent + "/validate")
        self.assertEqual((validation["passed"], validation["baseline_version"]), (True, 3))
        self.assertEqual([each["metric"] for each in validation["decay"]], ["action_1_success_rate"])

    def test_only_acceptance_with_a_reason_ends_a_regression(self):
        agent = "/agents/acc/0"
        self.put(agent + "/recipe", self.recipe(0.9))
        self.capture(agent, "prompt_change")
        self.put(agent + "/recipe", self.recipe(0.5))
        for _ in range(3):
            self.assertEqual(ok(self.capture(agent, "intelligence_change"))["kind"], "regression")
            self.assertFalse(self.get(agent + "/validate")["passed"])
        self.assertEqual(type(self).ask("POST", agent + "/accept", {})[0], 400)
        accepted = ok(type(self).ask("POST", agent + "/accept", {"reason": "a cheaper model"}))
        self.assertEqual((accepted["latest"], accepted["reference"]["version"], accepted["anchor"]["version"]), (5, 5, 5))
        self.assertEqual(accepted["accepted"][0]["reason"], "a cheaper model")
        validation = self.get(agent + "/validate")
        self.assertEqual((validation["passed"], validation["decay"]), (True, []))

    def test_a_pinned_reference_stays_until_it_is_unpinned(self):
        agent = "/agents/pin/0"
        for rate in (0.9, 0.7, 0.6):
            self.put(agent + "/recipe", self.recipe(rate))
            self.capture(agent, "prompt_change")
        self.assertTrue(self.put(agent + "/reference", {"version": 1})["pinned"])
        self.assertFalse(self.get(agent + "/validate")["passed"])
        self.capture(agent, "manual")
        self.assertEqual(self.get(agent + "/validate")["baseline_version"], 1)
        ok(type(self).ask("DELETE", agent + "/reference"))
        self.assertEqual(self.get(agent + "/validate")["baseline_version"], 4)
        self.assertEqual(type(self).ask("PUT", agent + "/reference", {"version": 99})[0], 404)

    def test_what_if_stores_nothing(self):
        agent = "/agents/w/0"
        self.put(agent + "/recipe", self.recipe(0.9))
        self.capture(agent, "prompt_change")
        before = self.get(agent)
        worse = ok(type(self).ask("POST", agent + "/validate", {"recipe": self.recipe(0.1)}))
        self.assertFalse(worse["passed"])
        self.assertTrue(self.get(agent + "/validate")["passed"])
        self.assertEqual(self.get(agent), before)

    def test_a_capture_is_not_repeated_with_its_key(self):
        first = ok(self.capture("/agents/k/0", "manual", idempotency_key="one"))
        self.assertEqual(self.capture("/agents/k/0", "manual", idempotency_key="one"), (200, first))
        self.assertEqual(ok(self.capture("/agents/k/0", "manual", idempotency_key="two"))["version"], 2)

    def test_imports_conflict_append_and_repeat(self):
        agent = "/agents/i/0"
        one = {"trigger": "autoresearch_baseline", "lightning_metrics": {"avg_reward": 0.5}, "unknown": {"x": 1}}
        stored = self.put(agent + "/baselines/7", one)
        self.assertEqual((stored["version"], stored["trigger"], stored["imported"]), (7, "autoresearch_baseline", True))
        self.assertEqual(self.put(agent + "/baselines/7", one), stored)
        status, problem = type(self).ask("PUT", agent + "/baselines/7", {"trigger": "test"})
        self.assertEqual((status, problem["code"]), (409, "conflict"))
        appended = self.put(agent + "/baselines/7?append=true", {"trigger": "test"})
        self.assertEqual((appended["version"], appended["imported_version"]), (8, 7))
        self.assertEqual(ok(self.capture(agent, "manual"))["version"], 9)
        self.assertEqual(self.get(agent)["baselines"], 3)

    def test_bad_input_is_a_clear_error_and_changes_nothing(self):
        agent = "/agents/bad/0"
        cases = [
            ("PUT", agent + "/recipe", "{", 400), ("PUT", agent + "/recipe", "[]", 400),
            ("PUT", agent + "/recipe", "7", 400), ("PUT", agent + "/recipe", '"x"', 400),
            ("PUT", agent + "/recipe", {"actions": [{}] * 1001}, 413),
            ("POST", agent + "/spans", [], 400), ("POST", agent + "/spans", [{"duration": 1}], 400),
            ("POST", agent + "/spans", [{"status": "success", "duration": -1}], 400),
            ("POST", "/agents/bad/a_b/baselines", {}, 400), ("POST", "/agents/..%2F..%2Fetc/0/baselines", {}, 400),
            ("POST", "/agents/%2e%2e/0/baselines", {}, 400), ("POST", agent + "/baselines", {"trigger": "a b"}, 400),
            ("PUT", agent + "/baselines/0", {}, 400), ("PUT", agent + "/baselines/4294967296", {}, 400),
            ("PUT", agent + "/prompt", {}, 400), ("PUT", agent + "/prompt", {"text": "a", "sha256": "b"}, 400),
            ("GET", agent + "/baselines/1", None, 404), ("GET", agent + "/baselines", None, 404),
            ("GET", agent, None, 404), ("GET", agent + "/compare?old=1&new=2", None, 404),
            ("GET", agent + "/compare?old=1", None, 400), ("GET", "/agents?after=x", None, 400),
            ("POST", agent + "/validate", {"recipe": []}, 400), ("DELETE", agent + "/recipe", None, 404),
        ]
        for method, path, body, status in cases:
            with self.subTest(method=method, path=path, body=str(body)[:40]):
                got, problem = type(self).ask(method, path, body)
                self.assertEqual(got, status, problem)
                self.assertTrue(problem["detail"])
        self.assertEqual(type(self).ask("GET", agent)[0], 404)
        self.assertEqual(self.get(agent + "/trend"), {"trend": "insufficient_data", "snapshot_count": 0})
        self.assertEqual(self.get(agent + "/validate"), {
            "passed": False, "inconclusive": True, "regressions": [], "reason": "no baseline to compare", "missing": [],
            "decay": [], "policy": "strict"})
        self.assertTrue(self.get(agent + "/validate?policy=threshold")["passed"])


if __name__ == "__main__":
    unittest.main()
