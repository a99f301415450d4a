"""Benchmarks and upgrades, as HART OS's module of this name has them, kept by a node.

The node's adapters measure on the node; those that are registered here measure in this process, and their results go
into the same snapshot. `BENCHMARK_DIR` may be set to another folder at any time: the default one stands for the node
itself, any other one for a namespace of its own.
"""

from __future__ import annotations

import os
import threading
from typing import Any, Dict, List, Mapping, Optional, Tuple

from ...._measure import measure
from ....errors import NodeError
from ... import _mirror, _settings
from ..._dynamic import DynamicBenchmark
from ..._errors import attempt, is_missing
from ..._form import Json, metric_name, metric_to_hartos, snapshot_to_hartos
from ..._places import Place, client_of, data_folder, place_of

BENCHMARK_DIR = data_folder("benchmarks")
_DEFAULT_DIR = BENCHMARK_DIR
# Where a single adapter of the node runs, so that its run is no snapshot of any version.
_RUNS = "hartos-single-runs"
# The longest that HART OS's own adapters may take.
_ADAPTER_TIMEOUT_S = 600.0


class BenchmarkAdapter:
    """Base class of benchmark adapters."""

    name: str = ""
    source: str = "builtin"
    repo_url: str = ""
    requires_gpu: bool = False
    min_vram_gb: float = 0.0
    tier: str = "fast"

    def run(self, api_url: str = "", **kwargs: Any) -> Json:
        """Measures: {metrics: {name: {value, direction, unit}}}."""
        raise NotImplementedError

    def is_available(self) -> bool:
        """Whether it can measure here."""
        return True

    def install(self) -> bool:
        """Installs what it needs. Whether that worked."""
        return True


class NodeAdapter(BenchmarkAdapter):
    """An adapter that runs on the node."""

    def run(self, api_url: str = "", **kwargs: Any) -> Json:
        """Measures now. The run is no snapshot of any version."""

        def measured() -> Json:
            taken = client_of(_RUNS).capture_snapshot(self.name, tier="all", adapters=[self.name])
            result: Json = snapshot_to_hartos(taken)["benchmarks"][self.name]
            return result

        def failed(error: BaseException) -> Json:
            return {"metrics": {}, "error": f"hivemark: {error}"}

        return attempt("run", measured, failed)

    def is_available(self) -> bool:
        """Whether the node has it, and it could measure there."""
        on_node = attempt("is_available", _on_node, _unknown)
        return bool(on_node.get(self.name, {}).get("available"))


class ModelRegistryAdapter(NodeAdapter):
    """Latency and accuracy of each model."""

    name = "model_registry"


class WorldModelAdapter(NodeAdapter):
    """The world model's counters."""

    name = "world_model"


class RegressionAdapter(NodeAdapter):
    """The tests of the software."""

    name = "regression"


class GuardrailAdapter(NodeAdapter):
    """Whether the guardrail is intact."""

    name = "guardrail"


class QuantiPhyAdapter(NodeAdapter):
    """Questions of physics."""

    name = "quantiphy"
    requires_gpu = True
    min_vram_gb = 4.0
    tier = "heavy"


class EmbodiedValidationAdapter(NodeAdapter):
    """A continual learner."""

    name = "embodied_validation"
    requires_gpu = True
    min_vram_gb = 2.0
    tier = "heavy"


class QwenEncoderAdapter(NodeAdapter):
    """The throughput of an encoder."""

    name = "qwen_encoder"
    requires_gpu = True
    min_vram_gb = 2.0
    tier = "heavy"


class DynamicBenchmarkAdapter(DynamicBenchmark, NodeAdapter):
    """A benchmark from a git repository, which the node installs and runs in a sandbox."""

    def install(self) -> bool:
        """Installs it on the node. Whether that worked: the node must allow the URL ([dynamic] allowed)."""

        def installed() -> bool:
            return bool(self.install_on(_place().client)["state"] == "installed")

        return attempt("install", installed, lambda _: False)


