"""Benchmarks from git that one node of a real hive has installed on another one."""

import os
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path
from unittest import mock

from git_installs_test import SANDBOX, measuring
from gpu_leases_test import Machine
from hivemark import Client, NodeError
from real_node_test import PATIENCE_S, Node
from spawned_hive_test import Hive, wait_until

CONFIG = """
[engines]
allow = [{allow}]
[dynamic]
allowed = ["file://{allowed}/"]
directory = "{directory}"
[node]
labels = ["{name}"]
tier = "{tier}"
"""


@unittest.skipUnless(SANDBOX and SANDBOX.returncode == 0, "sandboxes do not work here")
class PlacedInstallsTest(unittest.TestCase):
    """`near` is asked; `far` and `third` take installs, and `third` is regional and has a GPU."""

    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)
        self.allowed = self.place / "repositories"
        self.near = self.start("near")
        self.far = self.start("far", join=self.near)
        machine = Machine(total=24_576)
        self.addCleanup(machine.__exit__)
        with mock.patch.dict(os.environ, FAKE_NVML_WORLD=str(machine.world)):
            self.third = self.start("third", tier="regional", more=machine.config(), join=self.near)
        self.nodes = [self.near, self.far, self.third]
        self.assertTrue(wait_until(lambda: all(Hive.knows_all(node) for node in self.nodes)), self.near.log())
        self.assertTrue(wait_until(self.knows_gpu), self.near.log())
        self.client = self.client_of(self.near)

    def start(self, name, allow='"benchmark"', tier="flat", more="", join=None):
        config = CONFIG.format(
            name=name, allow=allow, tier=tier, allowed=self.allowed, directory=self.place / ("installs-" + name)
        )
        arguments = ["--name", name, "--door", "127.0.0.1:0", *(["--join", join.door] if join else [])]
        node = Node(config + more, arguments)
        self.addCleanup(node.__exit__)
        return node

    def client_of(self, node):
        client = Client(node.url, token_file=node.data + "/operator.token", timeout_s=PATIENCE_S)
        self.addCleanup(client.close)
        return client

    def knows_gpu(self):
        with Client(self.near.url) as client:
            listed = client._transport.get("/api/v1/hive/nodes").json()["nodes"]
        return any(each["id"] == self.third.id and each.get("gpu_mib") for each in listed)

    def install(self, repository, place, **more):
        return self.client.install_benchmark(
            "bench", repository.url, ["./measure.sh"], metrics_file="results.json", place=place, **more
        )

    def refusal(self, repository, place, **more):
        with self.assertRaises(NodeError) as raised:
            self.install(repository, place, **more)
        return raised.exception

    def installs_on(self, node):
        return [each["name"] for each in self.client_of(node).list_installs()["installs"] if each.get("installed")]

    def test_on_the_node_that_is_named(self):
        repository = measuring(self.allowed / "one", value=7)
        done = self.install(repository, {"node": self.far.id})
        self.assertEqual((done["node"], done["state"]), (self.far.id, "installed"))
        self.assertEqual(done["installed"]["commit"], repository.head)
        self.assertEqual([self.installs_on(node) for node in self.nodes], [[], ["bench"], []])
        snapshot = self.client_of(self.far).capture_snapshot("v1", tier="all", adapters=["bench"])
        self.assertEqual(snapshot["metrics"]["points"]["value"], 7)
        self.assertNotIn("place", done["installed"]["request"])

    def test_on_the_node_that_labels_tier_and_memory_pick(self):
        repository = measuring(self.allowed / "one")
        for place, more, node in [
            ({"labels": ["far"]}, {}, self.far),
            ({"tier": "regional"}, {}, self.third),
            ({}, {"requires_gpu": True, "min_vram_gb": 8}, self.third),
            ({"node": self.near.id}, {}, self.near),
        ]:
            with self.subTest(place=place, **more):
                self.assertEqual(self.install(repository, place, **more)["node"], node.id)
        self.assertEqual([self.installs_on(node) for node in self.nodes], [["bench"]] * 3)

    def test_one_that_nobody_waits_for(self):
        repository = measuring(self.allowed / "one")
        begun = self.install(repository, {"node": self.far.id}, wait=False)
        self.assertEqual(begun["node"], self.far.id)
        self.assertTrue(wait_until(lambda: self.installs_on(self.far) == ["bench"]), self.far.log())

    def test_refusals_name_the_reason(self):
        repository = measuring(self.allowed / "one")
        elsewhere = measuring(self.place / "elsewhere")
        closed = self.start("closed", allow="", join=self.near)
        known = lambda: [each["id"] for each in self.client._transport.get("/api/v1/hive/nodes").json()["nodes"]]
        self.assertTrue(wait_until(lambda: closed.id in known()), closed.log())
        for place, of, more, reason in [
            ({"node": "nobody"}, repository, {}, "there is no node nobody"),
            ({"labels": ["missing"]}, repository, {}, "the labels missing"),
            ({"tier": "central"}, repository, {}, "the tier central"),
            ({}, repository, {"min_vram_gb": 80}, "MiB can be leased"),
            ({"node": self.far.id}, elsewhere, {}, f"node {self.far.id}: "),
            ({"node": self.far.id}, repository, {"commit": "nowhere"}, "nowhere"),
            ({"node": closed.id}, repository, {}, "benchmark is not among engines.allow"),
        ]:
            with self.subTest(place=place, **more):
                self.assertIn(reason, str(self.refusal(of, place, **more)))
        self.assertEqual([self.installs_on(node) for node in self.nodes], [[], [], []])

    def test_the_other_node_is_killed_meanwhile(self):
        repository = measuring(self.allowed / "one")
        errors = []
        slow = {"build_command": ["/bin/sh", "-c", "sleep 60"]}
        asked = threading.Thread(target=lambda: errors.append(self.refusal(repository, {"node": self.far.id}, **slow)))
        asked.start()
        far = self.client_of(self.far)
        self.assertTrue(wait_until(lambda: any(x["state"] == "building" for x in far.list_installs()["installs"])))
        self.far.kill()
        asked.join(PATIENCE_S)
        self.assertIn("the install may go on there", str(errors[0]))
        self.far.start()
        self.assertEqual(self.installs_on(self.far), [])
        self.assertTrue(wait_until(lambda: not list((self.place / "installs-far").glob(".staging*"))))

    def test_by_hand(self):
        repository = measuring(self.allowed / "one")
        command = [os.environ["HIVECTL"], "--url", self.near.url, "--token-file", self.near.data + "/operator.token"]
        command += ["benchmark", "install", "bench", repository.url, "--metrics", "results.json", "--label", "third"]
        done = subprocess.run(
            [*command, "--", "./measure.sh"], capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"on node {self.third.id} runs it from now on", done.stdout)
        self.assertEqual(self.installs_on(self.third), ["bench"])


if __name__ == "__main__":
    unittest.main()
