"""Adapters written in Python: run in this process and as a command."""

import json
import os
import subprocess
import sys
import threading
import unittest
from pathlib import Path

import hivemark
from adapters_of_a_test import cases
from conftest import PACKAGE
from hivemark import _measure

HERE = Path(__file__).resolve().parent


class Endless:
    name = "endless"

    def __init__(self):
        self.go_on = threading.Event()

    def run(self):
        self.go_on.wait()
        return {"metrics": {}}


class ResultTest(unittest.TestCase):
    def test_what_adapters_return_becomes_what_a_node_takes(self):
        for returned, expected in (
            ({"metrics": {}}, {"metrics": {}}),
            ({"metrics": {"m": {"value": 1, "x": 2}}}, {"metrics": {"m": {"value": 1.0, "direction": "higher"}}}),
            (
                {"metrics": {"m": {"value": 2, "direction": "lower", "unit": "ms", "samples": [1, 3]}}},
                {"metrics": {"m": {"value": 2.0, "direction": "lower", "unit": "ms", "samples": [1, 3]}}},
            ),
            (
                {"metrics": {"m": {"value": 2, "margin": 0.1, "kind": "count", "same_environment": ["gpu"], "floor": 1}}},
                {
                    "metrics": {
                        "m": {"value": 2.0, "direction": "higher", "kind": "count", "margin": 0.1, "floor": 1,
                              "same_environment": ["gpu"]}
                    }
                },
            ),
            ({"skipped": True, "reason": "why"}, {"skipped": True, "reason": "why"}),
            ({"skipped": "why"}, {"skipped": True, "reason": "why"}),
            ({"skipped": True}, {"skipped": True, "reason": "it gives no reason"}),
            ({"skipped": False, "metrics": {}}, {"metrics": {}}),
            ({"error": "why"}, {"error": "why"}),
        ):
            self.assertEqual(_measure.read_result(returned), expected)

    def test_what_is_no_result_is_an_error_that_names_it(self):
        for returned, named in (
            (None, "NoneType"),
            ({}, "neither metrics"),
            ({"metrics": [1]}, "neither metrics"),
            ({"metrics": {"m": 1}}, "metric m "),
            ({"metrics": {"m": {"value": "much"}}}, "'much'"),
            ({"metrics": {"m": {"value": None}}}, "metric m "),
            ({"metrics": {"m": {"value": float("nan")}}}, "not finite"),
            ({"metrics": {"m": {"value": float("inf")}}}, "not finite"),
        ):
            self.assertIn(named, _measure.read_result(returned)["error"])


class MeasureTest(unittest.TestCase):
    def test_each_adapter_has_its_own_result_whatever_the_others_do(self):
        endless = Endless()
        try:
            found = hivemark.measure(
                [cases.Scores(), cases.Skips(), cases.Unavailable(), cases.Fails(), cases.Leaves(), cases.counted,
                 cases.Stateful(2.5), endless],
                timeout_s=5,
            )
        finally:
            endless.go_on.set()
        self.assertEqual(found["scores"]["metrics"]["score"], {"value": 0.5, "direction": "higher", "unit": "ratio"})
        self.assertEqual(found["scores"]["metrics"]["plain"], {"value": 1.0, "direction": "higher"})
        self.assertEqual((found["skips"]["skipped"], found["skips"]["reason"]), (True, "no questions"))
        self.assertEqual(found["skips"]["tier"], "heavy")
        self.assertEqual(found["unavailable"]["reason"], "not available")
        self.assertEqual(found["fails"]["error"], "RuntimeError: the model is gone")
        self.assertEqual(found["leaves"]["error"], "SystemExit: 3")
        self.assertEqual(found["counted"]["metrics"]["calls"]["direction"], "lower")
        self.assertEqual(found["stateful"]["metrics"]["value"]["value"], 2.5)
        self.assertEqual(found["endless"]["error"], "did not answer within its 5 s")
        for result in found.values():
            self.assertGreaterEqual(result["duration_s"], 0)

    def test_adapters_need_names_of_their_own(self):
        with self.assertRaisesRegex(ValueError, "two adapters are named skips"):
            hivemark.measure([cases.Skips(), cases.Skips()])
        with self.assertRaisesRegex(ValueError, "needs a name"):
            hivemark.measure([object()])