_BUILTIN = (
    ModelRegistryAdapter,
    WorldModelAdapter,
    RegressionAdapter,
    GuardrailAdapter,
    QuantiPhyAdapter,
    EmbodiedValidationAdapter,
    QwenEncoderAdapter,
)


class BenchmarkRegistry:
    """The node's adapters and those of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._adapters: Dict[str, Any] = {}
        self._latest_results: Dict[str, Json] = {}
        self._register_builtins()
        if _settings.mirrors():
            attempt("make_folder", lambda: os.makedirs(BENCHMARK_DIR, exist_ok=True), lambda _: None)

    def _register_builtins(self) -> None:
        for adapter in _BUILTIN:
            self._adapters[adapter.name] = adapter()

    def register_benchmark(self, adapter: Any, persistent: bool = False) -> None:
        """Registers an adapter of this process; one of the same name is replaced.

        persistent: registers it with the node instead, which then runs it by itself, in a process of its own. That
            needs the operator's role, and a class or function of a module: ValueError for an object with state.
        """
        if persistent:
            place = _place()
            return attempt("register_benchmark", lambda: _register(place, adapter), lambda _: None)
        with self._lock:
            self._adapters[adapter.name] = adapter

    def discover_and_install(
        self,
        repo_url: str,
        name: str,
        requires_gpu: bool = False,
        min_vram_gb: float = 0.0,
        run_command: str = "",
        metrics_file: str = "",
        commit: str = "",
    ) -> bool:
        """Installs a benchmark from a git repository on the node, whose captures run it from then on. Whether that
        worked; `hivemark.hartos.errors()` and the log say what did not. `Client.discover_and_install` tells more."""
        adapter = DynamicBenchmarkAdapter(name, repo_url, requires_gpu, min_vram_gb, run_command, metrics_file, commit)
        if not adapter.install():
            return False
        self.register_benchmark(adapter)
        return True

    def capture_snapshot(self, version: str, git_sha: str = "", tier: str = "fast") -> Json:
        """Measures and stores a snapshot of a version: {version, git_sha, timestamp, tier, benchmarks}.

        tier: fast, heavy or all. A crash of one adapter costs its own result alone. When the node cannot store it,
        `benchmarks` is empty and `error` says why.
        """

        def failed(error: BaseException) -> Json:
            return {"version": version, "git_sha": git_sha, "tier": tier, "benchmarks": {}, "error": f"hivemark: {error}"}

        return attempt("capture_snapshot", lambda: self._capture(version, git_sha, tier), failed)

    def _capture(self, version: str, git_sha: str, tier: str) -> Json:
        place = _place()
        with self._lock:
            adapters = list(self._adapters.values())
        own = [each for each in adapters if not isinstance(each, NodeAdapter) and tier in ("all", each.tier)]
        measurements = measure(own, timeout_s=_ADAPTER_TIMEOUT_S)
        taken = place.client.capture_snapshot(
            str(version),
            git_sha=git_sha or None,
            tier=tier,
            # A registry without the node's adapters, as tests make it, measures none of them.
            adapters=None if _has_node_adapters(adapters) else [],
            measurements=measurements,
        )
        snapshot = snapshot_to_hartos(taken)
        with self._lock:
            self._latest_results.update(
                {name: result for name, result in snapshot["benchmarks"].items() if result.get("metrics")}
            )
        _mirror.write_snapshot(place, snapshot)
        return snapshot

    def is_upgrade_safe(self, old_version: str, new_version: str) -> Tuple[bool, str]:
        """(whether the new version may replace the old one, why), by HART OS's threshold. Without an answer of the node
        it may not, unless HIVEMARK_FAIL_OPEN is set."""

        def unknown(error: BaseException) -> Tuple[bool, str]:
            reason = f"hivemark: {error}" if isinstance(error, NodeError) else "hivemark unreachable"
            return _settings.fails_open(), reason

        return attempt("is_upgrade_safe", lambda: _check(_place(), str(old_version), str(new_version)), unknown)

    def previous_version(self, version: str) -> Optional[str]:
        """The newest other version by the order of versions (v10 after v9) with a snapshot; None without one."""

        def previous() -> Optional[str]:
            place = _place()
            _mirror.import_snapshots(place)
            try:
                return str(place.client.previous_version(str(version))["version"])
            except NodeError as error:
                if error.code != "no_data" and not is_missing(error):
                    raise
                return None

        return attempt("previous_version", previous, lambda _: None)

    def get_latest_results(self) -> Dict[str, Json]:
        """{adapter: {metrics: {name: {value, direction, unit}}}}: the newest results."""
        with self._lock:
            own = dict(self._latest_results)
        return attempt("get_latest_results", lambda: {**own, **_latest(_place())}, lambda _: own)

    def list_benchmarks(self) -> List[Json]:
        """[{name, source, tier, requires_gpu, available}] of all adapters."""
        with self._lock:
            adapters = dict(self._adapters)
        by_name = attempt("list_benchmarks", _on_node, _unknown)
        out = [_line(name, adapter, by_name.get(name)) for name, adapter in adapters.items()]
        if _has_node_adapters(list(adapters.values())):
            out += [_line(name, None, each) for name, each in by_name.items() if name not in adapters]
        return out


def _place() -> Place:
    return place_of(BENCHMARK_DIR, _DEFAULT_DIR)


def _on_node() -> Dict[str, Json]:
    """The node's adapters by name."""
    return {each["name"]: each for each in _place().client.list_benchmarks()["benchmarks"]}


