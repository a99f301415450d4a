"""What becomes of errors: HART OS's functions never raise because of their bookkeeping."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import Callable, Dict, Iterator, Tuple, Type, TypeVar

from ..errors import HivemarkError, NodeError, Unreachable
from . import _settings

T = TypeVar("T")

log = logging.getLogger("hivemark")

# What a node, the way to it and the folders beside it can do wrong.
FAULTS: Tuple[Type[BaseException], ...] = (HivemarkError, OSError)
# A node that is away must not fill the log: one line per kind in this time.
_LOG_EVERY_S = 60.0
# A failure that comes this soon is a connection that the node closed, not a node that is slow.
_SOON_S = 1.0
_BUSY = (429, 502, 503, 504)

_lock = threading.Lock()
_counts: Dict[str, int] = {}
_told: Dict[str, float] = {}
_within = threading.local()


def errors() -> Dict[str, int]:
    """How many calls did not do what they should since the process started, by what they were."""
    with _lock:
        return dict(_counts)


def attempt(
    kind: str,
    work: Callable[[], T],
    otherwise: Callable[[BaseException], T],
    catches: Tuple[Type[BaseException], ...] = FAULTS,
) -> T:
    """The result of `work`; when it fails, what HIVEMARK_ERRORS says: raised, or counted and `otherwise`'s answer. One
    that is called within another leaves the error to that one."""
    if getattr(_within, "attempt", False):
        return work()
    mode = _settings.error_mode()
    try:
        with propagating():
            return work()
    except catches as error:
        if mode == "raise":
            raise
        note(kind, error)
        return otherwise(error)


@contextlib.contextmanager
def propagating() -> Iterator[None]:
    """Within it, `attempt` raises."""
    before = getattr(_within, "attempt", False)
    _within.attempt = True
    try:
        yield
    finally:
        _within.attempt = before


def note(kind: str, error: object) -> None:
    """Counts an error, and logs it once per kind and minute."""
    now = time.monotonic()
    with _lock:
        _counts[kind] = count = _counts.get(kind, 0) + 1
        tells = now - _told.get(kind, -_LOG_EVERY_S) >= _LOG_EVERY_S
        if tells:
            _told[kind] = now
    if tells and _settings.error_mode() != "quiet":
        log.warning("%s failed (%d times so far): %s", kind, count, error)


def is_missing(error: NodeError) -> bool:
    """Whether the node says that there is no such thing, rather than that it has no such route: an older node must not
    look like one without baselines."""
    return error.code == "not_found" and not error.detail.startswith("there is nothing at ")


def may_pass(error: BaseException) -> bool:
    """Whether the same question may be answered in a while."""
    return isinstance(error, Unreachable) or isinstance(error, NodeError) and error.status in _BUSY


def again(work: Callable[[], T]) -> T:
    """The result of `work`, which may be done twice because it has an idempotency key: a node that has restarted has
    closed the connection that the first attempt finds."""
    began = time.monotonic()
    try:
        return work()
    except Unreachable:
        if time.monotonic() - began > _SOON_S:
            raise
        return work()
