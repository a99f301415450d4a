"""HART OS's measuring modules over a node of Hivemark.

A HART OS runs over a node by one changed import

    from hivemark.hartos.integrations.agent_engine.agent_baseline_service import AgentBaselineService

or with none, where `import hivemark.hartos.install` comes first, or the program is run by

    python -m hivemark.hartos SCRIPT [ARGUMENT…]
    pytest -p hivemark.hartos.pytest

Then `integrations.agent_engine.agent_baseline_service` is the module of this package, and likewise the others.
Environment:

    HIVEMARK_URL          where the node listens (http://127.0.0.1:7420)
    HIVEMARK_TIMEOUT_S    longest wait for one answer, in seconds (10)
    HIVEMARK_ERRORS       quiet, warn (default) or raise: what happens when the node cannot answer
    HIVEMARK_FAIL_OPEN    1: a validation passes when the node cannot answer. Otherwise it fails.
    HIVEMARK_MIRROR       0: HART OS's folders are neither written nor read
    HIVEMARK_HARTOS_KEEP  modules that stay HART OS's own, such as pr_review_service, separated by commas
"""

from ._errors import errors
from ._queue import flush

__all__ = ["errors", "flush"]
