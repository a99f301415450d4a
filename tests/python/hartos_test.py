"""The drop-in modules of HART OS in this process, over a real node: the cases of the source system, the folder bridge,
captures in the background, and records."""

import json
import logging
import os
import shutil
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

import hivemark.hartos
from hivemark.errors import NodeError
from hivemark.hartos import _errors, _mirror, _places
from hivemark.hartos.integrations.agent_engine import agent_baseline_service as baselines
from hivemark.hartos.integrations.agent_engine import benchmark_registry as registry
from hivemark.hartos.integrations.agent_lightning.store import LightningStore
from hivemark.hartos.integrations.coding_agent.benchmark_tracker import BenchmarkTracker
from real_node_test import PATIENCE_S, Node

VECTORS = json.loads((Path(__file__).resolve().parents[1] / "data/baselines.json").read_text(encoding="utf-8"))
Service = baselines.AgentBaselineService
KILLS = 10 if os.environ.get("HIVE_SOAK") == "1" else 2


def part_of(expected, actual):
    """The part of `actual` that `expected` has: more members may follow."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return {name: part_of(value, actual.get(name)) for name, value in expected.items()}
    return actual


def counted(kind):
    return hivemark.hartos.errors().get(kind, 0)


class WithNode(unittest.TestCase):
    """A node, and folders of the test's own."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.node = Node()
        cls.addClassCleanup(cls.node.__exit__)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.baselines = self.folder / "baselines"
        self.prompts = self.folder / "prompts"
        self.prompts.mkdir()
        self.patch(mock.patch.dict(os.environ, HIVEMARK_URL=self.node.url, HIVE_TOKEN_FILE=self.token_file()))
        self.patch(mock.patch.object(baselines, "BASELINE_DIR", str(self.baselines)))
        self.patch(mock.patch.object(baselines, "PROMPTS_DIR", str(self.prompts)))
        self.patch(mock.patch.object(registry, "BENCHMARK_DIR", str(self.folder / "benchmarks")))
        self.patch(mock.patch.object(registry, "_registry", None))
        self.patch(mock.patch.dict(_errors._told, clear=True))
        self.patch(mock.patch.dict(baselines._recent_snapshots, clear=True))

    def patch(self, what):
        what.start()
        self.addCleanup(what.stop)

    def token_file(self):
        return self.node.data + "/operator.token"

    def put_recipe(self, prompt, recipe):
        (self.prompts / f"{prompt}_0_recipe.json").write_text(json.dumps(recipe))

    def put_baseline(self, agent, number, content):
        path = self.baselines / agent / f"v{number}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path


def rate(value):
    return {"recipe_metrics": {"per_action": {"1": {"success_rate": value}}}}


