"""Baselines and snapshots in HART OS's form and in the node's."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from typing import Any, Dict, List, Mapping, Optional, Union

Json = Dict[str, Any]
Flow = Union[int, str]

# The last moment that a node can write.
_LAST_S = 253402300799
_SECTIONS = ("recipe_metrics", "lightning_metrics", "benchmark_metrics", "trust_evolution_metrics", "metadata")
# What HART OS calls metrics of two adapters that both have.
_METRIC_NAMES = {
    ("regression", "test_pass_rate"): "pass_rate",
    ("regression", "test_fail_count"): "fail_count",
    ("guardrail", "guardrail_integrity"): "integrity_verified",
}
_NODE_NAMES = {(adapter, theirs): ours for (adapter, ours), theirs in _METRIC_NAMES.items()}
# The second name under which HART OS has the same metric.
_SAME_IN_HARTOS = {("guardrail", "hash_match")}
_METRIC_FIELDS = (
    "unit", "samples", "scope", "kind", "gate", "advisory", "margin", "absolute_margin", "floor", "resolution",
    "same_environment",
)


class Held(Dict[str, Any]):
    """Figures that the node computed and has: a capture need not send them."""


def to_epoch(text: Any) -> Optional[float]:
    """Seconds since 1970 of a node's time; None without one."""
    if not isinstance(text, str) or not text:
        return None
    whole, _, fraction = text.rstrip("Z").partition(".")
    seconds = datetime.fromisoformat(whole).replace(tzinfo=timezone.utc).timestamp()
    return seconds + (float("0." + fraction) if fraction else 0.0)


def to_time(seconds: Any) -> Optional[str]:
    """The node's form of a time in seconds since 1970; None for what is none."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        return None
    if not 0 < seconds <= _LAST_S:  # false for NaN as well
        return None
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat()


def to_flow(text: str) -> Flow:
    """HART OS counts flows."""
    return int(text) if text.isdecimal() else text


# -- baselines --------------------------------------------------------------------------------------------------------


def baseline_to_hartos(baseline: Mapping[str, Any]) -> Json:
    """A node's baseline as HART OS keeps it. What only the node has follows under its names, which HART OS ignores, so
    that a file of it loses nothing."""
    out: Json = {
        "version": baseline["version"],
        "prompt_id": baseline["prompt_id"],
        "flow_id": to_flow(baseline["flow_id"]),
        "trigger": baseline.get("trigger", ""),
        "timestamp": to_epoch(baseline.get("timestamp")),
    }
    rest = {name: value for name, value in baseline.items() if name not in out and name != "trust_evolution"}
    for name in _SECTIONS:
        out[name] = rest.pop(name, {})
    out["benchmark_metrics"] = {name: _with_aliases(name, figures) for name, figures in out["benchmark_metrics"].items()}
    out["trust_evolution_metrics"] = baseline.get("trust_evolution", {})
    return {**out, **rest}


def baseline_from_hartos(document: Mapping[str, Any]) -> Json:
    """The same in the other direction, whatever is missing. Figures that are not finite become null."""
    out = {name: _finite(value) for name, value in document.items() if value is not None}
    for name in ("version", "prompt_id", "flow_id", "timestamp"):
        out.pop(name, None)
    time = to_time(document.get("timestamp"))
    if time is not None:
        out["timestamp"] = time
    for name in _SECTIONS:
        if not isinstance(out.get(name), dict) or not out[name]:  # HART OS writes {} for a section without figures
            out.pop(name, None)
    if "benchmark_metrics" in out:
        figures = figures_of(out["benchmark_metrics"])
        out["benchmark_metrics"] = {name: _without_aliases(name, each) for name, each in figures.items()}
    return out


def _with_aliases(adapter: str, figures: Mapping[str, Any]) -> Json:
    """A metric that HART OS calls otherwise is there under both names."""
    theirs = {new: figures[old] for (of, old), new in _METRIC_NAMES.items() if of == adapter and old in figures}
    return {**theirs, **figures}


def _without_aliases(adapter: str, figures: Dict[str, Optional[float]]) -> Dict[str, Optional[float]]:
    """It counts once."""
    doubled = {new for (of, old), new in _METRIC_NAMES.items() if of == adapter and old in figures}
    return {name: value for name, value in figures.items() if name not in doubled}


def figures_of(benchmarks: Mapping[str, Any]) -> Dict[str, Dict[str, Optional[float]]]:
    """{adapter: {metric: number}}, without what is no number."""
    out: Dict[str, Dict[str, Optional[float]]] = {}
    for adapter, metrics in benchmarks.items():
        if not isinstance(metrics, Mapping):
            continue
        figures = {str(name): _number(value) for name, value in metrics.items()}
        out[str(adapter)] = {name: value for name, value in figures.items() if value is not None}
    return out


# -- snapshots --------------------------------------------------------------------------------------------------------


def snapshot_to_hartos(snapshot: Mapping[str, Any]) -> Json:
    """A node's snapshot in HART OS's nested form."""
    out: Json = {
        "version": snapshot["version"],
        "git_sha": snapshot.get("git_sha", ""),
        "timestamp": to_epoch(snapshot.get("captured_at")),
        "tier": snapshot.get("tier", "fast"),
        "benchmarks": {},
    }
    for name in ("node", "environment"):
        if name in snapshot:
            out[name] = snapshot[name]
    results: Dict[str, Json] = out["benchmarks"]
    for name, outcome in snapshot.get("adapters", {}).items():
        results[name] = _outcome(outcome)
    for name, metric in snapshot.get("metrics", {}).items():
        adapter = metric.get("adapter") or "unnamed"
        metrics = results.setdefault(adapter, {}).setdefault("metrics", {})
        metrics.update(metric_to_hartos(adapter, name, metric))
    return out


def metric_to_hartos(adapter: str, name: str, metric: Mapping[str, Any]) -> Json:
    """{name: metric} under HART OS's name, or under both that it has. Empty for a metric without a value."""
    if metric.get("value") is None:
        return {}
    bare = metric_name(adapter, name)
    value = {key: each for key, each in metric.items() if key != "adapter" and each not in (None, [])}
    value.setdefault("unit", "")
    out = {bare: value}
    if adapter == "guardrail" and bare == "integrity_verified":
        out["hash_match"] = dict(value)
    return out


