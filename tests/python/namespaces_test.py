"""Namespaces of a real node: what is in one, nobody else sees."""

import json
import os
import threading
import unittest
import urllib.error
import urllib.request
from pathlib import Path
from unittest import mock

from adapters_of_a_test import cases
from hivemark import Client, NodeError, Worker
from real_node_test import PATIENCE_S, Node
from worker_test import wait_until


def given(value):
    return {"test": {"metrics": {"score": {"value": value, "direction": "higher"}}}}


def tasks(tool, count=6):
    return [{"task_type": "t", "tool_name": tool, "completion_time_s": 1, "success": True}] * count


class NamespacesTest(unittest.TestCase):
    config = ""

    def setUp(self):
        self.node = Node(self.config)
        self.addCleanup(self.node.__exit__)
        token = mock.patch.dict(os.environ, HIVE_DATA=self.node.data)
        token.start()
        self.addCleanup(token.stop)
        self.own = self.client(None)

    def client(self, namespace):
        out = Client(self.node.url, timeout_s=PATIENCE_S, namespace=namespace)
        self.addCleanup(out.close)
        return out

    def names(self):
        return [each["id"] for each in self.own.list_namespaces()["namespaces"]]

    def on_disk(self):
        path = Path(self.node.data, "namespaces")
        return sorted(each.name for each in path.iterdir()) if path.exists() else []

    def expect_error(self, status, code, question, *arguments, **named):
        with self.assertRaises(NodeError) as caught:
            question(*arguments, **named)
        self.assertEqual((caught.exception.status, caught.exception.code), (status, code), caught.exception)
        return caught.exception.detail


class SeparationTest(NamespacesTest):
    def test_each_has_its_own_statistics_versions_and_adapters(self):
        one, two = self.client("one"), self.client("two")
        for client, tool, value in ((self.own, "own", 1), (one, "first", 2), (two, "second", 3)):
            client.record_tasks(tasks(tool))
            client.capture_snapshot("v1", adapters=[], measurements=given(value))
        one.register_benchmark("probe", ["/bin/echo", '{"skipped": "no probe"}'])
        for _ in range(2):  # also after a restart
            for client, tool, value in ((self.own, "own", 1), (one, "first", 2), (two, "second", 3)):
                self.assertEqual(client.get_best_tool("t")[0], tool)
                self.assertEqual(client.get_snapshot("v1")["metrics"]["score"]["value"], value)
                self.assertEqual(len(client.list_captures("v1")["captures"]), 1)
                self.assertEqual(client.get_snapshot("v1")["capture_id"], 1)
                self.assertEqual([each["value"] for each in client.latest_results()["results"].values()], [value])
                self.assertEqual(client.list_tasks()["tasks"][0]["tool_name"], tool)
            probes = [
                any(each["name"] == "probe" for each in client.list_benchmarks()["benchmarks"])
                for client in (self.own, one, two)
            ]
            self.assertEqual(probes, [False, True, False])
            self.assertEqual(self.names(), ["one", "two"])
            self.node.kill()
            self.node.start()

    def test_an_upgrade_is_checked_within_a_namespace(self):
        one = self.client("one")
        one.capture_snapshot("v1", adapters=[], measurements=given(100))
        one.capture_snapshot("v2", adapters=[], measurements=given(50))
        self.assertEqual(one.check_upgrade("v1", "v2")["verdict"], "regressed")
        self.assertEqual(self.own.check_upgrade("v1", "v2")["verdict"], "inconclusive")
        self.assertEqual(one.previous_version("v2")["version"], "v1")

    def test_agents_have_baselines_of_their_own(self):
        recipe = {"actions": [{"action_id": 1, "experience": {"success_rate": 0.9, "run_count": 10}}]}
        one = self.client("one")
        for client, expected in ((self.own, [1, 2]), (one, [1])):
            for version in expected:
                client.put_recipe("71", "0", recipe)
                self.assertEqual(client.capture_baseline("71", "0")["version"], version)
        self.assertEqual(len(self.own.list_baselines("71", "0")["baselines"]), 2)
        self.assertEqual(len(one.list_baselines("71", "0")["baselines"]), 1)
        self.assertEqual([each["latest"] for each in one.list_agents()["agents"]], [1])
        self.assertEqual(self.client("nobody").list_agents()["agents"], [])

    def test_a_snapshot_measures_the_agents_of_its_namespace(self):
        one = self.client("one")
        for client, rates in ((self.own, (0.9, 0.5)), (one, (0.5, 0.9))):
            for rate in rates:
                client.put_recipe("71", "0", {"actions": [{"action_id": 1, "experience": {"success_rate": rate}}]})
                client.capture_baseline("71", "0")
        for client, change in ((self.own, -0.4), (one, 0.4)):
            metrics = client.capture_snapshot("v1", adapters=["agent_baselines"])["metrics"]
            self.assertEqual(metrics["71_0_success_rate_delta"]["value"], change)
        nobody = self.client("other").capture_snapshot("v1", adapters=["agent_baselines"])
        self.assertEqual(nobody["adapters"]["agent_baselines"]["reason"], "no agent has two baselines")

    def test_the_nodes_adapters_measure_for_a_namespace_too(self):
        adapters = self.client("one").capture_snapshot("v1")["adapters"]
        self.assertEqual(sorted(adapters), ["agent_baselines", "guardrail", "model_registry", "regression", "world_model"])

    def test_workers_belong_to_a_namespace(self):
        one = self.client("one")
        worker = Worker(one)
        thread = threading.Thread(target=worker.serve, args=([cases.Stateful(2.0)],))
        thread.start()
        try:
            wait_until(lambda: any(each["source"] == "worker" for each in one.list_benchmarks()["benchmarks"]))
            self.assertEqual(one.capture_snapshot("v1", adapters=["stateful"])["metrics"]["value"]["value"], 2.0)
            self.expect_error(400, "invalid", self.own.capture_snapshot, "v1", adapters=["stateful"])
        finally:
            worker.stop()
            thread.join()

    def test_what_nobody_wrote_to_is_empty_and_does_not_begin_to_exist(self):
        nobody = self.client("nobody")
        self.assertIsNone(nobody.get_best_tool("t"))
        self.assertEqual(nobody.list_snapshots()["snapshots"], [])
        self.expect_error(404, "not_found", nobody.get_snapshot, "v1")
        self.assertEqual(nobody.get_summary()["total_benchmarks"], 0)
        self.assertEqual(nobody.check_upgrade("a", "b", policy="threshold")["reason"], "no baseline to compare")
        self.assertEqual(self.names(), [])
        self.assertEqual(self.on_disk(), [".empty"])

    def test_a_route_without_namespaces_says_so(self):
        one = self.client("one")
        self.assertIn("GET /api/v1/hive/status is about the whole node", self.expect_error(400, "invalid", one.hive_status))
        for question in (one.health, one.list_namespaces, one.list_research, one.published_delta):
            self.expect_error(400, "invalid", question)
        self.assertEqual(self.on_disk(), [])

    def test_a_header_that_is_no_id_is_refused(self):
        for fields in ([("Hivemark-Namespace", "../x")], [("Hivemark-Namespace", "")], [("hivemark-namespace", ".empty")]):
            request = urllib.request.Request(self.node.url + "/api/v1/snapshots", headers=dict(fields))
            with self.assertRaises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(request, timeout=PATIENCE_S)
            with caught.exception as answer:
                self.assertEqual(answer.status, 400)
                self.assertIn("Hivemark-Namespace", json.load(answer)["detail"])
        with self.assertRaisesRegex(ValueError, "namespace must match"):
            Client(namespace="a b")
        self.assertEqual(self.on_disk(), [])


