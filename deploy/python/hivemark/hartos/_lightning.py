"""Figures of the spans that HART OS's tracer records."""

from __future__ import annotations

import importlib
import logging
from typing import Any, Dict, List, Mapping, Sequence

log = logging.getLogger("hivemark")

# The newest spans that count.
WINDOW = 100
# Rewards below which there is no trend.
_LEAST_FOR_TREND = 10
# HART OS's package, or this one's where there is none.
_PACKAGES = ("integrations.agent_lightning", "hivemark.hartos.integrations.agent_lightning")


def lightning_metrics(agent_id: str) -> Dict[str, Any]:
    """Aggregates over the agent's newest 100 successful spans, or over the newest 100 of any status when none
    succeeded. {} without spans, or when Agent Lightning is off."""
    lightning = _package()
    if lightning is None or not lightning.is_enabled():
        return {}
    store = lightning.LightningStore(agent_id, backend="json")
    spans = store.list_spans(limit=WINDOW, status="success") or store.list_spans(limit=WINDOW)
    return aggregate(_oldest_first(spans)) if spans else {}


def aggregate(spans: Sequence[Mapping[str, Any]]) -> Dict[str, Any]:
    """The figures of spans, oldest first, as HART OS computes them. A duration that is missing or 0 is not averaged; a
    reward event without a reward counts as 0."""
    rewards = [reward for span in spans for reward in _rewards(span)]
    durations = [span["duration"] for span in spans if span.get("duration")]
    failed = sum(span.get("status") == "error" for span in spans)
    return {
        "avg_reward": round(_mean(rewards), 4),
        "total_reward": round(sum(rewards), 4),
        "reward_trend": trend(rewards),
        "execution_count": len(spans),
        "error_rate": round(failed / max(1, len(spans)), 3),
        "avg_duration_ms": round(_mean(durations) * 1000, 1),
    }


def trend(rewards: Sequence[float]) -> str:
    """Whether the mean of the second half is more than 10% above or below that of the first. For a negative first half,
    where HART OS's rule would call a fall a rise, the margin is 10% of its size."""
    if len(rewards) < _LEAST_FOR_TREND:
        return "stable"
    middle = len(rewards) // 2
    first, second = _mean(rewards[:middle]), _mean(rewards[middle:])
    better, worse = (first * 1.10, first * 0.90) if first >= 0 else (first * 0.90, first * 1.10)
    if second > better:
        return "improving"
    return "declining" if second < worse else "stable"


def _rewards(span: Mapping[str, Any]) -> List[float]:
    events = [event for event in span.get("events") or [] if event.get("type") == "reward"]
    return [(event.get("data") or {}).get("reward") or 0 for event in events]


def _oldest_first(spans: Sequence[Mapping[str, Any]]) -> List[Mapping[str, Any]]:
    """By their start; a store lists the newest first."""
    return sorted(reversed(spans), key=lambda span: span.get("start_time") or 0)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _package() -> Any:
    for name in _PACKAGES:
        try:
            return importlib.import_module(name)
        except ImportError as error:
            log.debug("No %s: %s", name, error)
    return None