def metric_name(adapter: str, name: str) -> str:
    """What HART OS calls a metric."""
    bare = name[len(adapter) + 1 :] if name.startswith(adapter + ".") else name
    return _METRIC_NAMES.get((adapter, bare), bare)


def snapshot_from_hartos(document: Mapping[str, Any], version: str) -> Json:
    """The same in the other direction. Metrics without a number are left out."""
    out: Json = {"version": version, "benchmarks": {}}
    if isinstance(document.get("git_sha"), str) and document["git_sha"]:
        out["git_sha"] = document["git_sha"]
    time = to_time(document.get("timestamp"))
    if time is not None:
        out["captured_at"] = time
    if document.get("tier") in ("fast", "heavy", "all"):
        out["tier"] = document["tier"]
    benchmarks = document.get("benchmarks")
    for adapter, result in (benchmarks if isinstance(benchmarks, Mapping) else {}).items():
        if isinstance(result, Mapping):
            out["benchmarks"][str(adapter)] = _result_from_hartos(str(adapter), result)
    return out


def _result_from_hartos(adapter: str, result: Mapping[str, Any]) -> Json:
    out: Json = {}
    if result.get("skipped"):
        reason = result.get("reason") or (result["skipped"] if isinstance(result["skipped"], str) else "")
        out["skipped"] = True
        out["reason"] = str(reason)[:1000]
    if result.get("error"):
        out["error"] = str(result["error"])[:1000]
    metrics = result.get("metrics")
    if isinstance(metrics, Mapping):
        out["metrics"] = {}
        for name, metric in metrics.items():
            value = _number(metric)
            if value is None or (adapter, name) in _SAME_IN_HARTOS and "integrity_verified" in metrics:
                continue
            out["metrics"][_NODE_NAMES.get((adapter, str(name)), str(name))] = _metric_from_hartos(metric, value)
    return out


def _metric_from_hartos(metric: Mapping[str, Any], value: float) -> Json:
    return {
        "value": value,
        "direction": "lower" if metric.get("direction") == "lower" else "higher",
        **{name: metric[name] for name in _METRIC_FIELDS if metric.get(name) is not None},
    }


def _outcome(outcome: Mapping[str, Any]) -> Json:
    status = outcome.get("status")
    if status == "skipped":
        return {"skipped": True, "reason": outcome.get("reason", "")}
    if status == "error":
        return {"error": outcome.get("reason") or "failed", "metrics": {}}
    return {"metrics": {}}


# -- numbers ----------------------------------------------------------------------------------------------------------


def _number(value: Any) -> Optional[float]:
    """The number that this is, or that a metric holds."""
    if isinstance(value, Mapping):
        value = value.get("value")
    if isinstance(value, bool):
        return float(value)
    if not hasattr(value, "__float__"):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): _finite(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        items: List[Any] = [_finite(each) for each in value]
        return items
    return value
