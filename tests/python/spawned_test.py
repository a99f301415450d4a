"""What the client asks of a node to spawn, to keep alive and to end, and what it makes of the answers."""

import json
import threading
import time
import unittest

import scripted_node as script
from hivemark import Client, Command, NodeError, Place, Research, SpawnFailed, SpawnedSession, Unreachable, _spawned
from scripted_node import ScriptedNode
from unittest import mock

PATIENCE_S = 30


class SpawningNode(ScriptedNode):
    """Knows what was spawned, by its id; `told` is what it says of each."""

    def __init__(self):
        super().__init__(otherwise=self.take)
        self.told = {}
        self.results = []  # the next answers to questions for a result
        self.bodies = []
        self.silent = False
        self.known = threading.Event()  # set at each keep-alive

    @staticmethod
    def take(node, connection, request):
        verb, path, _ = request.line.split(" ")
        if node.silent:
            script.reset(connection)
            return False
        body = json.loads(request.body) if request.body else None
        if not path.endswith("/keepalive"):
            node.bodies.append((verb, path, body))
        status, content = node.answer_to(verb, path, body)
        media = "application/json" if status < 400 else "application/problem+json"
        script.send(connection, status, content, media)
        return True

    def answer_to(self, verb, path, body):
        parts = path.split("?")[0].split("/")[3:]
        unknown = 404, {"status": 404, "code": "not_found", "detail": "nothing with that id"}
        if verb == "POST" and len(parts) == 1:
            id = f"id{len(self.told)}"
            kind = "research" if "session" in body else "adapter"
            name = body["session"]["id"] if "session" in body else body["command"]["name"]
            self.told[id] = {"id": id, "engine": body.get("engine", "operator"), "node": "n1", "kind": kind, "name": name,
                             "state": "running", "stay": body["stay"]}
            return 201, self.told[id]
        if len(parts) == 1:
            return 200, {"spawned": list(self.told.values())}
        if parts[-1] == "keepalive":
            ids = [parts[1], *body["also"]]
            self.known.set()
            known = [self.told[id] for id in ids if id in self.told]
            return (200, {"spawned": known, "gone": []}) if known else unknown
        if parts[1] not in self.told:
            return unknown
        if verb == "DELETE":
            return 200, {"id": self.told.pop(parts[1])["id"]}
        if parts[-1] == "result":
            return 200, self.results.pop(0)
        return 201, {"iterations": 1, "session": {"state": "finished"}}


