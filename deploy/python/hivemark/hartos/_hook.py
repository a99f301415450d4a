"""Makes HART OS's module names mean the modules of this package."""

from __future__ import annotations

import importlib
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Dict, Optional, Sequence

from . import _settings

MODULES = (
    "integrations.agent_engine.agent_baseline_service",
    "integrations.agent_engine.benchmark_registry",
    "integrations.agent_engine.pr_review_service",
    "integrations.agent_lightning.store",
    "integrations.coding_agent.benchmark_tracker",
)
_PREFIX = "hivemark.hartos."


class _Alias(Loader):
    """Loads a module of this package under HART OS's name: the same object, so that a change of one shows in both."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._spec: Optional[ModuleSpec] = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._name)
        self._spec = module.__spec__  # the import machinery replaces it
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


class _Finder(MetaPathFinder):
    """An entry in sys.modules alone would not do: only an import by the machinery makes the module a member of its
    package, where pytest and mock look for it."""

    def find_spec(
        self, fullname: str, path: Optional[Sequence[str]] = None, target: Optional[ModuleType] = None
    ) -> Optional[ModuleSpec]:
        if fullname not in replaced():
            return None
        return ModuleSpec(fullname, _Alias(_PREFIX + fullname), origin=_PREFIX + fullname)


def replaced() -> Dict[str, str]:
    """The names that are replaced, and by what."""
    kept = _settings.kept_modules()
    return {name: _PREFIX + name for name in MODULES if name not in kept and name.rsplit(".", 1)[1] not in kept}


def install() -> None:
    """Puts the finder first. Repeating it changes nothing.

    ImportError when HART OS's own module has been imported already: whoever has it would go on with it. ValueError when
    HIVEMARK_HARTOS_KEEP names what is none of the modules.
    """
    known = {*MODULES, *(name.rsplit(".", 1)[1] for name in MODULES)}
    for name in _settings.kept_modules():
        if name not in known:
            raise ValueError(f"HIVEMARK_HARTOS_KEEP names {name}, which is none of {', '.join(MODULES)}")
    for name, own in replaced().items():
        present = sys.modules.get(name)
        if present is not None and present is not sys.modules.get(own):
            raise ImportError(f"{name} is imported already: import hivemark.hartos.install before it")
    if not any(isinstance(each, _Finder) for each in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
