"""Agents' baselines, as HART OS's module of this name has them, kept by a node.

`BASELINE_DIR` and `PROMPTS_DIR` may be set to other folders at any time. The default folder stands for the node itself,
any other one for a namespace of its own.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
import uuid
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from ....errors import NodeError
from ... import _mirror, _settings
from ..._deltas import deltas_at
from ..._engine import code_hash, git_sha, trust_of
from ..._errors import again, attempt, is_missing, note
from ..._folder import Unusable, read_object
from ..._form import Flow, Held, Json, baseline_to_hartos, figures_of, to_epoch
from ..._host import of_hartos
from ..._lightning import lightning_metrics
from ..._places import Place, data_folder, place_of
from ..._queue import Job, captures
from . import benchmark_registry
from .benchmark_registry import BenchmarkAdapter

logger = logging.getLogger("hivemark")


def _find_prompts() -> str:
    try:
        return str(of_hartos("helper", "PROMPTS_DIR"))
    except Exception:  # whatever HART OS's largest module stumbles over
        return os.path.abspath("prompts")


PROMPTS_DIR = _find_prompts()
BASELINE_DIR = data_folder("baselines")
_DEFAULT_DIR = BASELINE_DIR

# A recipe_change within this time after a creation is part of it. The node knows that as well; here it is for callers
# that look at it, or change it.
_recent_snapshots: Dict[str, float] = {}
_recent_lock = threading.Lock()
_DEDUP_WINDOW_S = 60
_MAX_DEDUP_ENTRIES = 1000

_SAFE_ID_RE = re.compile(r"^[a-zA-Z0-9_-]+$")
_FLOW_RE = re.compile(r"^[a-zA-Z0-9][a-zA-Z0-9-]*$")


def _sanitize_id(value: Any) -> str:
    """The id without spaces around it. ValueError for one that is no name of a folder."""
    text = str(value).strip()
    if not _SAFE_ID_RE.match(text):
        raise ValueError(f"Invalid identifier: {text!r}")
    return text


class _Agent(NamedTuple):
    place: Place
    prompt: str
    flow: Flow

    @property
    def name(self) -> Tuple[str, str]:
        return self.prompt, str(self.flow)


def _agent(prompt_id: Any, flow_id: Any) -> _Agent:
    """ValueError for ids that name no agent."""
    return _Agent(current_place(), _sanitize_id(prompt_id), _flow(flow_id))


def current_place() -> Place:
    """What `BASELINE_DIR` stands for now."""
    return place_of(BASELINE_DIR, _DEFAULT_DIR)


def _flow(flow_id: Any) -> Flow:
    try:
        return int(flow_id)
    except (TypeError, ValueError, OverflowError):
        text = str(flow_id).strip()
    if not _FLOW_RE.match(text):
        raise ValueError(f"Invalid identifier: {text!r}")
    return text


class AgentBaselineService:
    """HART OS's functions of this name. They return what the node has durably, and write HART OS's files beside it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        if _settings.mirrors():
            attempt("make_folder", lambda: os.makedirs(BASELINE_DIR, exist_ok=True), lambda _: None)

    # -- captures -----------------------------------------------------------------------------------------------------

    @staticmethod
    def capture_snapshot(
        prompt_id: Any,
        flow_id: Any,
        trigger: str,
        user_id: str = "",
        user_prompt: str = "",
        *,
        idempotency_key: Optional[str] = None,
    ) -> Optional[Json]:
        """The agent's next baseline; None when it is skipped because creation and recipe_change came together, and when
        it failed.

        trigger: creation, recipe_change, prompt_change, intelligence_change, autoresearch_improvement or another word.
        user_id: whose trust is recorded.
        user_prompt: the session whose spans are recorded.
        idempotency_key: a capture with a key that the node knows is not repeated; one is made up when not given.
        """

        def capture() -> Optional[Json]:
            return _capture(_agent(prompt_id, flow_id), trigger, user_id, user_prompt, idempotency_key)

        # Also what a collector of the caller's raises: HART OS's captures never disturb an engine.
        return attempt("capture_snapshot", capture, lambda _: None, catches=(Exception,))

    # -- collectors, called through the class so that a patch of one counts -------------------------------------------

    @staticmethod
    def _collect_recipe_metrics(prompt_id: Any, flow_id: Any) -> Json:
        """The figures of the agent's recipe in `PROMPTS_DIR`, which the node reads and keeps; {} without one."""
        return attempt("recipe", lambda: _recipe_of(_agent(prompt_id, flow_id)), lambda _: {})

    @staticmethod
    def _collect_lightning_metrics(prompt_id: str, user_prompt: str) -> Json:
        """Aggregates over the newest spans of the session, or of the prompt; {} without spans or Agent Lightning."""
        try:
            return lightning_metrics(f"create_recipe_assistant_{user_prompt or prompt_id}")
        except Exception as error:  # HART OS's own package, which may stumble over anything
            note("lightning", error)
            return {}

    @staticmethod
    def _collect_benchmark_metrics() -> Dict[str, Dict[str, Any]]:
        """{adapter: {metric: value}} of the newest results."""
        results = benchmark_registry.get_benchmark_registry().get_latest_results()
        return {
            adapter: {
                name: metric.get("value", 0) if isinstance(metric, Mapping) else metric
                for name, metric in (result.get("metrics") or {}).items()
            }
            for adapter, result in results.items()
            if adapter != AgentBaselineAdapter.name  # figures about baselines do not belong into one
        }

    @staticmethod
    def _collect_trust_evolution_metrics(user_id: str) -> Json:
        """What HART OS's social database knows of the user; {} without one. The node then keeps what it has."""
        return trust_of(user_id) if user_id else {}

    @staticmethod
    def _build_metadata(trigger: str) -> Json:
        """The software under which the agent runs: this process's, not the node's."""
        out: Json = {"trigger": trigger}
        sha = git_sha()
        if sha:
            out["git_sha"] = sha
        digest = code_hash()
        if digest:
            out["code_hash"] = digest
        return out

    # -- questions ----------------------------------------------------------------------------------------------------

    @staticmethod
    def get_latest_snapshot(prompt_id: Any, flow_id: Any) -> Optional[Json]:
        """The newest baseline; None without one."""
        agent = _agent(prompt_id, flow_id)
        return attempt("get_latest_snapshot", lambda: _latest(agent), lambda _: None)

    @staticmethod
    def get_snapshot(prompt_id: Any, flow_id: Any, version: Any) -> Optional[Json]:
        """One baseline; None when there is none of that number."""
        agent = _agent(prompt_id, flow_id)
        try:
            number = int(version)
        except (TypeError, ValueError):
            return None
        return attempt("get_snapshot", lambda: _one(agent, number), lambda _: None)

    @staticmethod
    def list_snapshots(prompt_id: Any, flow_id: Any) -> List[Json]:
        """[{version, trigger, timestamp}], oldest first."""
        agent = _agent(prompt_id, flow_id)

        def listed() -> List[Json]:
            _mirror.import_baselines(*agent)
            return [
                {
                    "version": line["version"],
                    "trigger": line.get("trigger"),
                    "timestamp": to_epoch(line.get("timestamp")),
                }
                for line in _mirror.summaries(*agent)
            ]

        return attempt("list_snapshots", listed, lambda _: [])

    @staticmethod
    def compare_snapshots(prompt_id: Any, flow_id: Any, old_version: Any, new_version: Any) -> Json:
        """The differences between two baselines; {"error": …} when one is missing."""
        agent = _agent(prompt_id, flow_id)

        def compare() -> Json:
            _mirror.import_baselines(*agent)
            missing = {"error": "snapshot not found"}
            try:
                old, new = int(old_version), int(new_version)
            except (TypeError, ValueError):
                return missing
            if old < 1 or new < 1:
                return missing
            found = _or_none(lambda: agent.place.client.compare_baselines(*agent.name, old=old, new=new))
            return missing if found is None else found

        return attempt("compare_snapshots", compare, lambda error: {"error": f"hivemark: {error}"})

    @staticmethod
    def compute_trend(prompt_id: Any, flow_id: Any) -> Json:
        """{trend, reward_trend, duration_trend, snapshot_count}; {"trend": "error"} when the node cannot say."""
        agent = _agent(prompt_id, flow_id)

        def trend() -> Json:
            _mirror.import_baselines(*agent)
            return agent.place.client.agent_trend(*agent.name)

        return attempt("compute_trend", trend, lambda _: {"trend": "error"})

    @staticmethod
    def validate_against_baseline(prompt_id: Any, flow_id: Any) -> Json:
        """{passed, regressions, baseline_version}: the present figures against the reference, by HART OS's threshold.
        `missing` names figures that the reference has and the agent lacks now.

        Without an answer of the node it has not passed, and says so with `inconclusive`, unless HIVEMARK_FAIL_OPEN is
        set.
        """
        agent = _agent(prompt_id, flow_id)
        return attempt("validate_against_baseline", lambda: _validate(agent), _no_verdict)


