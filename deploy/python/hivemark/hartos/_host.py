"""The HART OS around this package, where there is one."""

from __future__ import annotations

import importlib
from typing import Any


def of_hartos(module: str, name: str) -> Any:
    """A member of one of HART OS's modules. ImportError when there is none; also whatever such a module raises."""
    found = importlib.import_module(module)
    try:
        return getattr(found, name)
    except AttributeError as error:
        raise ImportError(f"{module} has no {name}") from error