class VectorsOfTheSourceSystem(WithNode):
    """44 captures, 30 validations and trends, and 14 comparisons."""

    def test_all(self):
        captures = comparisons = 0
        for number, case in enumerate(VECTORS):
            with self.subTest(case=number):
                for step in case["steps"]:
                    self.capture(f"agent{number}", step)
                    captures += 1
                self.judge(f"agent{number}", case)
                comparisons += "compare_1_2" in case
        self.assertEqual((captures, len(VECTORS), comparisons), (44, 30, 14))

    def with_figures(self, spans, pass_rate):
        traces = tempfile.mkdtemp(dir=self.folder)
        results = {"regression": {"metrics": {"pass_rate": {"value": pass_rate, "direction": "higher"}}}}
        stack = mock.patch.multiple(
            registry.BenchmarkRegistry, get_latest_results=mock.Mock(return_value=results)
        )
        settings = mock.patch.dict(os.environ, AGENT_LIGHTNING_ENABLED="true", AGENT_LIGHTNING_TRACES_PATH=traces)
        return stack, settings, traces

    def capture(self, prompt, step):
        (self.prompts / f"{prompt}_7_recipe.json").write_text(json.dumps(step["recipe"]))
        results, settings, _ = self.with_figures(step["spans"], step["regression_pass_rate"])
        with results, settings:
            store = LightningStore(f"create_recipe_assistant_{prompt}", backend="json")
            for at, span in enumerate(step["spans"]):
                self.assertTrue(store.save_span({**span, "span_id": f"s{at}", "agent_id": store.agent_id, "start_time": at + 1}))
            taken = Service.capture_snapshot(prompt, 7, step["snapshot"]["trigger"])
        expected = step["snapshot"]
        for section in ("recipe_metrics", "benchmark_metrics", "lightning_metrics", "trust_evolution_metrics"):
            self.assertEqual(part_of(expected[section], taken[section]), expected[section])
            self.assertTrue(expected[section] or not taken[section])
        for name in ("version", "trigger", "flow_id"):
            self.assertEqual(taken[name], expected[name])
        self.assertEqual(Service.get_snapshot(prompt, 7, expected["version"]), taken)
        self.assertEqual(json.loads((self.baselines / f"{prompt}_7/v{expected['version']}.json").read_text()), taken)

    def judge(self, prompt, case):
        (self.prompts / f"{prompt}_7_recipe.json").write_text(json.dumps(case["current_recipe"]))
        results, settings, _ = self.with_figures([], case["current_regression_pass_rate"])
        with results, settings:
            validation = Service.validate_against_baseline(prompt, 7)
        expected = case["validate"]
        self.assertEqual([line.split(":")[0] for line in validation["regressions"]], expected["regressions"])
        self.assertEqual((validation["passed"], validation["baseline_version"]),
                         (expected["passed"], expected["baseline_version"]))
        self.assertEqual(Service.compute_trend(prompt, 7), case["trend"])
        if "compare_1_2" in case:
            self.assertEqual(Service.compare_snapshots(prompt, 7, 1, 2), case["compare_1_2"])


