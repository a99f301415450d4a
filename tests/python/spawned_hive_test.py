"""Engines in Python that spawn on other nodes of a hive of three real nodes, and what happens when something dies."""

import os
import signal
import subprocess
import sys
import time
import unittest
import uuid
from pathlib import Path

from hivemark import Client, NodeError, Place, Research, SpawnFailed, SpawnedSession
from real_node_test import PATIENCE_S, Node

ENGINE = Path(__file__).resolve().parent / "spawning_engine.py"
CONFIG = """
[engines]
allow = ["adapter", "research"]
commands = ["/bin/sh -c", "/bin/echo"]
quota = 3
{more}[node]
labels = ["{label}"]
"""
METRIC = '{"metrics":{"answer":{"value":42,"direction":"higher","unit":"count"}}}'
SLEEP = ["/bin/sh", "-c", "sleep 600"]


def wait_until(condition, patience_s=PATIENCE_S):
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def processes_marked(mark):
    """Processes whose command line contains the mark; zombies have none."""
    out = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark.encode() in (entry / "cmdline").read_bytes():
                out.append(int(entry.name))
        except OSError:
            continue
    return out


class Hive:
    """Three nodes that are linked: `near` serves the engine, `far` and `third` take what it spawns."""

    def __init__(self, far_engines=""):
        self.near = Node(CONFIG.format(label="near", more=""), ["--name", "near", "--door", "127.0.0.1:0"])
        join = ["--door", "127.0.0.1:0", "--join", self.near.door]
        self.far = Node(CONFIG.format(label="far", more=far_engines), ["--name", "far", *join])
        self.third = Node(CONFIG.format(label="third", more=""), ["--name", "third", *join])
        self.nodes = [self.near, self.far, self.third]

    def __enter__(self):
        if not wait_until(lambda: all(self.knows_all(node) for node in self.nodes)):
            raise RuntimeError("the nodes do not link:\n" + "\n".join(node.log() for node in self.nodes))
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            node.__exit__()

    @staticmethod
    def knows_all(node):
        with Client(node.url) as client:
            listed = client._transport.get("/api/v1/hive/nodes").json()["nodes"]
        return sum(each["state"] == "active" and (each["self"] or (each["linked"] and each["epoch"] > 0))
                   for each in listed) == 3

    def client(self, node=None, **options):
        node = node or self.near
        return Client(node.url, token_file=node.data + "/operator.token", **options)


class LargeHive(Hive):
    """Six nodes that are too many for links between all of them."""

    CONFIG = CONFIG.replace("{more}", "") + "[federation]\nmesh_limit = 2\nactive_links = 2\n"

    def __init__(self):
        config = self.CONFIG.format(label="any")
        self.near = Node(config, ["--name", "near", "--door", "127.0.0.1:0"])
        join = ["--door", "127.0.0.1:0", "--join", self.near.door]
        self.nodes = [self.near, *(Node(config, ["--name", f"other{i}", *join]) for i in range(5))]

    def knows_all(self, node):
        listed = self.listed(node)
        return sum(each["state"] == "active" and each["epoch"] > 0 for each in listed) == 6

    @staticmethod
    def listed(node):
        with Client(node.url) as client:
            return client._transport.get("/api/v1/hive/nodes").json()["nodes"]


class EngineProcess:
    def __init__(self, hive, node):
        self.mark = "spawned-test-" + uuid.uuid4().hex
        token = hive.near.data + "/operator.token"
        command = [sys.executable, str(ENGINE), hive.near.url, token, node.id, self.mark]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.id = self._process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def signal(self, number):
        self._process.send_signal(number)

    def await_state(self, state):
        return any(line.strip() == state for line in self._process.stdout)

    def children(self):
        """What the node runs for it: the shell, and its child."""
        return processes_marked(self.mark + "-child")


