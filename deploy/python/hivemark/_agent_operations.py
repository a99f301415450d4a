"""The routes about agents, as `_operations.py` has the others."""
# mypy: disable-error-code=empty-body

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence

from ._operation import operation

Json = Dict[str, Any]
_AGENT = "/api/v1/agents/{prompt_id}/{flow_id}"

# -- agents and their inputs ------------------------------------------------------------------------------------------


@operation("GET", "/api/v1/agents")
def list_agents(
    *,
    limit: Optional[int] = None,
    after: Optional[str] = None,
    state: Optional[Sequence[str]] = None,
    figures: Optional[bool] = None,
) -> Json:
    """The known agents, those in some of the states "new", "healthy" and "regressed", or all: {agents, next}. With
    `figures`, each has those of its newest baselines."""
    ...


@operation("GET", _AGENT)
def get_agent(prompt_id: str, flow_id: str) -> Json:
    """An agent with its reference and anchor."""
    ...


@operation("PUT", _AGENT + "/recipe", body="recipe")
def put_recipe(prompt_id: str, flow_id: str, recipe: Mapping[str, Any]) -> Json:
    """Replaces an agent's recipe."""
    ...


@operation("DELETE", _AGENT + "/recipe")
def retire_recipe(prompt_id: str, flow_id: str) -> Json:
    """Retires an agent's recipe."""
    ...


@operation("PUT", _AGENT + "/trust", body="trust")
def put_trust(prompt_id: str, flow_id: str, trust: Mapping[str, Any]) -> Json:
    """Replaces an agent's trust figures."""
    ...


@operation("PUT", _AGENT + "/prompt")
def put_prompt(prompt_id: str, flow_id: str, *, sha256: Optional[str] = None, text: Optional[str] = None) -> Json:
    """Tells the hash of an agent's prompt, or the prompt itself, of which only the hash is kept."""
    ...


@operation("PUT", _AGENT + "/active")
def set_agent_active(prompt_id: str, flow_id: str, *, active: bool = True) -> Json:
    """Marks an agent as active, so that it is validated even while idle."""
    ...


@operation("POST", _AGENT + "/spans", body="spans")
def add_spans(prompt_id: str, flow_id: str, spans: Sequence[Mapping[str, Any]]) -> Json:
    """Adds execution spans of an agent, oldest first."""
    ...


@operation("POST", _AGENT + "/runs", query=("idempotency_key",), body="runs")
def add_runs(
    prompt_id: str, flow_id: str, runs: Sequence[Mapping[str, Any]], *, idempotency_key: Optional[str] = None
) -> Json:
    """Counts runs of an agent's actions, oldest first."""
    ...


@operation("DELETE", _AGENT + "/spans")
def clear_spans(prompt_id: str, flow_id: str) -> Json:
    """Removes an agent's spans."""
    ...


# -- baselines --------------------------------------------------------------------------------------------------------


@operation("POST", _AGENT + "/baselines")
def capture_baseline(
    prompt_id: str,
    flow_id: str,
    *,
    trigger: Optional[str] = None,
    user_id: Optional[str] = None,
    user_prompt: Optional[str] = None,
    git_sha: Optional[str] = None,
    code_hash: Optional[str] = None,
    prompt_hash: Optional[str] = None,
    model: Optional[str] = None,
    judge: Optional[str] = None,
    recipe_metrics: Optional[Mapping[str, Any]] = None,
    lightning_metrics: Optional[Mapping[str, Any]] = None,
    benchmark_metrics: Optional[Mapping[str, Any]] = None,
    trust_evolution: Optional[Mapping[str, Any]] = None,
    given: Optional[Sequence[str]] = None,
    idempotency_key: Optional[str] = None,
    reason: Optional[str] = None,
    structure_hash: Optional[str] = None,
) -> Json:
    """Captures the next baseline of an agent and returns it, or {skipped: why}."""
    ...


@operation("GET", _AGENT + "/baselines")
def list_baselines(prompt_id: str, flow_id: str, *, limit: Optional[int] = None, after: Optional[int] = None) -> Json:
    """The baselines of an agent, oldest first: {baselines, next}."""
    ...


@operation("GET", _AGENT + "/baselines/latest")
def latest_baseline(prompt_id: str, flow_id: str, *, n: Optional[int] = None) -> Json:
    """The newest baseline of an agent."""
    ...


@operation("GET", _AGENT + "/baselines/{n}")
def get_baseline(prompt_id: str, flow_id: str, n: int) -> Json:
    """One baseline of an agent."""
    ...


@operation("PUT", _AGENT + "/baselines/{n}", query=("append",), body="baseline")
def import_baseline(
    prompt_id: str, flow_id: str, n: int, baseline: Mapping[str, Any], *, append: Optional[bool] = None
) -> Json:
    """Stores a baseline that was captured elsewhere. append: under the next free number if this one is taken."""
    ...


# -- judgement --------------------------------------------------------------------------------------------------------


@operation("GET", _AGENT + "/compare")
def compare_baselines(prompt_id: str, flow_id: str, *, old: int, new: int) -> Json:
    """Compares two baselines of an agent."""
    ...


@operation("GET", _AGENT + "/trend")
def agent_trend(prompt_id: str, flow_id: str) -> Json:
    """The trend over an agent's baselines."""
    ...


@operation("GET", _AGENT + "/validate")
def validate_agent(prompt_id: str, flow_id: str, *, policy: Optional[str] = None) -> Json:
    """Whether an agent performs as its reference baseline promises. policy: "strict" (the node's default), "threshold"."""
    ...


@operation("POST", _AGENT + "/validate", query=("policy",))
def validate_figures(
    prompt_id: str,
    flow_id: str,
    *,
    policy: Optional[str] = None,
    recipe: Optional[Mapping[str, Any]] = None,
    recipe_metrics: Optional[Mapping[str, Any]] = None,
    benchmark_metrics: Optional[Mapping[str, Any]] = None,
    lightning_metrics: Optional[Mapping[str, Any]] = None,
    given: Optional[Sequence[str]] = None,
    against: Optional[int] = None,
) -> Json:
    """Whether an agent with these figures would perform so, or as the baseline `against`. Stores nothing."""
    ...


@operation("PUT", _AGENT + "/reference")
def pin_reference(prompt_id: str, flow_id: str, version: int, *, reason: Optional[str] = None) -> Json:
    """Pins the reference to a baseline."""
    ...


@operation("DELETE", _AGENT + "/reference")
def unpin_reference(prompt_id: str, flow_id: str) -> Json:
    """The newest baseline that may be the reference is the reference again."""
    ...


@operation("POST", _AGENT + "/accept")
def accept_agent(
    prompt_id: str, flow_id: str, *, reason: str, version: Optional[int] = None, user_id: Optional[str] = None
) -> Json:
    """Accepts a baseline, or the present state, as reference and anchor."""
    ...


@operation("GET", _AGENT + "/explain")
def explain_agent(prompt_id: str, flow_id: str) -> Json:
    """Why an agent is judged as it is, and how many more runs would settle it."""
    ...


@operation("POST", _AGENT + "/rebase")
def rebase_agent(prompt_id: str, flow_id: str, judge: str, items: Sequence[Mapping[str, Any]]) -> Json:
    """Makes rewards of a new judge comparable, by the same items scored by both."""
    ...


ALL: List[str] = [name for name, each in list(globals().items()) if hasattr(each, "operation_path")]
