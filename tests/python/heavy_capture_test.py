"""Heavy benchmarks of a real node, each under a lease of its own."""

import os
import threading
import unittest
from unittest import mock

from gpu_leases_test import Machine, wait_until
from hivemark import Client
from real_node_test import PATIENCE_S, Node

SIMULATED = '[gpu]\nlibrary = "/no-driver-here.so"\n[[gpu.simulated]]\nvram_mib = 8192\n'


class HeavyTest(unittest.TestCase):
    def start(self, config):
        node = Node(config)
        self.addCleanup(node.__exit__)
        environment = mock.patch.dict(os.environ, HIVE_DATA=node.data)
        environment.start()
        self.addCleanup(environment.stop)
        client = Client(node.url, timeout_s=PATIENCE_S * 5)
        self.addCleanup(client.close)
        return client

    def capture(self, client, versions):
        out = {}
        threads = [
            threading.Thread(target=lambda v=v: out.update({v: client.capture_snapshot(v, tier="heavy")}))
            for v in versions
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return out

    def test_two_captures_at_once_on_one_device_run_one_after_the_other(self):
        client = self.start(SIMULATED)
        snapshots = self.capture(client, ("v1", "v2"))
        runs = sorted(client.lease_history()["leases"], key=lambda lease: lease["granted_at"])
        self.assertEqual(len(runs), 4)
        for earlier, later in zip(runs, runs[1:]):
            self.assertLessEqual(earlier["ended_at"], later["granted_at"])
            self.assertLess(earlier["sequence"], later["sequence"])
        ids = {lease["id"]: lease["holder"] for lease in runs}
        for snapshot in snapshots.values():
            for name in ("embodied_validation", "qwen_encoder"):
                adapter = snapshot["adapters"][name]
                self.assertEqual(adapter["status"], "ok", adapter)
                self.assertEqual(ids.pop(adapter["evidence"]["lease"]), name)
            self.assertEqual(snapshot["metrics"]["tokens_per_second"]["scope"], "simulated")

    def test_a_simulated_result_is_compared_with_no_real_one(self):
        client = self.start(SIMULATED)
        self.capture(client, ("v1",))
        real = {**client.get_snapshot("v1"), "version": "v2"}
        for metric in real["metrics"].values():
            metric.pop("scope", None)
        for adapter in real["adapters"].values():
            adapter.pop("evidence", None)
        client.import_snapshot("v2", real)
        verdict = client.check_upgrade("v1", "v2")
        self.assertEqual(verdict["verdict"], "inconclusive", verdict)

    def test_without_a_device_they_are_skipped_with_the_reason(self):
        client = self.start('[gpu]\nlibrary = "/no-driver-here.so"\n')
        adapters = self.capture(client, ("v1",))["v1"]["adapters"]
        self.assertEqual({each["status"] for each in adapters.values()}, {"skipped"})
        self.assertIn("/no-driver-here.so", adapters["qwen_encoder"]["reason"])
        self.assertIn("no endpoint", adapters["quantiphy"]["reason"])

    def test_a_program_that_finds_no_such_device_is_skipped_and_gives_its_lease_back(self):
        with Machine() as machine, mock.patch.dict(os.environ, FAKE_NVML_WORLD=str(machine.world)):
            client = self.start(machine.config())
            adapters = self.capture(client, ("v1",))["v1"]["adapters"]
            self.assertEqual(adapters["qwen_encoder"]["status"], "skipped")
            wait_until(lambda: client.gpus()[0]["leased_mib"] == 0)
            self.assertEqual({lease["outcome"] for lease in client.lease_history()["leases"]}, {"released"})


if __name__ == "__main__":
    unittest.main()
