"""Programs of HART OS over a node: by changed imports, by the import hook, and with the node away."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import hartos_tree
from real_node_test import Node

SCORE = {"value": 10, "direction": "higher", "unit": "x"}
REGRESSED = "action_1_success_rate: 0.900 → 0.500"
WITH_NODE = {
    "service": True,
    "creation": 1,
    "recipe_change": None,
    "remembered": [True, 60, False],
    "patched": [2, 0.5, {"regression": {"pass_rate": 0.9}}, {"composite_trust": 2.5}, "abc"],
    "latest": 2,
    "no_latest": None,
    "one": 0,
    "list": [[1, "creation"], [2, "prompt_change"]],
    "compare": 2.5,
    "compare_missing": {"error": "snapshot not found"},
    "trend": "improving",
    "valid": True,
    "recipe": 0.5,
    "regressed": {"passed": False, "regressions": [REGRESSED], "baseline_version": 2,
                  "missing": ["regression_pass_rate"]},
    "review": {"passed": False, "regressions": ["71_0: " + REGRESSED]},
    "complexity": "moderate",
    "bad_id": "raised ValueError",
    "bad_capture": None,
    "sanitize": ["7", 1.0, 0.5],
    "async": [None, True],
    "adapter": ["71_0_duration_improvement_pct", "71_0_reward_delta", "71_0_success_rate_delta"],
    "bare": {"score": {"metrics": {"points": SCORE}}, "broken": {"error": "RuntimeError: no", "metrics": {}}},
    "worse": 5,
    "more": "v10",
    "upgrade": [False, "Regressions: score.points: 10.000 → 5.000 (regression)"],
    "upgrade_good": [True, "all metrics pass"],
    "upgrade_unknown": [True, "no baseline to compare"],
    "upgrade_missing": [False, "new version snapshot missing"],
    "previous": "v10",
    "benchmarks": True,
    "results": 11,
    "dynamic": False,
    "run": ["reason", "skipped"],
    "tracker": [True, 5],
    "record": None,
    "best": ["aider", 1.0, 2.0],
    "none_best": None,
    "summary": 5,
    "export": 5,
    "import": None,
    "hive_best": ["codex", 0.95, 3.5],
    "other_path": 0,
    "store": [True],
    "singletons": [True, True, True],
    "folders": ["agent_data/baselines", "agent_data/benchmarks", True],
    "errors": {"capture_snapshot": 1},  # the one with a bad id
}

UNREACHABLE = {"passed": False, "regressions": [], "reason": "hivemark unreachable", "inconclusive": True}
AWAY = {
    "creation": "raised TypeError",  # the program indexes None, as some of HART OS's callers would
    "recipe_change": None,
    "remembered": [False, 60, False],
    "patched": None,
    "latest": "raised TypeError",
    "no_latest": None,
    "list": [],
    "trend": "error",
    "valid": False,
    "recipe": "raised KeyError",
    "regressed": UNREACHABLE,
    "review": UNREACHABLE,
    "bad_id": "raised ValueError",
    "bad_capture": None,
    "async": [None, False],
    "adapter": [],
    "bare": {},
    "upgrade": [False, "hivemark unreachable"],
    "previous": None,
    "benchmarks": True,
    "run": ["error", "metrics"],
    "record": None,
    "best": None,
    "summary": 0,
    "export": "raised TypeError",
    "import": None,
    "hive_best": None,
    "complexity": "moderate",
    "store": [True],
}
RAISING = {name: "raised Unreachable" for name in (
    "creation", "recipe_change", "patched", "latest", "no_latest", "one", "list", "compare", "compare_missing", "trend",
    "valid", "recipe", "regressed", "review", "adapter", "bare", "upgrade", "previous", "benchmarks", "results", "run",
    "record", "best", "summary", "export", "import", "hive_best")}
RAISING.update(bad_id="raised ValueError", bad_capture="raised ValueError", complexity="moderate", store=[True])


class CallersTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = hartos_tree.make(folder.name)

    def expect(self, arguments, program_env=None):
        with Node() as node:
            told, _ = hartos_tree.run(self.root, arguments, hartos_tree.environment(node, **(program_env or {})))
        self.assertEqual(told, WITH_NODE)
        files = sorted(path.relative_to(self.root).as_posix() for path in self.root.glob("agent_data/*/**/*.json"))
        self.assertEqual(files, [*(f"agent_data/baselines/71_0/v{n}.json" for n in (1, 2, 3)),
                                 *(f"agent_data/benchmarks/v{n}.json" for n in (10, 8, 9))])

    def test_by_changed_imports(self):
        self.expect(["changed.py"])

    def test_by_the_hook_in_the_program(self):
        self.expect(["installs.py"])

    def test_by_the_runner(self):
        self.expect(["-m", "hivemark.hartos", "unchanged.py"])

    def test_without_the_hook_the_tree_has_its_own_modules(self):
        with Node() as node, self.assertRaisesRegex(AssertionError, "own module was imported"):
            hartos_tree.run(self.root, ["unchanged.py"], hartos_tree.environment(node))

    def away(self, **more):
        class Away:
            url = "http://127.0.0.1:9"  # the discard service, which no test machine has
            data = "/nowhere"

        env = hartos_tree.environment(Away, AWAY="1", **more)
        return hartos_tree.run(self.root, ["-m", "hivemark.hartos", "unchanged.py"], env)

    def expect_away(self, told, expected):
        self.assertEqual({name: told[name] for name in expected}, expected)

    def test_with_the_node_away_callers_get_what_they_get_from_hart_os_on_errors(self):
        for mode in ("quiet", "warn"):
            with self.subTest(mode):
                told, log = self.away(HIVEMARK_ERRORS=mode)
                self.expect_away(told, AWAY)
                self.assertEqual(told["errors"]["record"], 5)
                lines = [line for line in log.splitlines() if line.startswith("record failed")]
                self.assertEqual(len(lines), mode == "warn", log)  # five records, one line

    def test_with_the_node_away_errors_are_raised_on_request(self):
        told, _ = self.away(HIVEMARK_ERRORS="raise")
        self.expect_away(told, RAISING)

    def test_a_validation_passes_without_a_node_only_on_request(self):
        told, _ = self.away(HIVEMARK_FAIL_OPEN="1")
        self.expect_away(told, {"valid": True, "regressed": {**UNREACHABLE, "passed": True},
                                "upgrade": [True, "hivemark unreachable"]})


class HookTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = hartos_tree.make(folder.name)

    def python(self, text, **env):
        env = {**os.environ, "PYTHONPATH": f"{hartos_tree.PACKAGE}:{self.root}", "PYTHONDONTWRITEBYTECODE": "1", **env}
        return subprocess.run([sys.executable, "-c", text], env=env, capture_output=True, text=True, check=False)

    def test_the_module_is_one_and_the_same_and_a_member_of_its_package(self):
        done = self.python(
            "import hivemark.hartos.install, sys\n"
            "import integrations.agent_engine.agent_baseline_service as by_name\n"
            "import hivemark.hartos.integrations.agent_engine.agent_baseline_service as own\n"
            "import integrations.agent_engine as package, importlib\n"
            "assert by_name is own is package.agent_baseline_service\n"
            "assert own.__name__ == own.__spec__.name, own.__spec__\n"
            "from integrations.agent_engine.neighbour import validate\n"
            "import integrations.agent_lightning as lightning\n"
            "assert lightning.LightningStore.__module__.startswith('hivemark.'), lightning.LightningStore\n"
        )
        self.assertEqual(done.stderr, "")

    def test_a_module_that_is_kept_is_hart_oss_own(self):
        done = self.python("import hivemark.hartos.install\nimport integrations.agent_engine.pr_review_service",
                           HIVEMARK_HARTOS_KEEP="pr_review_service")
        self.assertIn("own module was imported", done.stderr)

    def test_mistakes_are_named(self):
        done = self.python("import hivemark.hartos.install", HIVEMARK_HARTOS_KEEP="reviews")
        self.assertIn("HIVEMARK_HARTOS_KEEP names reviews, which is none of", done.stderr)
        Path(self.root, "integrations/agent_engine/benchmark_registry.py").write_text("")
        done = self.python("import integrations.agent_engine.benchmark_registry, hivemark.hartos.install")
        self.assertIn("benchmark_registry is imported already", done.stderr)
        for name in ("HIVEMARK_ERRORS", "HIVEMARK_MIRROR", "HIVEMARK_FAIL_OPEN", "HIVEMARK_TIMEOUT_S"):
            done = self.python(
                "from hivemark.hartos.integrations.agent_engine.agent_baseline_service import AgentBaselineService\n"
                "AgentBaselineService.validate_against_baseline('a', 0)", HIVEMARK_URL="http://127.0.0.1:9",
                **{name: "perhaps"})
            self.assertIn(f"{name} must be", done.stderr)

    def test_the_runner_teaches(self):
        def run(*arguments):
            return subprocess.run([sys.executable, "-m", "hivemark.hartos", *arguments], capture_output=True, text=True,
                                  env={**os.environ, "PYTHONPATH": str(hartos_tree.PACKAGE)}, check=False)

        self.assertIn("SCRIPT [ARGUMENT", run("--help").stdout)
        self.assertEqual((run("--help").returncode, run().returncode, run("nothing.py").returncode), (0, 64, 66))
        self.assertIn("no script nothing.py", run("nothing.py").stderr)
        script = Path(self.root, "end.py")
        script.write_text("import sys\nsys.exit(len(sys.argv))")
        self.assertEqual(run(str(script), "a", "--b").returncode, 3)


if __name__ == "__main__":
    unittest.main()
