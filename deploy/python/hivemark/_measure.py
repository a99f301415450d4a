"""Benchmark adapters written in Python: how they are run, and how their results become a node's.

An adapter is an object with a `name` and a method `run()`, as HART OS has it, or a function. `tier`, `requires_gpu`,
`min_vram_gb` and `is_available()` are read where they are there. `run` returns {"metrics": {name: {value, direction,
unit}}} or {"skipped": True, "reason": …}, or raises.
"""

from __future__ import annotations

import importlib
import inspect
import math
import os
import sys
import sysconfig
import threading
import time
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional

Result = Dict[str, Any]

# Fields of a metric that a node takes; adapters may have more.
_METRIC_FIELDS = (
    "unit", "samples", "scope", "kind", "gate", "advisory", "margin", "absolute_margin", "floor", "resolution",
    "same_environment",
)
# What a node keeps of an error or reason.
_MAX_TEXT = 4000


class CommandSpec(NamedTuple):
    """How a node runs an adapter as a command."""

    name: str
    command: List[str]
    tier: str
    requires_gpu: bool
    min_vram_gb: float
    environment: Dict[str, str]


def run_adapter(adapter: Any) -> Result:
    """Runs an adapter once: {metrics}, {skipped, reason} or {error}. Raises nothing that an adapter raises."""
    try:
        return ask_adapter(adapter)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # also SystemExit: an adapter does not decide about the process
        text = str(error)
        return {"error": (f"{type(error).__name__}: {text}" if text else type(error).__name__)[:_MAX_TEXT]}


def ask_adapter(adapter: Any) -> Result:
    """The same, and raises what the adapter raises."""
    available = getattr(adapter, "is_available", None)
    if available is not None and not available():
        return {"skipped": True, "reason": "not available"}
    return read_result(adapter.run() if hasattr(adapter, "run") else adapter())


def read_result(result: Any) -> Result:
    """What an adapter returned in the form that a node takes: {metrics}, {skipped, reason} or {error}."""
    if not isinstance(result, Mapping):
        return {"error": f"the adapter returned {type(result).__name__}, not a dict with metrics"}
    if result.get("skipped"):
        reason = result.get("reason") or (result["skipped"] if isinstance(result["skipped"], str) else "")
        return {"skipped": True, "reason": str(reason or "it gives no reason")[:_MAX_TEXT]}
    if result.get("error"):
        return {"error": str(result["error"])[:_MAX_TEXT]}
    metrics = result.get("metrics")
    if not isinstance(metrics, Mapping):
        return {"error": "the adapter returned neither metrics nor a reason to skip"}
    out: Dict[str, Any] = {}
    for name, metric in metrics.items():
        if not isinstance(metric, Mapping) or "value" not in metric:
            return {"error": f"the adapter's metric {name} is no dict with a value"[:_MAX_TEXT]}
        try:
            value = float(metric["value"])
        except (TypeError, ValueError):
            return {"error": f"the adapter's metric {name} has the value {metric['value']!r}"[:_MAX_TEXT]}
        if not math.isfinite(value):
            return {"error": f"the adapter's metric {name} is not finite"[:_MAX_TEXT]}
        out[str(name)] = {
            "value": value,
            "direction": str(metric.get("direction") or "higher"),
            **{field: metric[field] for field in _METRIC_FIELDS if metric.get(field) is not None},
        }
    return {"metrics": out}


def measure(adapters: Iterable[Any], *, timeout_s: float = 300.0) -> Dict[str, Result]:
    """Runs adapters of this process at the same time, each in a thread of its own: their results by name, for
    `capture_snapshot(…, measurements=…)`.

    One that raises, or is not done after `timeout_s`, costs its own result only. Its thread is left behind: Python
    cannot end it.
    """
    by_name: Dict[str, Any] = {}
    for adapter in adapters:
        if by_name.setdefault(name_of(adapter), adapter) is not adapter:
            raise ValueError(f"two adapters are named {name_of(adapter)}")
    running = {name: Run(adapter) for name, adapter in by_name.items()}
    deadline = time.monotonic() + timeout_s
    out = {}
    for name, adapter in by_name.items():
        result = running[name].wait(max(0.0, deadline - time.monotonic()))
        if result is None:
            result = {"error": f"did not answer within its {timeout_s:g} s"}
        out[name] = {**result, "tier": tier_of(adapter), "duration_s": running[name].duration_s()}
    return out