def _unknown(_: BaseException) -> Dict[str, Json]:
    return {}


def _has_node_adapters(adapters: List[Any]) -> bool:
    return any(isinstance(each, NodeAdapter) for each in adapters)


def _register(place: Place, adapter: Any) -> None:
    place.client.register_adapter(adapter, replace=True)


def _line(name: str, adapter: Any, on_node: Optional[Mapping[str, Any]]) -> Json:
    if on_node is not None and (adapter is None or isinstance(adapter, NodeAdapter)):
        return {field: on_node.get(field, False) for field in ("name", "source", "tier", "requires_gpu", "available")}
    return {
        "name": name,
        "source": getattr(adapter, "source", "builtin"),
        "tier": getattr(adapter, "tier", "fast"),
        "requires_gpu": bool(getattr(adapter, "requires_gpu", False)),
        "available": not isinstance(adapter, NodeAdapter) and bool(adapter.is_available()),
    }


def _check(place: Place, old: str, new: str) -> Tuple[bool, str]:
    _mirror.import_snapshots(place)
    verdict = place.client.check_upgrade(old, new, policy="threshold", order="snapshot")
    if verdict["regressions"]:
        lines = [
            f"{each['adapter']}.{metric_name(each['adapter'], each['metric'])}: {each['old']:.3f} → {each['new']:.3f} (regression)"
            for each in verdict["regressions"]
        ]
        return False, "Regressions: " + "; ".join(lines)
    compared = verdict["safe"] and verdict["reason"] != "no baseline to compare"
    return bool(verdict["safe"]), "all metrics pass" if compared else str(verdict["reason"])


def _latest(place: Place) -> Dict[str, Json]:
    out: Dict[str, Json] = {}
    for name, point in place.client.latest_results().get("results", {}).items():
        adapter, _, metric = name.partition(".")
        metrics = out.setdefault(adapter, {"metrics": {}})["metrics"]
        metrics.update(metric_to_hartos(adapter, metric, point))
    return out


# -- one registry per process -----------------------------------------------------------------------------------------

_registry: Optional[BenchmarkRegistry] = None
_registry_lock = threading.Lock()


def get_benchmark_registry() -> BenchmarkRegistry:
    """The process's registry."""
    global _registry
    with _registry_lock:
        if _registry is None:
            _registry = BenchmarkRegistry()
        return _registry
