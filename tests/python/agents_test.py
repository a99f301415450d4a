"""Agents and their baselines over HTTP against a real node: the cases of the source system, many clients at once,
kill -9, and bad input."""

import http.client
import json
import os
import random
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


class Evidence(unittest.TestCase):
    """What the runs that the node counted itself say. The seeds are fixed."""

    def setUp(self):
        self.node = Node()
        self.ask = Http(self.node)
        self.random = random.Random(7)

    def tearDown(self):
        self.node.__exit__()

    def runs(self, agent, rate, count, **more):
        batch = [{"action_id": 1, "outcome": "success" if self.random.random() < rate else "failure", **more}
                 for _ in range(count)]
        return ok(self.ask("POST", agent + "/runs", batch))

    def stream(self, agent, measured="success"):
        streams = ok(self.ask("GET", agent + "/explain"))["streams"]
        return next(each for each in streams if each["measured"] == measured and not each.get("slice"))

    def prepare(self, agent, rate=0.95, runs=1200):
        recipe = {"actions": [{"action_id": 1, "experience": {"success_rate": rate}}]}
        ok(self.ask("PUT", agent + "/recipe", recipe))
        ok(self.ask("POST", agent + "/baselines", {"trigger": "creation"}))
        for _ in range(runs // 200):
            self.runs(agent, rate, 200)

    def test_a_drop_is_confirmed_held_and_ends_with_acceptance(self):
        agent = "/agents/e/0"
        self.assertEqual(self.runs(agent, 0.95, 37)["recorded"], 37)
        self.assertEqual(self.stream(agent)["says"], "learning")
        self.assertIn("37 of 200", self.stream(agent)["text"])
        self.prepare(agent)
        self.assertEqual(self.stream(agent)["says"], "chance")
        self.assertTrue(ok(self.ask("GET", agent + "/validate"))["passed"])
        self.runs(agent, 0.70, 300)
        stream = self.stream(agent)
        self.assertEqual(stream["says"], "confirmed")
        self.assertGreater(stream["reference"], stream["recent"])
        validation = ok(self.ask("GET", agent + "/validate"))
        self.assertEqual((validation["passed"], validation["confirmed"]), (False, True))
        self.assertEqual([(each["metric"], each["evidence"]) for each in validation["regressions"]],
                         [("action_1_success_rate", "confirmed")])
        self.node.kill()
        self.node.start()
        self.ask = Http(self.node)
        self.assertFalse(ok(self.ask("GET", agent + "/validate"))["passed"])
        self.assertEqual(self.stream(agent)["says"], "confirmed")
        ok(self.ask("POST", agent + "/accept", {"reason": "known"}))
        self.assertTrue(ok(self.ask("GET", agent + "/validate"))["passed"])
        self.assertNotEqual(self.stream(agent)["says"], "confirmed")

    def test_a_rate_of_a_recipe_is_no_evidence(self):
        agent = "/agents/r/0"
        self.prepare(agent, runs=1000)
        ok(self.ask("PUT", agent + "/recipe", {"actions": [{"action_id": 1, "experience": {"success_rate": 0.5}}]}))
        validation = ok(self.ask("GET", agent + "/validate"))
        self.assertEqual([each["evidence"] for each in validation["regressions"]], ["chance"])
        self.assertEqual(self.stream(agent)["says"], "chance")

    def test_slower_runs_are_confirmed_by_their_durations(self):
        agent = "/agents/d/0"
        for factor, batches in ((1.0, 10), (2.0, 1)):
            for _ in range(batches):
                batch = [{"action_id": "a", "outcome": "success",
                          "duration_s": factor * self.random.lognormvariate(0, 0.8)} for _ in range(100)]
                ok(self.ask("POST", agent + "/runs", batch))
        self.assertEqual(self.stream(agent, "duration")["says"], "confirmed")
        self.assertEqual(self.stream(agent)["says"], "chance")

    def test_spans_of_an_action_count_as_runs_once_when_they_end(self):
        agent = "/agents/s/0"
        span = {"span_id": "one", "status": "in_progress", "action_id": 4}
        ok(self.ask("POST", agent + "/spans", [span]))
        self.assertNotIn("metrics", ok(self.ask("GET", agent + "/explain")))
        for _ in range(2):
            ok(self.ask("POST", agent + "/spans", [{**span, "status": "error", "duration": 2.5}]))
        metrics = ok(self.ask("GET", agent + "/explain"))["metrics"]
        self.assertEqual((metrics["runs"], metrics["successes"]), (1, 0))
        self.assertEqual(metrics["per_action"]["4"]["recent_runs"], 1)

    def test_runs_are_not_counted_again_with_their_key(self):
        path = "/agents/k/0/runs?idempotency_key=one"
        run = [{"action_id": 1, "outcome": "success"}]
        self.assertEqual(ok(self.ask("POST", path, run))["recorded"], 1)
        self.assertEqual(ok(self.ask("POST", path, run))["recorded"], 0)
        self.assertEqual(ok(self.ask("GET", "/agents/k/0/explain"))["metrics"]["runs"], 1)

    def test_items_are_paired_between_two_captures(self):
        agent = "/agents/i/0"
        for version, failing in ((1, ()), (2, (0, 1, 2, 3, 4, 5))):
            ok(self.ask("POST", agent + "/baselines", {"trigger": "prompt_change"}))
            batch = [{"action_id": 1, "outcome": "failure" if item in failing else "success", "item": f"case{item}",
                      "duration_s": 1 + version, "tokens": 100} for item in range(20)]
            ok(self.ask("POST", agent + "/runs", batch))
        compared = ok(self.ask("GET", agent + "/compare?old=1&new=2"))
        items = compared["items"]
        self.assertEqual((items["pairs"], items["test"], items["worse"]), (20, "mcnemar", True))
        self.assertEqual(items["broken"], [f"case{item}" for item in range(6)])
        self.assertAlmostEqual(items["p_worse"], 0.5 ** 6)
        self.assertTrue(compared["durations"]["worse"])
        self.assertFalse(compared["tokens"]["worse"])

    def test_slices_and_costs_have_figures_of_their_own(self):
        agent = "/agents/l/0"
        batch = [{"action_id": 1, "outcome": "success" if i % 2 else "failure", "tokens": 10, "cost": 0.5,
                  "labels": {"language": "python" if i % 2 else "rust"}} for i in range(40)]
        ok(self.ask("POST", agent + "/runs", batch))
        explained = ok(self.ask("GET", agent + "/explain"))
        slices = {each["slice"] for each in explained["streams"] if each.get("slice")}
        self.assertEqual(slices, {"language=python", "language=rust"})
        self.assertEqual((explained["metrics"]["tokens_per_success"], explained["metrics"]["cost_per_success"]), (20, 1))

    def test_other_tools_regress_until_accepted(self):
        agent = "/agents/t/0"
        ok(self.ask("PUT", agent + "/recipe", {"actions": [{"action_id": 1}]}))
        ok(self.ask("POST", agent + "/baselines", {"trigger": "creation"}))
        for tools in ["read", "write"] * 3, ["read", "shell"] * 1:
            for _ in range(len(tools)):
                ok(self.ask("POST", agent + "/runs", [{"action_id": 1, "outcome": "success", "tools": tools[:2],
                                                       "steps": 2}] * 200))
        validation = ok(self.ask("GET", agent + "/validate"))
        self.assertEqual({each["metric"] for each in validation["regressions"]}, {"new_tool shell", "lost_tool write"})
        ok(self.ask("POST", agent + "/accept", {"reason": "another shell"}))
        self.assertTrue(ok(self.ask("GET", agent + "/validate"))["passed"])

    def test_another_judge_is_inconclusive_until_its_rewards_are_comparable(self):
        agent = "/agents/j/0"
        ok(self.ask("PUT", agent + "/recipe", {"actions": [{"action_id": 1}]}))
        ok(self.ask("POST", agent + "/baselines", {"trigger": "creation", "judge": "a"}))
        ok(self.ask("POST", agent + "/runs", [{"action_id": 1, "outcome": "success", "reward": 0.5, "judge": "b"}]))
        validation = ok(self.ask("GET", agent + "/validate"))
        self.assertEqual((validation["passed"], validation["inconclusive"]), (False, True))
        self.assertIn("judge: a → b", validation["missing"][0])
        few = [{"item": str(item), "old": 0.5, "new": 0.6} for item in range(7)]
        self.assertEqual(self.ask("POST", agent + "/rebase", {"judge": "b", "items": few})[0], 400)
        enough = [{"item": str(item), "old": 0.5, "new": 0.6 + 0.01 * (item % 2)} for item in range(10)]
        rebased = ok(self.ask("POST", agent + "/rebase", {"judge": "b", "items": enough}))["rebases"][0]
        self.assertAlmostEqual(rebased["offset"], 0.105)
        self.assertLess(rebased["lower"], 0.105)
        self.assertTrue(ok(self.ask("GET", agent + "/validate"))["passed"])

    def test_ten_baselines_are_judged_by_a_trend_test(self):
        agent = "/agents/m/0"
        for step in range(12):
            given = {"lightning_metrics": {"avg_reward": 0.5 + 0.01 * step}}
            ok(self.ask("POST", agent + "/baselines", {"trigger": "prompt_change", **given}))
        trend = ok(self.ask("GET", agent + "/trend"))
        self.assertEqual((trend["trend"], trend["snapshot_count"]), ("improving", 12))
        self.assertAlmostEqual(trend["reward_slope"], 0.01)

    def test_bad_runs_are_refused_as_a_whole(self):
        good = {"action_id": 1, "outcome": "success"}
        for bad in ({}, {"action_id": 1}, {**good, "outcome": "maybe"}, {**good, "duration_s": -1},
                    {**good, "tokens": "many"}, {**good, "labels": {"a": ""}}, {**good, "unknown": 1},
                    {**good, "action_id": "x" * 129}):
            with self.subTest(bad=str(bad)[:60]):
                status, problem = self.ask("POST", "/agents/b/0/runs", [good, bad])
                self.assertEqual(status, 400, problem)
                self.assertIn("/1", problem.get("pointer", "") + problem["detail"])
        self.assertEqual(self.ask("GET", "/agents/b/0")[0], 404)


class AgentsInSnapshots(unittest.TestCase):
    """Adapter agent_baselines, and the gate over what it measures."""

    def test_a_loss_beyond_the_floor_holds_an_upgrade_under_both_policies(self):
        with Node("[benchmarks.agent_baselines]\nsuccess_rate_delta_floor = -0.08\n") as node:
            ask = Http(node)
            listed = {each["name"]: each for each in ok(ask("GET", "/benchmarks"))["benchmarks"]}["agent_baselines"]
            self.assertEqual((listed["tier"], listed["available"], listed["reason"]),
                             ("fast", False, "no agent has two baselines"))
            for rate, version in ((0.9, None), (0.9, "v1"), (0.83, "v2"), (0.74, "v3")):
                recipe = {"actions": [{"action_id": 1, "experience": {"success_rate": rate}}]}
                ok(ask("PUT", "/agents/a/0/recipe", recipe))
                ok(ask("POST", "/agents/a/0/baselines", {"trigger": "manual"}))
                if version:
                    snapshot = ok(ask("POST", "/snapshots", {"version": version}))
            metric = snapshot["metrics"]["a_0_success_rate_delta"]
            self.assertEqual((metric["value"], metric["unit"], metric["floor"]), (-0.09, "ratio", -0.08))
            self.assertEqual(snapshot["metrics"]["agents_total"]["gate"], False)
            for policy in ("strict", "threshold"):
                check = ok(ask("GET", f"/upgrades/check?old=v1&new=v2&policy={policy}"))
                self.assertEqual(check["verdict"], "safe", "from 0 to -0.07 is within the floor: " + check["reason"])
                check = ok(ask("GET", f"/upgrades/check?old=v2&new=v3&policy={policy}"))
                self.assertEqual([(each["metric"], each["floor"]) for each in check["regressions"]],
                                 [("a_0_success_rate_delta", -0.08)], check)
                self.assertIn("floor -0.08 ratio", check["reason"])


if __name__ == "__main__":
    unittest.main()
