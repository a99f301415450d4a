"""The whole API through both clients, with a real node."""

import asyncio
import inspect
import os
import re
import threading
import unittest
from unittest import mock

from hivemark import AsyncClient, Client, NodeError, Unreachable
from hivemark import (
    _agent_operations,
    _api,
    _engine_operations,
    _gpu_operations,
    _node_operations,
    _operations,
    _upgrade_operations,
)
from real_node_test import PATIENCE_S, Node

MODULES = (_operations, _agent_operations, _engine_operations, _gpu_operations, _node_operations, _upgrade_operations)
OPERATIONS = [getattr(module, name) for module in MODULES for name in module.ALL]
# Spoken by exporters of OpenTelemetry, whose protocol it is.
NOT_OF_THE_CLIENT = {("POST", "/v1/traces")}


class CoverageTest(unittest.TestCase):
    """Fails when a route of the node has no method, or a method no route. `_operations.py` says how to add one."""

    @classmethod
    def setUpClass(cls):
        with Node() as node, Client(node.url) as client:
            cls.document = client.openapi()

    def routes(self):
        return {
            (method.upper(), path): route
            for path, of_path in self.document["paths"].items()
            for method, route in of_path.items()
        }

    def test_every_route_has_one_operation(self):
        described = [(each.method, each.operation_path) for each in OPERATIONS]
        self.assertEqual(len(described), len(set(described)))
        self.assertEqual(set(described), set(self.routes()) - NOT_OF_THE_CLIENT)

    def test_every_field_of_a_request_is_a_parameter_in_its_place(self):
        routes = self.routes()
        for each in OPERATIONS:
            with self.subTest(each.__name__):
                route = routes[each.method, each.operation_path]
                parameters = route.get("parameters", [])
                for place, named in (("path", each.in_path), ("query", each.in_query)):
                    known = {one["name"] for one in parameters if one["in"] == place}
                    self.assertEqual(set(named), known, place)
                if each.body is None:
                    self.assertEqual(set(each.in_body), self.body_fields(route))
                required = {one["name"] for one in parameters if one.get("required")}
                for name in required:
                    self.assertIs(each.signature.parameters[name].default, inspect.Parameter.empty, name)

    def body_fields(self, route):
        if "requestBody" not in route:
            return set()
        schema = route["requestBody"]["content"]["application/json"]["schema"]
        if "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return set(schema.get("properties", {}))

    def test_both_clients_have_every_operation_as_a_method(self):
        for each in OPERATIONS:
            name = each.__name__
            with self.subTest(name):
                self.assertIs(inspect.getattr_static(_api.Api, name).operation, each)
                if name != "events":  # an asynchronous iterator of its own
                    self.assertIs(inspect.getattr_static(_api.AsyncApi, name).operation, each)
                self.assertTrue(inspect.getdoc(getattr(Client, name)))
                self.assertTrue(hasattr(AsyncClient, name))

    def test_methods_show_their_parameters(self):
        self.assertEqual(list(inspect.signature(Client().check_upgrade).parameters), ["old", "new", "policy", "order", "track"])
        with self.assertRaises(TypeError):
            Client().check_upgrade("v1")
        with self.assertRaisesRegex(ValueError, "version must not be empty"):
            Client().get_snapshot("")
        with self.assertRaisesRegex(ValueError, "no comma"):
            Client().tool_route("t", available=["a,b"])


def given(value, direction="higher"):
    return {"metrics": {"score": {"value": value, "direction": direction}}}


class ApiTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = Node()
        cls.addClassCleanup(cls.node.__exit__)
        token = mock.patch.dict(os.environ, HIVE_DATA=cls.node.data)
        token.start()
        cls.addClassCleanup(token.stop)

    def test_a_release_is_measured_here_and_judged_as_hart_os_does(self):
        with Client(self.node.url) as client:
            client.capture_snapshot("v9", adapters=[], measurements={"test": given(100)})
            client.capture_snapshot("v10", adapters=[], measurements={"test": given(50)})
            self.assertEqual(client.previous_version("v10")["version"], "v9")
            check = client.check_upgrade("v9", "v10", policy="threshold", order="snapshot")
            line = "; ".join(
                f"{each['adapter']}.{each['metric']}: {each['old']:.3f} → {each['new']:.3f} (regression)"
                for each in check["regressions"]
            )
            self.assertEqual(f"Regressions: {line}", "Regressions: test.score: 100.000 → 50.000 (regression)")
            self.assertTrue(client.get_snapshot("v9")["adapters"]["test"]["given"])
            n = client.list_captures("v9")["captures"][0]["capture_id"]
            self.assertEqual(client.get_capture("v9", n)["version"], "v9")
            self.assertEqual(client.delete_capture("v9", n, reason="a test")["captures"], 0)
            with self.assertRaises(NodeError) as caught:
                client.get_snapshot("v9")
            self.assertEqual((caught.exception.status, caught.exception.code), (404, "not_found"))

    def test_ids_are_escaped_and_lists_joined(self):
        with Client(self.node.url) as client:
            observed = client.observe_model("meta/llama:7b", [{"latency_ms": 5}])
            self.assertEqual(observed, {"recorded": 1})
            with self.assertRaises(NodeError) as caught:
                client.get_snapshot("../healthz")
            self.assertEqual(caught.exception.status, 400)
            client.record_tasks([{"task_type": "t", "tool_name": "b", "completion_time_s": 1, "success": True}] * 6)
            self.assertEqual(client.tool_route("t", available=["a", "b"], policy="threshold")["tool_name"], "b")
            self.assertTrue(client.metrics().startswith("#"))

    def test_connections_are_kept_and_shared_by_threads_but_not_by_processes(self):
        with Client(self.node.url) as client:
            client.health()
            first = client._transport._kept[0].connection
            for _ in range(5):
                client.health()
                self.assertIs(client._transport._kept[0].connection, first)
            threads = [threading.Thread(target=client.health) for _ in range(40)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertLessEqual(len(client._transport._kept), 16)
            child = os.fork()
            if child == 0:
                try:
                    client.health()
                    os._exit(0 if client._transport._kept[-1].process == os.getpid() else 1)
                finally:
                    os._exit(2)
            self.assertEqual(os.waitpid(child, 0)[1], 0)
            client.health()

    def test_a_kept_connection_that_the_node_closed_meanwhile_is_replaced(self):
        with Node() as node, Client(node.url) as client:
            for _ in range(3):
                client.health()
                node.kill()
                node.start()
            client.record_tasks([{"task_type": "t", "tool_name": "b", "completion_time_s": 1, "success": True}])
            node.kill()
            with self.assertRaises(Unreachable):
                client.health()
            node.start()

    def test_events_come_as_they_happen(self):
        with Client(self.node.url) as client:
            stream = client.events(since=0, kind=["capture"])
            client.capture_snapshot("seen", adapters=[], measurements={"test": given(1)})
            for event in stream:
                if event["capture"]["version"] == "seen" and event["capture"]["step"] == "finished":
                    break
            stream.close()
            with self.assertRaises(NodeError):
                next(client.events(kind=["nonsense"]))

    def test_the_same_with_asyncio(self):
        async def use():
            async with AsyncClient(self.node.url, timeout_s=PATIENCE_S) as client:
                following = client.events(since=0, kind=["capture"])
                await asyncio.gather(
                    *(client.capture_snapshot(f"a{n}", adapters=[], measurements={"t": given(n)}) for n in range(20)),
                    return_exceptions=True,  # a node runs four at a time
                )
                event = await following.__anext__()
                self.assertTrue(re.fullmatch(r"\w+", event["capture"]["version"]))
                await following.aclose()
                client.record("async", "ruff", 1.0, True)
                self.assertTrue(await client.flush(PATIENCE_S))
                self.assertEqual((await client.list_tasks(task_type="async"))["tasks"][0]["tool_name"], "ruff")
                self.assertIsNone(await client.get_best_tool("async"))
                self.assertEqual((await client.route("async", ["ruff"])).tool, "ruff")
                with self.assertRaises(NodeError):
                    await client.get_snapshot("none")
                self.assertEqual(client.counts().recorded, 1)
                slow = asyncio.ensure_future(client.take_work("none"))
                slow.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await slow

        asyncio.run(use())


if __name__ == "__main__":
    unittest.main()
