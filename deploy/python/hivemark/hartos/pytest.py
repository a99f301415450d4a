"""A plugin for pytest: `pytest -p hivemark.hartos.pytest` runs HART OS's tests over a node.

It installs the import hook before any test is collected. The namespaces that the session's own tests made on the node
end with it: their folders were temporary ones.
"""

from __future__ import annotations

import logging
from typing import Any, List, Optional, Set

from ..errors import HivemarkError
from . import install  # noqa: F401  # for its effect
from ._places import client_of, used_namespaces
from ._queue import flush

log = logging.getLogger("hivemark")

_before: Optional[Set[str]] = None


def pytest_report_header(config: Any) -> List[str]:
    """What the tests run over."""
    return [f"hivemark: HART OS's measuring modules over {client_of(None).url}"]


def pytest_sessionstart(session: Any) -> None:
    global _before
    _before = _namespaces()


def pytest_sessionfinish(session: Any, exitstatus: Any) -> None:
    flush(5.0)  # a capture that comes later would make its namespace again
    now = _namespaces()
    if _before is None or now is None:
        return
    for namespace in sorted(used_namespaces() & now - _before):
        try:
            client_of(None).end_namespace(namespace)
        except HivemarkError as error:
            log.warning("The namespace %s stays: %s", namespace, error)


def _namespaces() -> Optional[Set[str]]:
    """Those of HART OS's folders; None when the node does not say."""
    found: Set[str] = set()
    after = None
    try:
        while True:
            page = client_of(None).list_namespaces(after=after)
            found.update(each["id"] for each in page["namespaces"] if each["id"].startswith("hartos-"))
            after = page.get("next")
            if not after:
                return found
    except HivemarkError as error:
        log.warning("The namespaces of the tests will stay: %s", error)
        return None