class FolderBridge(WithNode):
    def test_a_capture_is_written_as_hart_os_writes_it(self):
        self.put_recipe("71", {"actions": [{"action_id": 1, "experience": {"success_rate": 0.9}}]})
        before = time.time()
        taken = Service.capture_snapshot("71", 0, "creation", user_id="u")
        written = json.loads((self.baselines / "71_0/v1.json").read_text())
        self.assertEqual(written, taken)
        self.assertEqual((written["prompt_id"], written["flow_id"], written["version"]), ("71", 0, 1))
        self.assertTrue(before - 1 < written["timestamp"] < time.time() + 1)
        self.assertEqual(written["recipe_metrics"]["per_action"]["1"]["success_rate"], 0.9)
        self.assertEqual((written["lightning_metrics"], written["trust_evolution_metrics"]), ({}, {}))
        self.assertEqual(os.listdir(self.baselines / "71_0"), ["v1.json"])

    def test_files_are_imported_before_a_read_and_gaps_stay(self):
        for number in (2, 9, 10, 11):
            self.put_baseline("a_0", number, {"trigger": "test", "timestamp": 1000 + number, **rate(0.9)})
        self.assertEqual(Service.get_latest_snapshot("a", 0)["version"], 11)
        self.assertEqual(Service.list_snapshots("a", 0), [
            {"version": number, "trigger": "test", "timestamp": 1000.0 + number} for number in (2, 9, 10, 11)])
        self.assertIsNone(Service.get_snapshot("a", 0, 3))
        self.assertEqual(Service.capture_snapshot("a", 0, "manual")["version"], 12)
        self.assertEqual(Service.get_latest_snapshot("a", 0)["version"], 12)

    def test_a_file_is_read_once_unless_it_is_written_again(self):
        self.put_baseline("a_0", 1, rate(0.9))
        with mock.patch.object(_mirror, "read_object", wraps=_mirror.read_object) as read:
            for _ in range(3):
                Service.get_latest_snapshot("a", 0)
            Service.validate_against_baseline("a", 0)
            self.assertEqual(read.call_count, 1)
            self.put_baseline("a_0", 2, rate(0.8))
            self.assertEqual(Service.get_latest_snapshot("a", 0)["version"], 2)
            self.assertEqual(read.call_count, 2)
            Service.capture_snapshot("a", 0, "manual")
            Service.get_latest_snapshot("a", 0)
            self.assertEqual(read.call_count, 2)  # what was just written is no news

    def test_a_broken_file_costs_itself_alone_is_named_and_not_lost(self):
        self.put_baseline("a_0", 1, rate(0.9))
        for number, text in ((2, "{"), (3, "[]"), (4, '"x"'), (5, "\xff\x00")):
            self.put_baseline("a_0", number, text)
        before = counted("import")
        with self.assertLogs("hivemark", logging.WARNING) as log:
            self.assertEqual(Service.get_latest_snapshot("a", 0)["version"], 1)
        self.assertIn("a_0/v2.json", log.output[0])
        self.assertEqual(counted("import"), before + 4)
        self.assertEqual(Service.capture_snapshot("a", 0, "manual")["version"], 2)
        self.assertEqual((self.baselines / "a_0/v2.json.broken").read_text(), "{")
        self.assertEqual(json.loads((self.baselines / "a_0/v2.json").read_text())["version"], 2)

    def test_figures_that_are_none_do_not_cost_the_file(self):
        self.put_baseline("a_0", 1, '{"version": 7, "trigger": null, "timestamp": "soon", "recipe_metrics": {"per_action":'
                          ' {"1": {"success_rate": 0.5}, "2": {"success_rate": NaN}}}, "lightning_metrics": [],'
                          ' "benchmark_metrics": {"x": {"y": "z", "n": 1}, "w": 7}, "unknown": {"a": 1}}')
        taken = Service.get_latest_snapshot("a", 0)
        self.assertEqual((taken["version"], taken["benchmark_metrics"]), (1, {"x": {"n": 1}}))
        self.assertEqual(taken["recipe_metrics"]["per_action"]["1"]["success_rate"], 0.5)

    def test_tricks_with_paths_lead_nowhere(self):
        secret = self.folder / "secret.json"
        secret.write_text(json.dumps({"trigger": "secret"}))
        (self.baselines / "a_0").mkdir(parents=True)
        (self.baselines / "a_0/v1.json").symlink_to(secret)
        os.mkfifo(self.baselines / "a_0/v2.json")
        for name in ("v0.json", "v01.json", "v3.json.tmp", "v1000000000000.json", "vx.json", "w1.json"):
            (self.baselines / "a_0" / name).write_text("{}")
        (self.baselines / "a_0/v4.json").mkdir()
        self.assertIsNone(Service.get_latest_snapshot("a", 0))
        self.assertEqual(Service.list_snapshots("a", 0), [])
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        (elsewhere / "v1.json").write_text("{}")
        (self.baselines / "b_0").symlink_to(elsewhere)
        self.assertIsNone(Service.get_latest_snapshot("b", 0))
        self.assertEqual(Service.capture_snapshot("b", 0, "manual")["version"], 1)
        self.assertEqual(os.listdir(elsewhere), ["v1.json"])
        self.assertEqual((elsewhere / "v1.json").read_text(), "{}")
        for bad in ("../a", "a/b", "", "a b", ".."):
            for ask in (Service.get_latest_snapshot, Service.list_snapshots, Service.compute_trend,
                        Service.validate_against_baseline):
                self.assertRaises(ValueError, ask, bad, 0)
                self.assertRaises(ValueError, ask, "a", bad or "_")
            self.assertIsNone(Service.capture_snapshot("a", bad or "_", "manual"))

    def test_a_folder_that_vanishes_takes_nothing_with_it(self):
        for _ in range(2):
            Service.capture_snapshot("a", 0, "manual")
        shutil.rmtree(self.baselines)
        self.assertEqual(len(Service.list_snapshots("a", 0)), 2)
        self.assertEqual(Service.capture_snapshot("a", 0, "manual")["version"], 3)
        self.assertEqual(os.listdir(self.baselines / "a_0"), ["v3.json"])

    def test_a_folder_that_cannot_be_written_costs_the_file_alone(self):
        self.baselines.write_text("a file, where a folder should be")
        before = counted("mirror")
        with self.assertLogs("hivemark", logging.WARNING) as log:
            self.assertEqual(Service.capture_snapshot("a", 0, "manual")["version"], 1)
        self.assertIn("a_0/v1.json cannot be written", "".join(log.output))
        self.assertEqual(counted("mirror"), before + 1)
        self.assertEqual(Service.get_latest_snapshot("a", 0)["version"], 1)

    def test_the_bridge_can_be_closed(self):
        self.put_baseline("a_0", 5, rate(0.9))
        with mock.patch.dict(os.environ, HIVEMARK_MIRROR="0"):
            self.assertIsNone(Service.get_latest_snapshot("a", 0))
            self.assertEqual(Service.capture_snapshot("a", 0, "manual")["version"], 1)
        self.assertEqual(os.listdir(self.baselines / "a_0"), ["v5.json"])

    def test_every_folder_begins_at_v1_and_the_default_one_is_the_node(self):
        self.assertEqual(Service.capture_snapshot("same", 0, "manual")["version"], 1)
        with mock.patch.object(baselines, "BASELINE_DIR", str(self.folder / "other")):
            self.assertIsNone(Service.get_latest_snapshot("same", 0))
            self.assertEqual(Service.capture_snapshot("same", 0, "manual")["version"], 1)
        self.assertEqual(Service.capture_snapshot("same", 0, "manual")["version"], 2)
        there = os.getcwd()
        os.chdir(self.folder)
        self.addCleanup(os.chdir, there)
        with mock.patch.object(baselines, "BASELINE_DIR", baselines._DEFAULT_DIR):
            self.assertEqual(Service.capture_snapshot("same", 0, "manual")["version"], 1)
        self.assertEqual(_places.client_of(None).latest_baseline("same", "0")["version"], 1)

    def test_snapshots_of_the_folder_are_imported_and_written(self):
        folder = self.folder / "benchmarks"
        folder.mkdir()
        good = {"benchmarks": {"regression": {"metrics": {"pass_rate": {"value": 0.9, "direction": "higher"}}},
                               "speed": {"metrics": {"ms": {"value": 10, "direction": "lower"}}},
                               "x": {"skipped": True, "reason": "no"}, "y": {"metrics": {}, "error": "broke"}}}
        worse = json.loads(json.dumps(good))
        worse["benchmarks"]["regression"]["metrics"]["pass_rate"]["value"] = 0.5
        worse["benchmarks"]["speed"]["metrics"]["ms"]["value"] = 20
        (folder / "v1.json").write_text(json.dumps(good))
        (folder / "v2.json").write_text(json.dumps(worse))
        (folder / "v3.json").write_text("{")
        one = registry.BenchmarkRegistry()
        safe, reason = one.is_upgrade_safe("v1", "v2")
        self.assertEqual((safe, sorted(reason[len("Regressions: "):].split("; "))), (False, [
            "regression.pass_rate: 0.900 → 0.500 (regression)", "speed.ms: 10.000 → 20.000 (regression)"]))
        self.assertEqual(one.is_upgrade_safe("v1", "v3"), (False, "new version snapshot missing"))
        self.assertEqual(one.get_latest_results(), {})  # what was measured elsewhere is no result of this node
        taken = one.capture_snapshot("v4", "abc")
        self.assertEqual(json.loads((folder / "v4.json").read_text()), taken)
        self.assertIn("regression", taken["benchmarks"])

    def test_a_new_process_takes_its_own_files_for_known(self):
        Service.capture_snapshot("a", 0, "manual")
        before = counted("import")
        with mock.patch.dict(_mirror._seen, clear=True):
            self.assertEqual(Service.get_latest_snapshot("a", 0)["version"], 1)
        self.assertEqual(counted("import"), before)