class Run:
    """One run of an adapter in a thread of its own, which does not keep the process from ending."""

    def __init__(self, adapter: Any) -> None:
        self._result: Optional[Result] = None
        self._began = time.monotonic()
        self._ended: Optional[float] = None
        self._thread = threading.Thread(
            target=self._run, args=(adapter,), name=f"hivemark-adapter-{name_of(adapter)}", daemon=True
        )
        self._thread.start()

    def wait(self, timeout_s: float) -> Optional[Result]:
        """The result; None when it is not there after `timeout_s`."""
        self._thread.join(timeout_s)
        return self._result

    def duration_s(self) -> float:
        return (self._ended or time.monotonic()) - self._began

    def _run(self, adapter: Any) -> None:
        result = run_adapter(adapter)
        self._ended = time.monotonic()
        self._result = result


def name_of(adapter: Any) -> str:
    """ValueError for an adapter without a name."""
    name = getattr(adapter, "name", None) or (adapter.__name__ if inspect.isroutine(adapter) else "")
    if not isinstance(name, str) or not name:
        raise ValueError(f"an adapter needs a name, {adapter!r} has none")
    return name


def tier_of(adapter: Any) -> str:
    return str(getattr(adapter, "tier", None) or "fast")


# -- adapters by their place ------------------------------------------------------------------------------------------


def load(place: str) -> Any:
    """The adapter at "package.module:name". A class is made an object. ValueError when there is none."""
    module_name, colon, path = place.partition(":")
    if not module_name or not colon or not path:
        raise ValueError(f"an adapter's place is written package.module:Class, not {place!r}")
    found: Any = importlib.import_module(module_name)
    for part in path.split("."):
        if not hasattr(found, part):
            raise ValueError(f"{module_name} has no {path}")
        found = getattr(found, part)
    adapter = found() if inspect.isclass(found) else found
    if not callable(getattr(adapter, "run", adapter)):
        raise ValueError(f"{place} is no adapter: it has no method run and is no function")
    return adapter


def place_of(adapter: Any) -> str:
    """Where another process finds the adapter: "package.module:name". ValueError when it cannot: for an object with
    state, and for what is no member of an importable module."""
    found = adapter if inspect.isclass(adapter) or inspect.isroutine(adapter) else type(adapter)
    if found is not adapter and _has_state(adapter):
        raise ValueError(
            f"the {found.__name__} has state, which another process cannot have: register its class, or run it in a Worker"
        )
    place = f"{found.__module__}:{found.__qualname__}"
    if found.__module__ == "__main__":
        raise ValueError(f"{found.__qualname__} is in the script that was started: move it to a module, or use a Worker")
    try:
        known = _member(sys.modules.get(found.__module__), found.__qualname__)
    except AttributeError:
        known = None
    if known is not found:
        raise ValueError(f"{place} is not found by that name: an adapter must be a member of its module")
    return place


def _member(module: Any, path: str) -> Any:
    for part in path.split("."):
        module = getattr(module, part)
    return module


def _has_state(adapter: Any) -> bool:
    slots = [slot for each in type(adapter).__mro__ for slot in getattr(each, "__slots__", ())]
    return bool(getattr(adapter, "__dict__", None)) or any(hasattr(adapter, slot) for slot in slots)


def describe_command(adapter: Any, name: Optional[str]) -> CommandSpec:
    """How a node runs this adapter as a command."""
    place = adapter if isinstance(adapter, str) else place_of(adapter)
    known = load(place) if isinstance(adapter, str) else adapter
    if name is None:
        name = name_of(known)
    path = search_path()
    return CommandSpec(
        name,
        [sys.executable, "-m", "hivemark.adapter", place],
        tier_of(known),
        bool(getattr(known, "requires_gpu", False)),
        float(getattr(known, "min_vram_gb", 0.0) or 0.0),
        {"PYTHONPATH": os.pathsep.join(path)} if path else {},
    )


def search_path() -> List[str]:
    """What this process finds modules in and another one of this interpreter would not, with absolute paths."""
    own = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    own += [path for path in sys.path if os.path.basename(path) in ("dist-packages", "site-packages")]
    out: List[str] = []
    for path in [*sys.path, os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]:
        absolute = os.path.abspath(path or os.getcwd())
        if os.path.isdir(absolute) and absolute not in out and not any(_is_in(absolute, each) for each in own):
            out.append(absolute)
    return out


def _is_in(path: str, directory: Optional[str]) -> bool:
    return bool(directory) and (path + os.sep).startswith(os.path.abspath(str(directory)) + os.sep)