class SpawnedTest(unittest.TestCase):
    def setUp(self):
        self.node = SpawningNode()
        self.node.__enter__()
        self.addCleanup(self.node.__exit__)
        fast = mock.patch.multiple(_spawned, KEEP_ALIVE_INTERVAL_S=0.02)
        fast.start()
        self.addCleanup(fast.stop)

    def client(self, **options):
        client = Client(self.node.url, **options)
        self.addCleanup(client.close, 1.0)
        return client

    def await_keep_alive(self):
        """Waits for one that begins from now on."""
        for _ in range(2):  # one may be on its way
            self.node.known.clear()
            self.assertTrue(self.node.known.wait(PATIENCE_S))

    def await_state(self, spawned, state):
        deadline = time.monotonic() + PATIENCE_S
        while spawned.state != state and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(spawned.state, state)

    def asked_for(self, *arguments, **options):
        self.client().spawn(*arguments, **options)
        verb, path, body = self.node.bodies[-1]
        self.assertEqual((verb, path), ("POST", "/api/v1/spawned"))
        return body

    # -- what is asked ------------------------------------------------------------------------------------------------

    def test_commands_and_sessions_in_all_their_forms(self):
        plain = {"name": "measure", "command": ["/opt/measure", "-q"], "timeout_s": 300.0}
        self.assertEqual(self.asked_for(["/opt/measure", "-q"]), {"command": plain, "stay": False})
        self.assertEqual(
            self.asked_for(Command(("/opt/measure", "-q"), name="quick", timeout_s=5)),
            {"command": {**plain, "name": "quick", "timeout_s": 5}, "stay": False},
        )
        self.assertEqual(self.asked_for({"name": "x", "command": ["/x"]}, stay=True),
                         {"command": {"name": "x", "command": ["/x"]}, "stay": True})
        self.assertEqual(self.asked_for(["/opt/-- a b.py"])["command"]["name"], "ab.py")
        self.assertEqual(self.asked_for(["/opt/\u00e9"])["command"]["name"], "command")
        session = self.asked_for(Research("faster", id="s1", metric="latency", direction="lower", initial_value=0.0))
        self.assertEqual(session["session"], {"id": "s1", "topic": "faster", "metric": "latency", "direction": "lower",
                                              "initial_value": 0.0})
        self.assertRegex(self.asked_for({"topic": "faster"})["session"]["id"], "^[0-9a-f]{32}$")

    def test_places_in_all_their_forms(self):
        words = ["/x"]
        self.assertNotIn("place", self.asked_for(words))
        self.assertEqual(self.asked_for(words, "n1")["place"], {"node": "n1", "labels": []})
        self.assertEqual(self.asked_for(words, ["big", "fast"])["place"], {"labels": ["big", "fast"]})
        self.assertEqual(self.asked_for(words, Place("n1", ["big"]))["place"], {"node": "n1", "labels": ["big"]})

    def test_the_engine_is_named_where_the_client_was_given_a_name(self):
        self.assertNotIn("engine", self.asked_for(["/x"]))
        self.client(engine="py").spawn(["/x"])
        self.assertEqual(self.node.bodies[-1][2]["engine"], "py")

    def test_what_cannot_be_meant_is_refused_without_a_request(self):
        client = self.client()
        for wrong, error in (("/bin/echo a", TypeError), (Command("/x"), TypeError), ([], ValueError), ([1], ValueError), ({}, ValueError),
                             ({"topic": "a", "command": ["/x"]}, ValueError)):
            with self.subTest(wrong), self.assertRaises(error):
                client.spawn(wrong)
        self.assertEqual(self.node.requests, [])

    def test_steps_of_a_session(self):
        session = self.client().spawn(Research("faster"))
        self.assertIsInstance(session, SpawnedSession)
        self.assertEqual(session.iteration("failure", 2.5, tool_name="ruff")["iterations"], 1)
        session.improvement(4.0, git_sha="abc")
        self.assertEqual(session.finish("done")["session"]["state"], "finished")
        self.assertEqual(self.node.bodies[-3:], [
            ("POST", "/api/v1/spawned/id0/iterations", {"outcome": "failure", "duration_s": 2.5, "tool_name": "ruff"}),
            ("POST", "/api/v1/spawned/id0/improvements", {"value": 4.0, "git_sha": "abc"}),
            ("POST", "/api/v1/spawned/id0/finish", {"summary": "done"}),
        ])

    # -- results ------------------------------------------------------------------------------------------------------

    def result_of(self, *states, **content):
        spawned = self.client().spawn(["/x"], stay=True)
        told = self.node.told[spawned.id]
        self.node.results = [{"spawned": {**told, "state": state, "reason": "why"}} for state in states]
        self.node.results[-1].update(content)
        return spawned

    def test_a_result_is_asked_for_until_it_is_there(self):
        spawned = self.result_of("running", "running", "done", measurement={"metrics": {}})
        self.assertEqual(spawned.result(), {"metrics": {}})
        self.assertEqual(self.result_of("done", report={"session": {}}).result(), {"session": {}})
        self.assertIn("/result?wait=20.000", self.node.bodies[-1][1])

    def test_without_a_result_it_says_why(self):
        for state in ("failed", "ended"):
            with self.assertRaisesRegex(SpawnFailed, "x on node n1 .*: why") as caught:
                self.result_of("running", state).result(PATIENCE_S)
            self.assertEqual((caught.exception.state, caught.exception.reason), (state, "why"))

    def test_a_timeout_bounds_the_wait(self):
        with self.assertRaises(TimeoutError):
            self.result_of("running").result(0)
        self.assertIn("/result?wait=0.000", self.node.bodies[-1][1])

    # -- keep-alives --------------------------------------------------------------------------------------------------

    def test_one_thread_keeps_all_of_a_client_alive_in_one_request(self):
        client = self.client()
        spawned = [client.spawn(["/x"]) for _ in range(3)]
        self.await_keep_alive()
        kept = [request for request in self.node.requests if "/keepalive" in request.line][-1]
        self.assertIn("/api/v1/spawned/id0/keepalive", kept.line)
        self.assertEqual(json.loads(kept.body), {"also": [each.id for each in spawned[1:]]})
        names = [thread.name for thread in threading.enumerate()]
        self.assertEqual(names.count("hivemark-keep-alive"), 1)

    def test_states_arrive_with_the_keep_alives(self):
        client = self.client()
        done, dead = client.spawn(["/x"]), client.spawn(["/x"])
        self.node.told[done.id] = {**self.node.told[done.id], "state": "done"}
        with self.assertLogs("hivemark", "WARNING") as logs:
            self.node.told[dead.id] = {**self.node.told[dead.id], "state": "ended", "reason": "its node was lost"}
            self.await_state(dead, "ended")
        self.await_state(done, "done")
        self.assertEqual(dead.reason, "its node was lost")
        self.assertIn("its node was lost", "".join(logs.output))

    def test_a_node_that_knows_nothing_any_more_has_ended_everything(self):
        spawned = self.client().spawn(["/x"])
        self.await_keep_alive()
        with self.assertLogs("hivemark", "WARNING"):
            self.node.told.clear()
            self.await_state(spawned, "ended")
        self.assertIn("knows it no more", spawned.reason)

    def test_a_silent_node_is_told_again_and_logged_once(self):
        spawned = self.client().spawn(["/x"])
        self.await_keep_alive()
        with self.assertLogs("hivemark", "INFO") as logs:
            self.node.silent = True
            before = len(self.node.requests)
            while len(self.node.requests) < before + 5:
                time.sleep(0.01)
            self.node.silent = False
            self.await_keep_alive()
            self.await_keep_alive()
        self.assertEqual(spawned.state, "running")
        self.assertEqual(len(logs.output), 2, logs.output)
        self.assertIn("takes no keep-alives", logs.output[0])
        self.assertIn("takes keep-alives again", logs.output[1])

    def test_what_may_stay_is_not_kept_alive(self):
        self.client().spawn(["/x"], stay=True)
        self.assertNotIn("hivemark-keep-alive", [thread.name for thread in threading.enumerate()])

    # -- the end ------------------------------------------------------------------------------------------------------

    def test_end_and_with_end_it_once(self):
        client = self.client()
        with client.spawn(["/x"]) as spawned:
            pass
        self.assertEqual((spawned.state, self.node.told), ("ended", {}))
        self.assertEqual(self.node.bodies[-1][:2], ("DELETE", "/api/v1/spawned/id0"))
        spawned.end()

    def test_an_error_in_the_block_is_the_one_that_is_seen(self):
        with self.assertLogs("hivemark", "WARNING"), self.assertRaises(KeyError):
            with self.client().spawn(["/x"]):
                self.node.silent = True
                raise KeyError
        self.node.silent = False
        with self.assertRaises(Unreachable):
            with self.client().spawn(["/x"]):
                self.node.silent = True
        self.node.silent = False

    def test_a_client_that_closes_ends_everything_but_what_may_stay(self):
        client = self.client()
        client.spawn(["/x"])
        staying = client.spawn(["/x"], stay=True)
        client.spawn(["/x"])
        client.close()
        self.assertEqual(list(self.node.told), [staying.id])

    def test_errors_of_the_node_are_raised_with_its_words(self):
        self.node.script = [script.refuse(403, "forbidden")]
        with self.assertRaises(NodeError) as caught:
            self.client().spawn(["/x"])
        self.assertEqual((caught.exception.status, caught.exception.code), (403, "forbidden"))


if __name__ == "__main__":
    unittest.main()
