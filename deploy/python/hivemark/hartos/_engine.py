"""What the process around an agent says of itself: its software, and its users."""

from __future__ import annotations

import logging
import subprocess
from typing import Any, Dict

from ._host import of_hartos

log = logging.getLogger("hivemark")

Json = Dict[str, Any]

_GIT_TIMEOUT_S = 5


def code_hash() -> str:
    """HART OS's hash of its own code; empty without one."""
    try:
        return str(of_hartos("security.node_integrity", "compute_code_hash")())
    except Exception as error:  # whatever HART OS's module stumbles over
        log.debug("No hash of the code: %s", error)
        return ""


def trust_of(user_id: str) -> Json:
    """What HART OS's social database knows of the user: {composite_trust, generation, …}; {} without one."""
    try:
        database = of_hartos("integrations.social.models", "get_db")()
    except Exception as error:
        log.debug("No social database: %s", error)
        return {}
    out: Json = {}
    try:
        for read in (_rating_of, _evolution_of):
            try:
                out.update(read(database, user_id))
            except Exception as error:  # one of the two costs itself alone, as in HART OS
                log.debug("No trust of %s: %s", user_id, error)
    finally:
        database.close()
    return {name: value for name, value in out.items() if value is not None}


def _rating_of(database: Any, user_id: str) -> Json:
    score = of_hartos("integrations.social.rating_service", "RatingService").get_trust_score(database, user_id)
    return {"composite_trust": score.get("composite_trust", 0)} if score else {}


def _evolution_of(database: Any, user_id: str) -> Json:
    service = of_hartos("integrations.social.agent_evolution_service", "AgentEvolutionService")
    found = service.get_evolution(database, user_id)
    defaults = {"generation": 1, "specialization_path": None, "spec_tier": None, "evolution_xp": 0}
    return {name: found.get(name, default) for name, default in defaults.items()} if found else {}


def git_sha() -> str:
    """Of the directory in which the process runs; empty without a repository."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, timeout=_GIT_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        log.debug("No git: %s", error)
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