# -- captures ---------------------------------------------------------------------------------------------------------


def _capture(agent: _Agent, trigger: str, user_id: str, user_prompt: str, key: Optional[str]) -> Optional[Json]:
    name = f"{agent.prompt}_{agent.flow}"
    if trigger == "recipe_change" and _was_created(name):
        logger.debug("%s was created a moment ago: recipe_change is part of that.", name)
        return None
    _mirror.import_baselines(*agent)
    body = _describe(agent, trigger, user_id, user_prompt)
    body["idempotency_key"] = key or uuid.uuid4().hex
    answer = again(lambda: agent.place.client.capture_baseline(*agent.name, **body))
    if "version" not in answer:
        logger.debug("No baseline of %s: %s", name, answer.get("skipped"))
        return None
    if trigger == "creation":
        _remember_creation(name)
    baseline = baseline_to_hartos(answer)
    _mirror.write_baseline(*agent, baseline)
    return baseline


def _describe(agent: _Agent, trigger: str, user_id: str, user_prompt: str) -> Json:
    """What a capture tells the node. Sections that the node has itself are left to it."""
    of = AgentBaselineService
    metadata = of._build_metadata(trigger)
    trust = of._collect_trust_evolution_metrics(user_id)
    sections: Dict[str, Json] = {
        "recipe_metrics": of._collect_recipe_metrics(agent.prompt, agent.flow),
        "lightning_metrics": of._collect_lightning_metrics(agent.prompt, user_prompt),
        "benchmark_metrics": figures_of(of._collect_benchmark_metrics()),
        **({"trust_evolution": trust} if trust else {}),
    }
    given = [section for section, figures in sections.items() if not isinstance(figures, Held)]
    body: Json = {"trigger": trigger, "given": given, **{each: sections[each] for each in given if sections[each]}}
    for field, value in (("user_id", user_id), ("user_prompt", user_prompt)):
        if value:
            body[field] = str(value)
    for field in ("git_sha", "code_hash", "prompt_hash", "model", "judge"):
        if metadata.get(field):
            body[field] = str(metadata[field])
    return body


