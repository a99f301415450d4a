"""A source tree with HART OS's module paths, and a program in it that uses every name that callers of HART OS's modules
use. The tree's own modules fail when anything is asked of them, so that a result shows that they were replaced."""

import json
import os
import subprocess
import sys
from pathlib import Path

from conftest import PACKAGE

MODULES = (
    "agent_engine/agent_baseline_service",
    "agent_engine/benchmark_registry",
    "agent_engine/pr_review_service",
    "agent_lightning/store",
    "coding_agent/benchmark_tracker",
)

# A package that imports one of the replaced modules from its own path, as HART OS's does.
LIGHTNING = """
from .store import LightningStore

def is_enabled():
    return True
"""

# HART OS's tracer writes into its own store unless the import hook replaces that.
STORE = """
class LightningStore:
    def __init__(self, agent_id, backend=None):
        pass

    def list_spans(self, limit=100, status=None):
        return []
"""

# Callers beside the modules import them by relative names.
NEIGHBOUR = """
def validate(prompt_id, flow_id):
    from .agent_baseline_service import AgentBaselineService, BASELINE_DIR
    return AgentBaselineService.validate_against_baseline(prompt_id, flow_id)
"""

PROGRAM = '''
import json
import os
import threading
from unittest import mock

from {prefix}integrations.agent_engine import agent_baseline_service, benchmark_registry
from {prefix}integrations.agent_engine.agent_baseline_service import (
    BASELINE_DIR, PROMPTS_DIR, AgentBaselineAdapter, AgentBaselineService, _DEDUP_WINDOW_S, _avg_success_rate,
    _recent_lock, _recent_snapshots, _sanitize_id, capture_baseline_async, get_baseline_service)
from {prefix}integrations.agent_engine.benchmark_registry import (
    BENCHMARK_DIR, BenchmarkAdapter, BenchmarkRegistry, DynamicBenchmarkAdapter, get_benchmark_registry)
from {prefix}integrations.agent_engine.pr_review_service import PRReviewService
from {prefix}integrations.agent_lightning.store import LightningStore
from {prefix}integrations.coding_agent import benchmark_tracker
from {prefix}integrations.coding_agent.benchmark_tracker import MIN_SAMPLES, BenchmarkTracker, get_benchmark_tracker
import hivemark.hartos

told = {{}}


def tell(name, work):
    try:
        told[name] = work()
    except Exception as error:
        told[name] = "raised " + type(error).__name__


class Score(BenchmarkAdapter):
    name = "score"

    def __init__(self, value):
        self.value = value

    def run(self, **more):
        return {{"metrics": {{"points": {{"value": self.value, "direction": "higher", "unit": "x"}}}}}}


class Broken(BenchmarkAdapter):
    name = "broken"

    def run(self, **more):
        raise RuntimeError("no")


def bare_registry(value):
    registry = BenchmarkRegistry.__new__(BenchmarkRegistry)
    registry._lock = threading.Lock()
    registry._adapters = {{}}
    registry._latest_results = {{}}
    registry.register_benchmark(Score(value))
    registry.register_benchmark(Broken())
    return registry


def put_recipe(rate):
    path = os.path.join(agent_baseline_service.PROMPTS_DIR, "71_0_recipe.json")
    with open(path, "w") as file:
        json.dump({{"actions": [{{"action_id": 1, "experience": {{"success_rate": rate}}}}]}}, file)


def patched_capture():
    with mock.patch.object(AgentBaselineService, "_collect_lightning_metrics", return_value={{"avg_reward": 0.5}}), \\
         mock.patch.object(AgentBaselineService, "_collect_benchmark_metrics", return_value={{"regression": {{"pass_rate": 0.9}}}}), \\
         mock.patch.object(AgentBaselineService, "_collect_trust_evolution_metrics", return_value={{"composite_trust": 2.5}}), \\
         mock.patch.object(AgentBaselineService, "_build_metadata", return_value={{"git_sha": "abc"}}):
        taken = AgentBaselineService.capture_snapshot("71", 0, "prompt_change", "user", "user_71")
    return taken and [taken["version"], taken["lightning_metrics"]["avg_reward"], taken["benchmark_metrics"],
                      taken["trust_evolution_metrics"], taken["metadata"]["git_sha"]]


agent_baseline_service.PROMPTS_DIR = os.path.abspath("prompts")
os.makedirs("prompts", exist_ok=True)
put_recipe(0.9)
first = lambda: AgentBaselineService.capture_snapshot(71, "0", "creation")["version"]
tell("service", lambda: get_baseline_service() is get_baseline_service())
tell("creation", first)
tell("recipe_change", lambda: AgentBaselineService.capture_snapshot("71", 0, "recipe_change"))
tell("remembered", lambda: ["71_0" in _recent_snapshots, _DEDUP_WINDOW_S, _recent_lock.locked()])
tell("patched", patched_capture)
tell("latest", lambda: AgentBaselineService.get_latest_snapshot("71", 0)["version"])
tell("no_latest", lambda: AgentBaselineService.get_latest_snapshot("nobody", 0))
tell("one", lambda: AgentBaselineService.get_snapshot("71", 0, 1)["flow_id"])
tell("list", lambda: [[each["version"], each["trigger"]] for each in AgentBaselineService.list_snapshots("71", 0)])
tell("compare", lambda: AgentBaselineService.compare_snapshots("71", 0, 1, 2)["trust_delta"]["composite_trust"]["delta"])
tell("compare_missing", lambda: AgentBaselineService.compare_snapshots("71", 0, 1, 99))
tell("trend", lambda: AgentBaselineService.compute_trend("71", 0)["trend"])
tell("valid", lambda: AgentBaselineService.validate_against_baseline("71", 0)["passed"])
put_recipe(0.5)
tell("recipe", lambda: AgentBaselineService._collect_recipe_metrics("71", 0)["per_action"]["1"]["success_rate"])
tell("regressed", lambda: AgentBaselineService.validate_against_baseline("71", 0))
tell("review", PRReviewService.validate_baseline)
tell("complexity", lambda: PRReviewService.classify_change({{"files_changed": 1, "guardian_violations": 1}}))
tell("bad_id", lambda: AgentBaselineService.get_latest_snapshot("../71", 0))
tell("bad_capture", lambda: AgentBaselineService.capture_snapshot("../71", 0, "manual"))
tell("sanitize", lambda: [_sanitize_id(" 7 "), _avg_success_rate({{}}), _avg_success_rate({{"1": {{"success_rate": 0.5}}}})])
tell("async", lambda: [capture_baseline_async("71", 0, "prompt_change"), hivemark.hartos.flush(0.0 if os.environ.get("AWAY") else 30.0)])
tell("adapter", lambda: sorted(AgentBaselineAdapter().run()["metrics"]))

tell("bare", lambda: bare_registry(10).capture_snapshot("v8", "abc")["benchmarks"])
tell("worse", lambda: bare_registry(5).capture_snapshot("v9")["benchmarks"]["score"]["metrics"]["points"]["value"])
tell("more", lambda: bare_registry(11).capture_snapshot("v10")["version"])
tell("upgrade", lambda: get_benchmark_registry().is_upgrade_safe("v8", "v9"))
tell("upgrade_good", lambda: get_benchmark_registry().is_upgrade_safe("v8", "v10"))
tell("upgrade_unknown", lambda: get_benchmark_registry().is_upgrade_safe("v1", "v10"))
tell("upgrade_missing", lambda: get_benchmark_registry().is_upgrade_safe("v8", "v11"))
tell("previous", lambda: get_benchmark_registry().previous_version("v11"))
tell("benchmarks", lambda: {{each["name"] for each in get_benchmark_registry().list_benchmarks()}} >= {{"regression", "quantiphy"}})
tell("results", lambda: get_benchmark_registry().get_latest_results()["score"]["metrics"]["points"]["value"])
tell("dynamic", lambda: DynamicBenchmarkAdapter("x", "https://example.invalid/x", run_command="true").is_available())
tell("run", lambda: sorted(get_benchmark_registry()._adapters["guardrail"].run()))

tracker = get_benchmark_tracker()
tell("tracker", lambda: [tracker is get_benchmark_tracker(), MIN_SAMPLES])
tell("record", lambda: [tracker.record("fix", "aider", 2.0, True, "model", "user") for _ in range(MIN_SAMPLES)][0])
tell("best", lambda: tracker.get_best_tool("fix"))
tell("none_best", lambda: tracker.get_best_tool("other"))
tell("summary", lambda: tracker.get_summary()["total_benchmarks"])
tell("export", lambda: tracker.export_learning_delta()["coding_benchmarks"]["fix"]["aider"]["sample_count"])
tell("import", lambda: tracker.import_hive_delta(
    {{"coding_benchmarks": {{"port": {{"codex": {{"success_rate": 0.95, "avg_time_s": 3.5, "sample_count": 9}}}}}}}}))
tell("hive_best", lambda: tracker.get_hive_best_tool("port"))
tell("other_path", lambda: BenchmarkTracker(db_path=os.path.abspath("other.db")).get_summary()["total_benchmarks"])
tell("store", lambda: [LightningStore("a", backend="memory").save_span({{"span_id": "s", "agent_id": "a"}})])
tell("singletons", lambda: [agent_baseline_service._service is get_baseline_service(),
                            benchmark_registry._registry is get_benchmark_registry(), benchmark_tracker._tracker is tracker])
tell("folders", lambda: [BASELINE_DIR, BENCHMARK_DIR, bool(PROMPTS_DIR)])
tell("errors", hivemark.hartos.errors)
with open("told.json", "w") as file:
    json.dump(told, file)
'''


