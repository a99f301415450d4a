"""HART OS's Agent Lightning, as far as baselines need it, for programs that are no HART OS."""

from __future__ import annotations

import os

from .store import LightningStore

__all__ = ["LightningStore", "is_enabled"]


def is_enabled() -> bool:
    """Whether spans count: AGENT_LIGHTNING_ENABLED is "true"."""
    return os.environ.get("AGENT_LIGHTNING_ENABLED", "false").lower() == "true"
