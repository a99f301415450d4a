"""Waiting until the hive has decided about an upgrade."""

from __future__ import annotations

import time
from typing import Any, Dict, Mapping, Optional

from .errors import HivemarkError, NodeError, Unreachable

Json = Dict[str, Any]

# Between looks: short at first, because a decision by stored snapshots comes within a second.
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0
# How long a node may be away, for example for its restart.
NODE_PATIENCE_S = 60.0
# What a node says while it starts, stops or has too much to do.
_PASSES = ("unavailable", "overloaded", "timed_out")


def is_approved(upgrade: Mapping[str, Any]) -> bool:
    """Whether a proposal, as `Client.get_upgrade` returns it, is approved: not rolled back since, and not contradicted."""
    return (
        upgrade.get("decision") == "approved"
        and upgrade.get("rollout") not in ("rolling back", "rolled back")
        and not upgrade.get("conflict")
    )


class UpgradeWait:
    """When to look again, and when the wait is over. Asks nobody: the two clients do that in their ways."""

    def __init__(self, through_rollout: bool, timeout: Optional[float]) -> None:
        self._through_rollout = through_rollout
        self._timeout = timeout
        self._began = self._last_answer = time.monotonic()
        self._pause_s = FIRST_PAUSE_S

    def is_over(self, upgrade: Json) -> bool:
        """Whether this is the end of the wait. Raises TimeoutError when its time is over instead."""
        self._last_answer = time.monotonic()
        if self._has_ended(upgrade):
            return True
        if self._timeout is not None and self._last_answer - self._began >= self._timeout:
            reason = upgrade.get("reason")
            raise TimeoutError(f"upgrade {upgrade['id']} is still {upgrade['decision']}" + (f": {reason}" if reason else ""))
        return False

    def bear(self, error: HivemarkError) -> None:
        """Raises the error again unless it may pass."""
        passes = isinstance(error, Unreachable) or (isinstance(error, NodeError) and error.code in _PASSES)
        now = time.monotonic()
        is_late = self._timeout is not None and now - self._began >= self._timeout
        if not passes or is_late or now - self._last_answer > NODE_PATIENCE_S:
            raise error

    def pause_s(self) -> float:
        """How long to wait before the next look."""
        pause = self._pause_s
        self._pause_s = min(2 * pause, LONGEST_PAUSE_S)
        if self._timeout is None:
            return pause
        return max(0.0, min(pause, self._began + self._timeout - time.monotonic()))

    def _has_ended(self, upgrade: Json) -> bool:
        decision = upgrade["decision"]
        if upgrade.get("final") or upgrade.get("conflict") or decision in ("rejected", "aborted", "refused"):
            return True
        if decision == "approved":
            return not self._through_rollout
        return bool(decision == "held" and self._timeout is None)