class Captures(WithNode):
    def test_an_unchanged_recipe_does_not_move_the_reference(self):
        def recipe(value):
            return {"actions": [{"action_id": 1, "action": "do", "experience": {"success_rate": value}}]}

        self.put_recipe("a", recipe(0.9))
        Service.capture_snapshot("a", 0, "manual")
        for value in (0.8, 0.7, 0.6):
            self.put_recipe("a", recipe(value))
            taken = Service.capture_snapshot("a", 0, "recipe_change")
            self.assertEqual(taken["kind"], "observation")
        validation = Service.validate_against_baseline("a", 0)
        self.assertEqual((validation["passed"], validation["baseline_version"]), (False, 1))

    def test_a_figure_that_the_agent_lacks_passes_and_is_named(self):
        self.put_baseline("a_0", 1, rate(0.9))
        self.assertEqual(Service.validate_against_baseline("a", 0), {
            "passed": True, "regressions": [], "baseline_version": 1, "missing": ["action_1_success_rate"]})
        self.assertEqual(Service.validate_against_baseline("nobody", 0), {
            "passed": True, "regressions": [], "reason": "no baseline to compare"})

    def test_a_broken_recipe_is_named(self):
        (self.prompts / "a_0_recipe.json").write_text("{")
        with self.assertLogs("hivemark", logging.WARNING) as log:
            self.assertEqual(Service._collect_recipe_metrics("a", 0), {})
        self.assertIn("a_0_recipe.json is no JSON", log.output[0])

    def test_what_a_patched_collector_raises_costs_the_capture_alone(self):
        with mock.patch.object(Service, "_build_metadata", side_effect=KeyError("x")):
            self.assertIsNone(Service.capture_snapshot("a", 0, "manual"))
            with mock.patch.dict(os.environ, HIVEMARK_ERRORS="raise"), self.assertRaises(KeyError):
                Service.capture_snapshot("a", 0, "manual")
        self.assertEqual(Service.capture_snapshot("a", 0, "manual")["version"], 1)

    def test_captures_in_the_background_keep_their_order(self):
        for number in range(30):
            for agent in ("a", "b"):
                baselines.capture_baseline_async(agent, 0, f"t{number}")
        self.assertTrue(hivemark.hartos.flush(PATIENCE_S))
        for agent in ("a", "b"):
            self.assertEqual([(each["version"], each["trigger"]) for each in Service.list_snapshots(agent, 0)],
                             [(number + 1, f"t{number}") for number in range(30)])

    def test_spans_of_the_session_count(self):
        with mock.patch.dict(os.environ, AGENT_LIGHTNING_ENABLED="true",
                             AGENT_LIGHTNING_TRACES_PATH=str(self.folder / "traces")):
            for session, reward in (("u_a", 1.0), ("v_a", 0.0)):
                store = LightningStore(f"create_recipe_assistant_{session}")
                store.save_span({"span_id": session, "agent_id": store.agent_id, "status": "success",
                                 "start_time": 1.0, "events": [{"type": "reward", "data": {"reward": reward}}]})
            taken = Service.capture_snapshot("a", 0, "manual", user_prompt="u_a")
        self.assertEqual((taken["lightning_metrics"]["avg_reward"], taken["user_prompt"]), (1.0, "u_a"))