class LifeTest(NamespacesTest):
    config = "[namespaces]\nmax = 40\n"

    def test_more_than_may_be_open_at_once_take_turns_and_lose_nothing(self):
        counts = {}

        def use(number):
            client = self.client(f"n{number}")
            for _ in range(3):
                client.record_tasks(tasks(f"tool{number}", 2))
            counts[number] = client.tool_summary()["total_benchmarks"]

        threads = [threading.Thread(target=use, args=(number,)) for number in range(40)]
        for first in range(0, 40, 8):
            for thread in threads[first : first + 8]:
                thread.start()
            for thread in threads[first : first + 8]:
                thread.join()
        self.assertEqual(counts, {number: 6 for number in range(40)})
        opened = [each for each in self.own.list_namespaces()["namespaces"] if each["open"]]
        self.assertLessEqual(len(opened), 16)
        detail = self.expect_error(503, "overloaded", self.client("one-more").record_tasks, tasks("x"))
        self.assertIn("as many as namespaces.max allows", detail)
        self.assertEqual(self.own.list_namespaces()["max"], 40)
        self.own.end_namespace("n7")
        self.client("one-more").record_tasks(tasks("x"))
        for number in (0, 39):
            self.assertEqual(self.client(f"n{number}").get_best_tool("t")[0], f"tool{number}")

    def test_a_deleted_namespace_is_gone_and_may_begin_anew(self):
        one = self.client("one")
        one.record_tasks(tasks("ruff"))
        self.assertEqual(self.own.end_namespace("one"), {"id": "one"})
        self.expect_error(404, "not_found", self.own.end_namespace, "one")
        self.assertIsNone(one.get_best_tool("t"))
        self.assertEqual(self.on_disk(), [".empty"])
        one.record_tasks(tasks("other"))
        self.assertEqual(one.get_best_tool("t")[0], "other")
        self.node.kill()
        self.node.start()
        self.assertEqual(one.get_best_tool("t")[0], "other")

    def test_what_was_acknowledged_survives_a_kill(self):
        one = self.client("one")
        for number in range(1, 4):
            one.record_tasks(tasks("ruff", 10))
            self.node.kill()
            self.node.start()
            self.assertEqual(one.tool_summary()["total_benchmarks"], 10 * number)

    def test_a_damaged_one_says_why_and_costs_no_other(self):
        self.client("one").record_tasks(tasks("ruff"))
        self.client("two").record_tasks(tasks("ruff"))
        self.node.kill()
        for log in Path(self.node.data, "namespaces/one/store").glob("*.log"):
            log.unlink()
        self.node.start()
        with self.assertRaises(NodeError) as caught:
            self.client("one").get_best_tool("t")
        self.assertGreaterEqual(caught.exception.status, 500)
        self.assertIn("namespace one: ", caught.exception.detail)
        self.assertEqual(self.client("two").get_best_tool("t")[0], "ruff")
        self.own.end_namespace("one")
        self.assertIsNone(self.client("one").get_best_tool("t"))

    def test_a_node_that_stops_closes_them_in_order(self):
        self.client("one").record_tasks(tasks("ruff"))
        process = self.node._process
        process.terminate()
        self.assertEqual(process.wait(PATIENCE_S), 0)
        self.node.start()
        self.assertEqual(self.client("one").get_best_tool("t")[0], "ruff")


if __name__ == "__main__":
    unittest.main()
