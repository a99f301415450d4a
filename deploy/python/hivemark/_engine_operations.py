"""The routes about AutoResearch and what engines spawn, as `_operations.py` has the others."""
# mypy: disable-error-code=empty-body

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence

from ._operation import operation

Json = Dict[str, Any]

# -- AutoResearch -----------------------------------------------------------------------------------------------------


@operation("POST", "/api/v1/autoresearch")
def begin_research(
    topic: str,
    *,
    id: Optional[str] = None,
    tool_name: Optional[str] = None,
    model_name: Optional[str] = None,
    user_id: Optional[str] = None,
    metric: Optional[str] = None,
    direction: Optional[str] = None,
    initial_value: Optional[float] = None,
    prompt_id: Optional[str] = None,
    flow_id: Optional[str] = None,
    policy: Optional[str] = None,
) -> Json:
    """Begins an AutoResearch session. With `prompt_id` and `flow_id`, captures that agent's baseline.

    policy: "strict" (the node's default), "threshold": how the agent is validated before an improvement counts."""
    ...


@operation("GET", "/api/v1/autoresearch")
def list_research(*, limit: Optional[int] = None, after: Optional[str] = None) -> Json:
    """AutoResearch sessions."""
    ...


@operation("GET", "/api/v1/autoresearch/{id}")
def get_research(id: str) -> Json:
    """An AutoResearch session."""
    ...


@operation("POST", "/api/v1/autoresearch/{id}/iterations")
def record_iteration(
    id: str,
    outcome: str,
    duration_s: float,
    *,
    hypothesis: Optional[str] = None,
    value: Optional[float] = None,
    tool_name: Optional[str] = None,
    model_name: Optional[str] = None,
    idempotency_key: Optional[str] = None,
    number: Optional[int] = None,
    ended_at: Optional[str] = None,
) -> Json:
    """Records an experiment, whatever its result."""
    ...


@operation("POST", "/api/v1/autoresearch/{id}/improvements")
def record_improvement(
    id: str,
    value: float,
    *,
    git_sha: Optional[str] = None,
    description: Optional[str] = None,
    idempotency_key: Optional[str] = None,
    number: Optional[int] = None,
    iteration: Optional[int] = None,
    kept_at: Optional[str] = None,
    baseline: Optional[Mapping[str, Any]] = None,
) -> Json:
    """Records an experiment whose change is to be kept.

    If the session names an agent, the answer has a `baseline`: revert the change unless that has `passed`."""
    ...


@operation("POST", "/api/v1/autoresearch/{id}/finish")
def finish_research(id: str, *, summary: Optional[str] = None) -> Json:
    """Ends a session and publishes what the node learned."""
    ...


@operation("GET", "/api/v1/autoresearch/{id}/context")
def research_context(id: str) -> Json:
    """What the next hypothesis can build on."""
    ...


# -- spawning ---------------------------------------------------------------------------------------------------------


@operation("POST", "/api/v1/spawned")
def start_spawned(
    *,
    command: Optional[Mapping[str, Any]] = None,
    session: Optional[Mapping[str, Any]] = None,
    place: Optional[Mapping[str, Any]] = None,
    stay: Optional[bool] = None,
    engine: Optional[str] = None,
) -> Json:
    """Spawns on a node of the hive. `Client.spawn` also keeps it alive."""
    ...


@operation("GET", "/api/v1/spawned")
def get_all_spawned() -> Json:
    """What engines have spawned over the HTTP of this node: {spawned}."""
    ...


@operation("GET", "/api/v1/spawned/{id}")
def get_spawned(id: str) -> Json:
    """Something that was spawned."""
    ...


@operation("POST", "/api/v1/spawned/{id}/keepalive")
def keep_spawned(id: str, *, also: Optional[Sequence[str]] = None) -> Json:
    """Keeps alive what an engine has spawned."""
    ...


@operation("GET", "/api/v1/spawned/{id}/result", patience="wait")
def spawned_result(id: str, *, wait: float = 0.0) -> Json:
    """The result, once there is one: {spawned, measurement, report}."""
    ...


@operation("POST", "/api/v1/spawned/{id}/iterations")
def record_spawned_iteration(
    id: str,
    outcome: str,
    duration_s: float,
    *,
    hypothesis: Optional[str] = None,
    value: Optional[float] = None,
    tool_name: Optional[str] = None,
    model_name: Optional[str] = None,
    idempotency_key: Optional[str] = None,
    number: Optional[int] = None,
    ended_at: Optional[str] = None,
) -> Json:
    """Records an experiment of a spawned session, wherever it lives."""
    ...


@operation("POST", "/api/v1/spawned/{id}/improvements")
def record_spawned_improvement(
    id: str,
    value: float,
    *,
    git_sha: Optional[str] = None,
    description: Optional[str] = None,
    idempotency_key: Optional[str] = None,
    number: Optional[int] = None,
    iteration: Optional[int] = None,
    kept_at: Optional[str] = None,
    baseline: Optional[Mapping[str, Any]] = None,
) -> Json:
    """Records an improvement of a spawned session."""
    ...


@operation("POST", "/api/v1/spawned/{id}/finish")
def finish_spawned(id: str, *, summary: Optional[str] = None) -> Json:
    """Finishes a spawned session; its report is the result."""
    ...


@operation("DELETE", "/api/v1/spawned/{id}")
def end_spawned(id: str) -> Json:
    """Ends and forgets something that was spawned."""
    ...


@operation("GET", "/api/v1/engines")
def get_engines() -> Json:
    """The engines, and what they spawned where: {engines}."""
    ...


ALL: List[str] = [name for name, each in list(globals().items()) if hasattr(each, "operation_path")]
