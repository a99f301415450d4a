"""How agents' newest baselines differ from the ones before them."""

from __future__ import annotations

from typing import Any, List, Mapping, Tuple

from . import _mirror
from ._form import Json
from ._places import Place

# Agents of which there are metrics: a federation carries each of them to every node.
_MAX_REPORTED = 100
# Suffix, unit and decimals of each metric.
_DELTAS = (
    ("reward_delta", "score", 4),
    ("success_rate_delta", "ratio", 4),
    ("duration_improvement_pct", "%", 2),
)


def deltas_at(place: Place) -> Json:
    """Metrics by agent; of many agents, those that changed most for the worse."""
    _mirror.import_agents(place)
    deltas = {}
    after = None
    while True:
        page = place.client.list_agents(limit=1000, after=after)
        for agent in page["agents"]:
            pair = _newest_two(place, agent) if agent["latest"] >= 2 else []
            if len(pair) == 2:
                deltas[f"{agent['prompt_id']}_{agent['flow_id']}"] = _delta(*pair)
        after = page.get("next")
        if not after:
            break
    worst = sorted(deltas, key=lambda name: min(deltas[name][0], deltas[name][1]))[:_MAX_REPORTED]
    out: Json = {}
    for name in worst:
        for (suffix, unit, digits), value in zip(_DELTAS, deltas[name]):
            out[f"{name}_{suffix}"] = {"value": round(value, digits), "direction": "higher", "unit": unit}
    return out


def _newest_two(place: Place, agent: Mapping[str, Any]) -> List[Json]:
    name = agent["prompt_id"], agent["flow_id"]
    lines = list(_mirror.summaries(place, *name, after=agent["latest"] - 2))
    if len(lines) < 2:  # imported numbers may have gaps
        lines = list(_mirror.summaries(place, *name))
    return lines[-2:]


def _delta(old: Mapping[str, Any], new: Mapping[str, Any]) -> Tuple[float, float, float]:
    def change(field: str, missing: float) -> Tuple[float, float]:
        before, after = (line.get(field) for line in (old, new))
        return (missing if before is None else before), (missing if after is None else after)

    old_reward, new_reward = change("avg_reward", 0.0)
    old_rate, new_rate = change("success_rate", 1.0)
    old_duration, new_duration = change("total_duration_seconds", 0.0)
    improvement = (old_duration - new_duration) / old_duration * 100 if old_duration > 0 else 0.0
    return new_reward - old_reward, new_rate - old_rate, improvement
