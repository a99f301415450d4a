"""The routes about GPUs and their leases, as `_operations.py` has the others. `Client.lease` does what belongs together."""
# mypy: disable-error-code=empty-body

from __future__ import annotations

from typing import Any, Dict, List, Optional

from ._operation import operation

Json = Dict[str, Any]


@operation("GET", "/api/v1/gpus")
def list_gpus() -> Json:
    """The node's GPUs, with what is free, leased and used: {gpus, queued, reason}."""
    ...


@operation("POST", "/api/v1/gpus/{uuid}/clear")
def clear_gpu(uuid: str) -> Json:
    """Ends a GPU's quarantine, although its memory was not seen free."""
    ...


@operation("GET", "/api/v1/gpus/leases")
def list_leases() -> Json:
    """The leases, then the requests that wait: {leases}."""
    ...


@operation("POST", "/api/v1/gpus/leases", query=("wait",))
def request_lease(
    vram_gb: float,
    *,
    holder: Optional[str] = None,
    ttl_s: Optional[float] = None,
    max_duration_s: Optional[float] = None,
    shared: Optional[bool] = None,
    priority: Optional[int] = None,
    devices: Optional[int] = None,
    key: Optional[str] = None,
    wait: Optional[bool] = None,
    timed: Optional[bool] = None,
    pid: Optional[int] = None,
    patience_s: float = 30.0,
) -> Json:
    """Asks for a lease, which is active, or queued when others come first. `Client.lease` waits, renews and gives back.

    key: a secret. The same request with the same key has the same lease, and its token.
    wait: False answers at once; otherwise the node waits for up to 30 s.
    patience_s: how much longer than the client's timeout the answer may take.
    """
    ...


@operation("GET", "/api/v1/gpus/leases/{id}")
def get_lease(id: str, *, token: Optional[str] = None) -> Json:
    """A lease, or a request that waits.

    token: of a request that waits, its key, which keeps it in the queue.
    """
    ...


@operation("GET", "/api/v1/gpus/leases/{id}/why")
def explain_lease(id: str) -> Json:
    """What a request waits for: {lease, position, explanation, expected_at, blockers}."""
    ...


@operation("POST", "/api/v1/gpus/leases/{id}/renew")
def renew_lease(id: str, token: str, *, ready: Optional[bool] = None, pid: Optional[int] = None) -> Json:
    """Extends a lease by its time to live.

    ready: its memory is loaded: the next shared lease of its GPU may start.
    pid: the process group that the node ends with the lease; HIVE_LEASE_TOKEN in its environment is the token.
    """
    ...


@operation("DELETE", "/api/v1/gpus/leases/{id}", secret=True)
def release_lease(
    id: str, *, token: Optional[str] = None, reason: Optional[str] = None, now: Optional[bool] = None
) -> Json:
    """Gives a lease back, or withdraws a request. Without its token it needs the operator's role, and revokes it.

    now: kills its processes without asking them first.
    """
    ...


@operation("GET", "/api/v1/gpus/history")
def lease_history(
    *, limit: Optional[int] = None, after: Optional[str] = None, holder: Optional[str] = None
) -> Json:
    """Leases that have ended, newest first: {leases, next}."""
    ...


ALL: List[str] = [name for name, each in list(globals().items()) if hasattr(each, "operation_path")]