class Restarts(unittest.TestCase):
    """With a node that is killed."""

    def setUp(self):
        self.node = Node()
        self.addCleanup(self.node.__exit__)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for what in (mock.patch.dict(os.environ, HIVEMARK_URL=self.node.url,
                                     HIVE_TOKEN_FILE=self.node.data + "/operator.token"),
                     mock.patch.object(baselines, "BASELINE_DIR", folder.name + "/baselines")):
            what.start()
            self.addCleanup(what.stop)

    def test_captures_in_the_background_wait_for_the_node_and_count_once(self):
        count = 0
        for _ in range(KILLS):
            for _ in range(20):
                baselines.capture_baseline_async("a", 0, f"t{count}")
                count += 1
            time.sleep(0.05)
            self.node.kill()
            baselines.capture_baseline_async("a", 0, f"t{count}")
            count += 1
            self.node.start()
        self.assertTrue(hivemark.hartos.flush(PATIENCE_S))
        self.assertEqual([(each["version"], each["trigger"]) for each in Service.list_snapshots("a", 0)],
                         [(number + 1, f"t{number}") for number in range(count)])

    def test_a_record_is_durable_when_the_call_returns(self):
        trackers = BenchmarkTracker(), BenchmarkTracker(baselines.BASELINE_DIR + "/other.db")
        returned = [0, 0]
        lost = counted("record")

        def record(which):
            tracker = trackers[which]
            for _ in range(200):
                before = counted("record")
                tracker.record("fix", "aider", 1.0, True)
                with count:
                    returned[which] += counted("record") == before

        count = threading.Lock()
        threads = [threading.Thread(target=record, args=(which,)) for which in (0, 0, 0, 1)]
        for thread in threads:
            thread.start()
        time.sleep(0.1)
        self.node.kill()
        for thread in threads:
            thread.join()
        self.node.start()
        self.assertGreater(counted("record"), lost)
        for which in (0, 1):
            stored = trackers[which].get_summary()["total_benchmarks"]
            self.assertGreaterEqual(stored, returned[which])  # more when an answer was lost
            self.assertLessEqual(stored, 600)