class PlaceTest(unittest.TestCase):
    def test_classes_functions_and_objects_without_state_have_a_place(self):
        module = "adapters_of_a_test.cases"
        for adapter, place in (
            (cases.Scores, f"{module}:Scores"),
            (cases.Scores(), f"{module}:Scores"),
            (cases.Slots(), f"{module}:Slots"),
            (cases.counted, f"{module}:counted"),
            (cases.Outer.Inner, f"{module}:Outer.Inner"),
            (cases.Stateful, f"{module}:Stateful"),
        ):
            self.assertEqual(_measure.place_of(adapter), place)
            self.assertEqual(_measure.name_of(_measure.load(place)), _measure.name_of(adapter))

    def test_what_another_process_cannot_have_is_refused_with_what_to_do(self):
        class Local:
            name = "local"

            def run(self):
                return {}

        full = cases.Slots()
        full.value = 1
        main = type("Main", (), {"__module__": "__main__", "name": "main"})
        for adapter, why in (
            (cases.Stateful(), "has state.*Worker"),
            (full, "has state"),
            (Local, "is not found"),
            (lambda: {}, "is not found"),
            (main, "move it to a module"),
        ):
            with self.assertRaisesRegex(ValueError, why):
                _measure.place_of(adapter)

    def test_a_place_that_holds_no_adapter_is_refused(self):
        for place, why in (
            ("cases", "is written"),
            ("cases:", "is written"),
            ("adapters_of_a_test.cases:Nothing", "has no Nothing"),
            ("adapters_of_a_test.cases:__doc__", "is no adapter"),
        ):
            with self.assertRaisesRegex(ValueError, why):
                _measure.load(place)
        with self.assertRaises(ImportError):
            _measure.load("no_such_module_anywhere:X")

    def test_the_command_finds_the_module_from_anywhere(self):
        spec = _measure.describe_command(cases.Skips, None)
        self.assertEqual((spec.name, spec.tier, spec.requires_gpu), ("skips", "heavy", False))
        self.assertEqual(_measure.describe_command("adapters_of_a_test.cases:Skips", "other").name, "other")
        environment = {"PATH": os.environ["PATH"], **spec.environment}
        done = subprocess.run(spec.command, capture_output=True, text=True, env=environment, cwd="/", check=True)
        self.assertEqual(json.loads(done.stdout), {"skipped": True, "reason": "no questions"})
        for path in spec.environment["PYTHONPATH"].split(os.pathsep):
            self.assertTrue(os.path.isabs(path), path)


class CommandTest(unittest.TestCase):
    def run_command(self, *arguments):
        path = os.pathsep.join([str(PACKAGE), str(HERE)])
        return subprocess.run(
            [sys.executable, "-m", "hivemark.adapter", *arguments],
            capture_output=True,
            text=True,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": path},
            check=False,
        )

    def test_only_the_result_is_on_standard_output(self):
        done = self.run_command("adapters_of_a_test.cases:Scores")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["metrics"]["score"]["value"], 0.5)
        for line in ("working", "straight to the descriptor", "from a child"):
            self.assertIn(line, done.stderr)

    def test_a_failure_has_its_traceback_on_standard_error(self):
        done = self.run_command("adapters_of_a_test.cases:Fails")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("Traceback", done.stderr)
        self.assertTrue(done.stderr.rstrip().endswith("RuntimeError: the model is gone"), done.stderr)
        self.assertEqual(self.run_command("adapters_of_a_test.cases:Leaves").returncode, 3)
        self.assertEqual(self.run_command("adapters_of_a_test.cases:Nothing").returncode, 1)

    def test_it_explains_itself(self):
        self.assertIn("package.module:Class", self.run_command("--help").stdout)
        wrong = self.run_command()
        self.assertEqual((wrong.returncode, wrong.stdout), (64, ""))
        self.assertIn("package.module:Class", wrong.stderr)


if __name__ == "__main__":
    unittest.main()