def _was_created(name: str) -> bool:
    with _recent_lock:
        return time.time() - _recent_snapshots.get(name, 0) < _DEDUP_WINDOW_S


def _remember_creation(name: str) -> None:
    now = time.time()
    with _recent_lock:
        if len(_recent_snapshots) >= _MAX_DEDUP_ENTRIES:
            for old in [each for each, at in _recent_snapshots.items() if at < now - _DEDUP_WINDOW_S]:
                del _recent_snapshots[old]
        _recent_snapshots[name] = now


def _recipe_of(agent: _Agent) -> Json:
    path = os.path.join(PROMPTS_DIR, f"{agent.prompt}_{agent.flow}_recipe.json")
    try:
        recipe = read_object(path)
    except FileNotFoundError:
        return {}
    except Unusable as error:
        note("recipe", error)
        return {}
    stored = agent.place.client.put_recipe(*agent.name, recipe)["recipe"]
    for warning in stored.get("warnings", []):
        logger.info("%s: %s", path, warning)
    return Held(stored["metrics"])


# -- questions --------------------------------------------------------------------------------------------------------


def _or_none(ask: Any) -> Optional[Json]:
    try:
        found: Json = ask()
        return found
    except NodeError as error:
        if not is_missing(error):
            raise
        return None


def _latest(agent: _Agent) -> Optional[Json]:
    _mirror.import_baselines(*agent)
    found = _or_none(lambda: agent.place.client.latest_baseline(*agent.name))
    if found is None and _mirror.forget_agent(*agent):
        _mirror.import_baselines(*agent)
        found = _or_none(lambda: agent.place.client.latest_baseline(*agent.name))
    return None if found is None else baseline_to_hartos(found)