class Adapters(WithNode):
    def test_persistent_adapters_run_on_the_node(self):
        module = self.folder / "adapter_of_hartos_test.py"
        module.write_text(
            "class Fast:\n    name = 'fast_one'\n    tier = 'fast'\n"
            "    def run(self, **more):\n"
            "        return {'metrics': {'x': {'value': 3, 'direction': 'higher', 'unit': ''}}}\n")
        self.patch(mock.patch.object(sys, "path", [str(self.folder), *sys.path]))
        import adapter_of_hartos_test as of_test

        self.addCleanup(sys.modules.pop, "adapter_of_hartos_test")
        one = registry.BenchmarkRegistry()
        one.register_benchmark(of_test.Fast(), persistent=True)
        self.assertIn("fast_one", [each["name"] for each in one.list_benchmarks()])
        self.assertEqual(one.capture_snapshot("v1")["benchmarks"]["fast_one"]["metrics"]["x"]["value"], 3)
        with_state = of_test.Fast()
        with_state.model = object()
        with self.assertRaisesRegex(ValueError, "has state"):
            one.register_benchmark(with_state, persistent=True)

    def test_a_crash_or_a_hang_costs_its_own_result_alone(self):
        class Good:
            name = "good"
            tier = "fast"

            def run(self):
                return {"metrics": {"x": {"value": 1, "direction": "higher", "unit": ""}}}

        class Hangs(Good):
            name = "hangs"

            def run(self):
                time.sleep(PATIENCE_S)

        one = registry.BenchmarkRegistry()
        with mock.patch.object(registry, "_ADAPTER_TIMEOUT_S", 0.5):
            for each in (Good(), Hangs()):
                one.register_benchmark(each)
            taken = one.capture_snapshot("v1")["benchmarks"]
        self.assertEqual(taken["good"]["metrics"]["x"]["value"], 1)
        self.assertIn("did not answer", taken["hangs"]["error"])
        self.assertIn("world_model", taken)

    def test_a_node_that_refuses_is_no_safe_upgrade(self):
        with mock.patch.object(_mirror, "import_snapshots", side_effect=NodeError(503, "unavailable", "stopping")):
            safe, reason = registry.BenchmarkRegistry().is_upgrade_safe("v1", "v2")
        self.assertFalse(safe)
        self.assertIn("stopping", reason)


if __name__ == "__main__":
    unittest.main()
