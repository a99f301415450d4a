"""Workers: live Python objects that measure for a real node, also when a process is killed."""

import os
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

from adapters_of_a_test import cases
from hivemark import Client, HivemarkError, NodeError, Worker
from real_node_test import PATIENCE_S, Node

PROCESS = Path(__file__).with_name("worker_process.py")


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError("it did not happen in time")
        time.sleep(0.02)
    return found


class WorkerTest(unittest.TestCase):
    def setUp(self):
        self.node = Node()
        self.addCleanup(self.node.__exit__)
        token = mock.patch.dict(os.environ, HIVE_DATA=self.node.data)
        token.start()
        self.addCleanup(token.stop)
        self.client = Client(self.node.url, timeout_s=PATIENCE_S)
        self.addCleanup(self.client.close)

    def listed(self, name):
        found = [each for each in self.client.list_benchmarks()["benchmarks"] if each["name"] == name]
        return (found[0]["source"], found[0]["available"], found[0].get("reason", "")) if found else None

    def capture(self, version, adapters, **more):
        return self.client.capture_snapshot(version, adapters=adapters, **more)["adapters"]

    def serve(self, *adapters):
        """Serves in a thread until the test ends."""
        worker = Worker(self.client)
        thread = threading.Thread(target=worker.serve, args=(adapters,))
        thread.start()

        def end():
            worker.stop()
            thread.join()

        self.addCleanup(end)
        wait_until(lambda: all((self.listed(each.name) or (0, False))[1] for each in adapters))
        return worker, end

    def start_process(self, *names):
        process = subprocess.Popen(
            [sys.executable, str(PROCESS), self.node.url, *names], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True,
        )

        def end():
            process.kill()
            process.wait()
            process.stdout.close()

        self.addCleanup(end)
        wait_until(lambda: (self.listed(names[0]) or (0, False))[1])
        return process

    def test_a_live_object_with_state_measures_for_the_node(self):
        _, end = self.serve(cases.Stateful(2.5), cases.Fails(), cases.Skips())
        self.assertEqual(self.listed("stateful"), ("worker", True, ""))
        snapshot = self.client.capture_snapshot("v1", adapters=["stateful", "fails", "skips"], tier="all", repeats=3)
        self.assertEqual(snapshot["metrics"]["value"]["samples"], [2.5, 2.5, 2.5])
        adapters = snapshot["adapters"]
        self.assertEqual(adapters["fails"]["reason"], "RuntimeError: the model is gone")
        self.assertEqual((adapters["skips"]["status"], adapters["skips"]["reason"]), ("skipped", "no questions"))
        self.assertNotIn("given", adapters["stateful"])
        end()
        self.assertEqual(self.listed("stateful"), ("worker", False, "no worker for stateful"))
        self.assertEqual(self.capture("v2", ["stateful"])["stateful"]["reason"], "no worker for stateful")

    def test_a_result_that_the_node_refuses_is_an_error_with_its_reason(self):
        class Wrong:
            name = "wrong"

            def run(self):
                return {"metrics": {"m": {"value": 1, "direction": "sideways"}}}

        self.serve(Wrong())
        outcome = self.capture("v1", ["wrong"])["wrong"]
        self.assertEqual(outcome["status"], "error")
        self.assertIn("direction", outcome["reason"])

    def test_a_worker_outlives_the_node(self):
        self.serve(cases.Stateful())
        for number in range(3):
            self.node.kill()
            self.node.start()
            self.assertEqual(self.listed("stateful")[0], "worker", "known again before the worker comes back")
            wait_until(lambda: self.listed("stateful")[1])
            self.assertEqual(self.capture(f"v{number}", ["stateful"])["stateful"]["status"], "ok")

    def test_a_worker_that_is_told_to_end_leaves_at_once(self):
        process = self.start_process("quick")
        self.assertEqual(self.capture("v1", ["quick"])["quick"]["status"], "ok")
        process.terminate()
        self.assertEqual(process.wait(PATIENCE_S), 0)
        self.assertEqual(self.listed("quick")[1:], (False, "no worker for quick"))

    def test_work_of_a_killed_worker_goes_to_another(self):
        killed = self.start_process("holds")
        outcome = {}
        capturing = threading.Thread(target=lambda: outcome.update(self.capture("v1", ["holds"])))
        capturing.start()
        self.assertEqual(killed.stdout.readline(), "holds\n")  # it has the work
        killed.kill()

        class Holds(cases.Stateful):
            name = "holds"

        self.serve(Holds())
        capturing.join()
        self.assertEqual(outcome["holds"]["status"], "ok")

    def test_who_may_not_register_is_told_so(self):
        with mock.patch.dict(os.environ, HIVE_DATA=self.node.data + "/no-token-here"):
            with self.assertRaises(NodeError) as caught:
                Worker(self.client).serve([cases.Stateful()])
        self.assertEqual(caught.exception.status, 403)
        self.client.register_adapter(cases.Skips)
        with self.assertRaisesRegex(NodeError, "skips exists already"):
            Worker(self.client).serve([cases.Skips()])

    def test_a_worker_whose_adapters_hang_does_not_serve_for_ever(self):
        class Hangs:
            name = "hangs"

            def run(self):
                threading.Event().wait()

        failed = []

        def serve():
            try:
                Worker(self.client).serve([Hangs()], timeout_s=0.2)
            except HivemarkError as error:
                failed.append(str(error))

        with mock.patch("hivemark.worker._RENEWALS_PER_LEASE", 1000), mock.patch("hivemark.worker.MAX_ABANDONED", 2):
            thread = threading.Thread(target=serve)
            thread.start()
            wait_until(lambda: (self.listed("hangs") or (0, False))[1])
            for version in ("v1", "v2"):
                outcome = self.capture(version, ["hangs"])["hangs"]
                self.assertEqual(outcome["status"], "error")
                self.assertIn("within its time limit", outcome["reason"])
            thread.join()
        self.assertIn("2 adapters hang", failed[0])

    def test_a_registered_class_runs_as_a_command_of_the_node(self):
        self.client.register_adapter(cases.Scores, timeout_s=60)
        self.client.register_adapter("adapters_of_a_test.cases:Skips", tier="fast")
        self.client.register_adapter(cases.Fails)
        snapshot = self.client.capture_snapshot("v1", adapters=["scores", "skips", "fails"])
        self.assertEqual(snapshot["metrics"]["score"]["value"], 0.5)
        self.assertEqual(snapshot["adapters"]["skips"]["reason"], "no questions")
        self.assertIn("RuntimeError: the model is gone", snapshot["adapters"]["fails"]["reason"])


if __name__ == "__main__":
    unittest.main()