class SpawnedHiveTest(unittest.TestCase):
    def test_spawns_on_a_third_node_and_gets_the_result(self):
        with Hive() as hive, hive.client(engine="py") as client:
            for place in (hive.third.id, ["third"], Place(labels=["third"])):
                with client.spawn(["/bin/echo", METRIC], place=place) as spawned:
                    self.assertEqual((spawned.node, spawned.engine), (hive.third.id, "py"))
                    self.assertEqual(spawned.result(PATIENCE_S)["metrics"]["answer"]["value"], 42)
                self.assertEqual(spawned.state, "ended")
            self.assertEqual(client.list_spawned(), [])
            # the least loaded nodes are taken: those that this one sent nothing to
            running = [client.spawn(SLEEP) for _ in range(2)]
            self.assertEqual({each.node for each in running}, {hive.near.id, hive.far.id})
            running.append(client.spawn(SLEEP, place=hive.third.id))
            listed = {each["id"]: each for engine in client.list_engines() for each in engine["spawned"]}
            self.assertEqual({each.id: each.node for each in running}, {id: each["node"] for id, each in listed.items()})
            with hive.client(hive.third) as there:
                engines = there.list_engines()
            self.assertEqual([(each["name"], each["protocol"], each["via"]) for each in engines],
                             [("py", "http", hive.near.id)])

    def test_an_engine_tells_another_node_about_its_agents(self):
        def runs(successes, failures):
            outcomes = ["failure"] * failures + ["success"] * successes
            return [{"action_id": 1, "outcome": each, "duration_s": 1.5} for each in outcomes]

        who = ("remote", "0")
        recipe = {"actions": [{"action_id": 1, "experience": {"success_rate": 0.95}}]}
        with Hive() as hive, hive.client(hive.far, engine="py") as client:
            self.assertTrue(client.put_recipe(*who, recipe)["recipe"]["structure_changed"])
            client.put_prompt(*who, text="be helpful")
            client.put_trust(*who, {"composite_trust": 0.7})
            span = {"span_id": "s1", "status": "success", "events": [{"type": "reward", "data": {"reward": 1.0}}]}
            self.assertEqual(client.add_spans(*who, [span])["recorded"], 1)
            self.assertEqual(client.capture_baseline(*who, trigger="creation")["version"], 1)
            for i in range(12):
                self.assertEqual(client.add_runs(*who, runs(95, 5), idempotency_key=f"batch{i}")["recorded"], 100)
            self.assertEqual(client.add_runs(*who, runs(95, 5), idempotency_key="batch0")["recorded"], 0)
            self.assertTrue(client.validate_agent(*who, policy="threshold")["passed"])
            client.add_runs(*who, runs(20, 80))
            found = client.validate_agent(*who, policy="threshold")
            self.assertEqual((found["passed"], found["confirmed"]), (False, True))
            success = next(each for each in client.explain_agent(*who)["streams"] if each["measured"] == "success")
            self.assertEqual(success["says"], "confirmed")
            # baselines are the node's own: the other nodes know nothing of this agent
            with hive.client() as near:
                self.assertEqual(near.agent_trend(*who)["snapshot_count"], 0)
            client.accept_agent(*who, reason="another task from now on")
            self.assertTrue(client.validate_agent(*who, policy="threshold")["passed"])

    def test_a_command_that_fails_says_why(self):
        with Hive() as hive, hive.client() as client:
            broken = client.spawn(["/bin/sh", "-c", "echo oops >&2; exit 3"], place=hive.far.id)
            with self.assertRaisesRegex(SpawnFailed, "oops") as caught:
                broken.result(PATIENCE_S)
            self.assertEqual(caught.exception.state, "failed")
            slow = client.spawn(SLEEP, place=hive.far.id)
            with self.assertRaises(TimeoutError):
                slow.result(0.2)

    def test_a_session_is_led_on_the_node_where_it_lives(self):
        with Hive() as hive, hive.client() as client:
            session = client.spawn(Research("faster", id="s1", metric="latency"), place=hive.far.id)
            self.assertIsInstance(session, SpawnedSession)
            self.assertEqual(session.iteration("success", 2.0, value=5.0, hypothesis="a cache")["iterations"], 1)
            self.assertEqual(session.improvement(5.0)["improvements"], 1)
            report = session.finish("a cache helps")
            self.assertEqual((report["session"]["state"], report["session"]["iterations"]), ("finished", 1))
            self.assertEqual(session.result(PATIENCE_S)["session"]["summary"], "a cache helps")
            with hive.client(hive.far) as there:
                stored = there._transport.get("/api/v1/autoresearch/s1").json()
            self.assertEqual((stored["state"], stored["best_value"]), ("finished", 5))

    def test_refusals_say_which_rule_they_are_by(self):
        with Hive() as hive, hive.client(engine="py") as client:
            with self.assertRaises(NodeError) as caught:
                client.spawn(["/usr/bin/env"], place=hive.far.id)
            self.assertEqual((caught.exception.status, caught.exception.code), (403, "forbidden"))
            self.assertIn(hive.far.id, caught.exception.detail)
            self.assertIn("engines.commands", caught.exception.detail)
            with self.assertRaises(NodeError) as caught:
                client.spawn(SLEEP, place=hive.far.id, stay=True)
            self.assertIn("engines.stay_allowed", caught.exception.detail)
            with self.assertRaises(NodeError) as caught:
                client.spawn(SLEEP, place="nowhere")
            self.assertEqual(caught.exception.code, "not_found")
            with Client(hive.near.url) as stranger, self.assertRaises(NodeError) as caught:
                stranger.spawn(SLEEP)
            self.assertEqual((caught.exception.status, caught.exception.code), (403, "forbidden"))
            held = [client.spawn(SLEEP, place=hive.far.id) for _ in range(3)]
            with self.assertRaises(NodeError) as caught:
                client.spawn(SLEEP, place=hive.far.id)
            self.assertEqual((caught.exception.status, caught.exception.code), (503, "overloaded"))
            self.assertIn("its quota", caught.exception.detail)
            # the quota of a node counts an engine over all nodes that serve it
            with hive.client(hive.third, engine="py") as elsewhere, self.assertRaises(NodeError):
                elsewhere.spawn(SLEEP, place=hive.far.id)
            with hive.client(hive.third, engine="other") as elsewhere:
                elsewhere.spawn(SLEEP, place=hive.far.id).end()
            held[0].end()
            self.assertTrue(wait_until(lambda: self.can_spawn(client, hive.far.id)))

    @staticmethod
    def can_spawn(client, node):
        try:
            client.spawn(SLEEP, place=node)
            return True
        except NodeError:
            return False

    def test_in_a_large_hive_the_link_that_it_takes_is_made_and_kept(self):
        with LargeHive() as hive, hive.client() as client:
            others = [node.id for node in hive.nodes[1:]]
            spawned = [client.spawn(SLEEP, place=node) for node in others]
            self.assertEqual([each.node for each in spawned], others)
            time.sleep(5)  # ten times the interval at which links that are too many are closed
            self.assertEqual([each.state for each in spawned], ["running"] * 5, client.list_spawned())
            linked = {each["id"] for each in hive.listed(hive.near) if each["linked"]}
            self.assertEqual(linked, set(others))
            client.close()
            self.assertTrue(wait_until(lambda: sum(each["linked"] for each in hive.listed(hive.near)) <= 3))

    # -- death --------------------------------------------------------------------------------------------------------

    def expect_gone(self, engine, hive, what):
        since = time.monotonic()
        self.assertTrue(wait_until(lambda: not engine.children()), "".join(node.log() for node in hive.nodes))
        took = time.monotonic() - since
        print(f"{what}: what it had spawned on a third node, and its child, which ignore SIGTERM, were gone after "
              f"{took:.2f} s")

    def test_kill_9_of_the_engine_ends_what_it_spawned_with_the_child_processes(self):
        with Hive() as hive, EngineProcess(hive, hive.third) as engine:
            self.assertTrue(wait_until(lambda: len(engine.children()) == 2), hive.third.log())
            engine.signal(signal.SIGKILL)
            self.expect_gone(engine, hive, "kill -9 of an engine")
            with hive.client() as client:
                self.assertIn("keep-alive", {each["id"]: each for each in client.list_spawned()}[engine.id]["reason"])

    def test_an_engine_that_stands_still_loses_what_it_spawned_and_learns_it(self):
        with Hive() as hive, EngineProcess(hive, hive.third) as engine:
            self.assertTrue(wait_until(lambda: len(engine.children()) == 2), hive.third.log())
            engine.signal(signal.SIGSTOP)
            self.expect_gone(engine, hive, "SIGSTOP of an engine")
            engine.signal(signal.SIGCONT)
            self.assertTrue(engine.await_state("ended"))

    def test_kill_9_of_the_node_that_serves_the_engine_ends_it(self):
        with Hive() as hive, EngineProcess(hive, hive.third) as engine:
            self.assertTrue(wait_until(lambda: len(engine.children()) == 2), hive.third.log())
            os.kill(hive.near.pid, signal.SIGKILL)
            self.expect_gone(engine, hive, "kill -9 of the node that serves the engine")

    def test_a_node_that_serves_the_engine_and_stands_still_ends_it(self):
        with Hive() as hive, EngineProcess(hive, hive.third) as engine:
            self.assertTrue(wait_until(lambda: len(engine.children()) == 2), hive.third.log())
            os.kill(hive.near.pid, signal.SIGSTOP)
            self.expect_gone(engine, hive, "SIGSTOP of the node that serves the engine")
            os.kill(hive.near.pid, signal.SIGCONT)

    def test_kill_9_of_the_node_on_which_it_lives_is_seen(self):
        with Hive() as hive, hive.client() as client:
            spawned = client.spawn(SLEEP, place=hive.third.id)
            other = client.spawn(SLEEP, place=hive.far.id)
            os.kill(hive.third.pid, signal.SIGKILL)
            with self.assertRaisesRegex(SpawnFailed, f"the link with node {hive.third.id} was lost"):
                spawned.result(PATIENCE_S)
            self.assertTrue(wait_until(lambda: spawned.state == "ended"))
            self.assertEqual(other.state, "running")

    def test_what_may_stay_outlives_its_engine_and_its_node_until_it_is_ended(self):
        mark = "staying-" + uuid.uuid4().hex
        with Hive("stay_allowed = true\n") as hive:
            with hive.client(engine="py") as client:
                staying = client.spawn(["/bin/sh", "-c", "sleep 600; :", mark], place=hive.far.id, stay=True)
            with hive.client(engine="py") as client:
                self.assertTrue(wait_until(lambda: processes_marked(mark)))
                time.sleep(3)  # longer than keep-alives may be missed
                self.assertEqual(client.list_spawned()[0]["state"], "running")
                self.assertTrue(processes_marked(mark))
                hive.near.kill()
                hive.near.start()
                self.assertTrue(processes_marked(mark))
            with hive.client(hive.far) as there:
                there._spawner.end(staying)
            self.assertTrue(wait_until(lambda: not processes_marked(mark)))

    def test_a_client_that_closes_ends_what_it_spawned_at_once(self):
        with Hive() as hive:
            mark = "closing-" + uuid.uuid4().hex
            with hive.client() as client:
                client.spawn(["/bin/sh", "-c", "sleep 600; :", mark], place=hive.far.id)
                self.assertTrue(wait_until(lambda: processes_marked(mark)))
            self.assertTrue(wait_until(lambda: not processes_marked(mark)))
            with hive.client() as client:
                self.assertEqual(client.list_spawned(), [])

    def test_a_forked_process_keeps_nothing_of_its_parent_alive(self):
        with Hive() as hive, hive.client() as client:
            client.spawn(SLEEP, place=hive.far.id)
            read, write = os.pipe()
            child = os.fork()
            if child == 0:
                os.write(write, str(len(client._spawner._alive)).encode())
                os._exit(0)
            os.waitpid(child, 0)
            self.assertEqual(os.read(read, 10), b"0")
            os.close(read)
            os.close(write)


if __name__ == "__main__":
    unittest.main()