def make(root):
    """The tree, with the program in both of its forms: with changed imports, and with HART OS's own."""
    root = Path(root)
    for path in MODULES:
        file = root / "integrations" / (path + ".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("raise RuntimeError('HART OS\\'s own module was imported')\n")
    for package in ("", "agent_engine", "coding_agent"):
        (root / "integrations" / package / "__init__.py").write_text("")
    (root / "integrations/agent_lightning/__init__.py").write_text(LIGHTNING)
    (root / "integrations/agent_lightning/store.py").write_text(STORE)
    (root / "integrations/agent_engine/neighbour.py").write_text(NEIGHBOUR)
    (root / "changed.py").write_text(PROGRAM.format(prefix="hivemark.hartos."))
    (root / "unchanged.py").write_text(PROGRAM.format(prefix=""))
    (root / "installs.py").write_text("import hivemark.hartos.install\n" + PROGRAM.format(prefix=""))
    return root


def environment(node, **more):
    """Of a program that uses this node."""
    out = {name: value for name, value in os.environ.items() if not name.startswith(("HIVE", "HEVOLVE", "NUNBA"))}
    out.update(PYTHONPATH=str(PACKAGE), PYTHONDONTWRITEBYTECODE="1", HIVEMARK_URL=node.url)
    token = Path(node.data, "operator.token")
    if token.exists():
        out["HIVE_TOKEN_FILE"] = str(token)
    return {**out, **more}


def run(root, arguments, env, timeout=120):
    """What the program told, and its standard error."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=root, env=env, capture_output=True, text=True, timeout=timeout, check=False
    )
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(Path(root, "told.json").read_text()), done.stderr
