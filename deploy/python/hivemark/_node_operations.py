"""The routes about the node itself: who asks, its backups and the metrics that it keeps; see `_operations.py`."""
# mypy: disable-error-code=empty-body

from __future__ import annotations

from typing import Any, Dict, List, Optional

from ._operation import operation

Json = Dict[str, Any]


@operation("GET", "/api/v1/whoami")
def who_am_i() -> Json:
    """What the node lets this client do: {role, token, open}."""
    ...


@operation("GET", "/api/v1/metrics")
def list_metrics(
    *,
    limit: Optional[int] = None,
    after: Optional[str] = None,
    moved: Optional[bool] = None,
    adapter: Optional[str] = None,
    days: Optional[int] = None,
) -> Json:
    """All metrics, those that moved first: {metrics, next, total, moved}.

    moved: only those that moved in the last `days` (30).
    """
    ...


@operation("GET", "/api/v1/metrics/{adapter}/{name}/history")
def metric_history(
    adapter: str,
    name: str,
    *,
    limit: Optional[int] = None,
    before: Optional[int] = None,
    after: Optional[int] = None,
    samples: Optional[bool] = None,
    points: Optional[int] = None,
    from_: Optional[str] = None,
    to: Optional[str] = None,
) -> Json:
    """The history of a metric: {direction, unit, points, changes, drift, current, analysed, next}.

    limit: most points; the newest of all, of those before a capture, or the oldest after one. `next` of the answer
        goes on in the same direction.
    samples: whether points have their samples.
    points: all of the history instead, or all between the times `from_` and `to` (ISO-8601): as points if there are no
        more than this, else as at most this many buckets.
    """
    ...


@operation("GET", "/api/v1/backups")
def list_backups(*, limit: Optional[int] = None) -> Json:
    """The backups in the directory that is configured: {backups, last_success, last_verified, …}."""
    ...


@operation("POST", "/api/v1/backups")
def make_backup(*, to: Optional[str] = None, rate_mib: Optional[int] = None) -> Json:
    """Makes a backup of the node's store, and answers when it is whole: {backup, directory, duration_s}.

    to: an absolute path on the node's machine; the directory that is configured when None.
    rate_mib: most MiB that are copied per second.
    """
    ...


@operation("GET", "/api/v1/tokens")
def list_tokens() -> Json:
    """The tokens that the node takes, without the tokens themselves: {tokens, file, started_at}. Needs role operate."""
    ...


@operation("GET", "/api/v1/audit")
def list_audit(*, limit: Optional[int] = None, before: Optional[int] = None, since: Optional[str] = None) -> Json:
    """Who operated the node, newest first: {records, next}. Needs role operate.

    before: `next` of the previous page.
    since: only records of this time (ISO-8601) or later.
    """
    ...


ALL: List[str] = [name for name, each in list(globals().items()) if hasattr(each, "operation_path")]