def _one(agent: _Agent, number: int) -> Optional[Json]:
    _mirror.import_baselines(*agent)
    if number < 1:
        return None
    found = _or_none(lambda: agent.place.client.get_baseline(*agent.name, number))
    return None if found is None else baseline_to_hartos(found)


def _validate(agent: _Agent) -> Json:
    _mirror.import_baselines(*agent)
    of = AgentBaselineService
    sections: Dict[str, Json] = {
        "recipe_metrics": of._collect_recipe_metrics(agent.prompt, agent.flow),
        "benchmark_metrics": figures_of(of._collect_benchmark_metrics()),
    }
    given = [section for section, figures in sections.items() if not isinstance(figures, Held)]
    body: Json = {"given": given, **{each: sections[each] for each in given if sections[each]}}
    found = agent.place.client.validate_figures(*agent.name, policy="threshold", **body)
    out: Json = {"passed": found["passed"], "regressions": [each["text"] for each in found["regressions"]]}
    if "baseline_version" in found:
        out["baseline_version"] = found["baseline_version"]
    else:
        out["reason"] = found.get("reason", "no baseline to compare")
    if found.get("missing"):
        out["missing"] = found["missing"]
    return out


def _no_verdict(error: BaseException) -> Json:
    reason = f"hivemark: {error}" if isinstance(error, NodeError) else "hivemark unreachable"
    return {"passed": _settings.fails_open(), "regressions": [], "reason": reason, "inconclusive": True}


# -- the adapter ------------------------------------------------------------------------------------------------------


class AgentBaselineAdapter(BenchmarkAdapter):
    """Reports how each agent's newest baseline differs from the one before it."""

    name = "agent_baselines"
    tier = "fast"

    def run(self, api_url: str = "", **kwargs: Any) -> Json:
        """{metrics: {agent_reward_delta, agent_success_rate_delta, agent_duration_improvement_pct}}; of many agents,
        those whose success rate or reward changed most for the worse."""
        return attempt("agent_baselines", lambda: {"metrics": deltas_at(current_place())}, _as_error)


def _as_error(error: BaseException) -> Json:
    return {"metrics": {}, "error": f"hivemark: {error}"}


def _avg_success_rate(per_action: Mapping[str, Any]) -> float:
    """The mean over the actions; 1 without any."""
    rates = [float(each.get("success_rate", 1.0)) for each in (per_action or {}).values() if isinstance(each, Mapping)]
    return sum(rates) / len(rates) if rates else 1.0


# -- one service per process ------------------------------------------------------------------------------------------

_service: Optional[AgentBaselineService] = None
_service_lock = threading.Lock()


def get_baseline_service() -> AgentBaselineService:
    """The process's service."""
    global _service
    with _service_lock:
        if _service is None:
            _service = AgentBaselineService()
        return _service


def capture_baseline_async(
    prompt_id: Any, flow_id: Any, trigger: str, user_id: str = "", user_prompt: str = ""
) -> None:
    """Captures in the background and never blocks. Captures are done in the order of the calls. One that the node
    could not answer is repeated until it has; the node counts it once. `hivemark.hartos.flush` waits for them."""
    key = uuid.uuid4().hex
    work = lambda: AgentBaselineService.capture_snapshot(  # noqa: E731
        prompt_id, flow_id, trigger, user_id, user_prompt, idempotency_key=key
    )
    try:
        captures.put(Job("capture_baseline_async", work))
    except RuntimeError as error:  # no thread can start: out of threads, or at the end of the interpreter
        note("capture_baseline_async", error)
