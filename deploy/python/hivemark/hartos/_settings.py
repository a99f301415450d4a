"""What the environment says. It is read at each use, so that a test may change it."""

from __future__ import annotations

import os
from typing import FrozenSet

MODES = ("quiet", "warn", "raise")
DEFAULT_URL = "http://127.0.0.1:7420"
DEFAULT_TIMEOUT_S = 10.0
_YES = ("1", "true", "yes", "on")
_NO = ("0", "false", "no", "off")


def url() -> str:
    return os.environ.get("HIVEMARK_URL") or DEFAULT_URL


def timeout_s() -> float:
    text = os.environ.get("HIVEMARK_TIMEOUT_S")
    if not text:
        return DEFAULT_TIMEOUT_S
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 3600:
        raise ValueError(f"HIVEMARK_TIMEOUT_S must be a number of seconds up to 3600, not {text!r}")
    return value


def error_mode() -> str:
    mode = os.environ.get("HIVEMARK_ERRORS") or "warn"
    if mode not in MODES:
        raise ValueError(f"HIVEMARK_ERRORS must be one of {', '.join(MODES)}, not {mode!r}")
    return mode


def fails_open() -> bool:
    return _switch("HIVEMARK_FAIL_OPEN", False)


def mirrors() -> bool:
    return _switch("HIVEMARK_MIRROR", True)


def kept_modules() -> FrozenSet[str]:
    """Names of modules, whole or their last part, that are not replaced."""
    text = os.environ.get("HIVEMARK_HARTOS_KEEP", "")
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def _switch(name: str, default: bool) -> bool:
    text = os.environ.get(name, "").strip().lower()
    if not text:
        return default
    if text not in _YES + _NO:
        raise ValueError(f"{name} must be 1 or 0, not {text!r}")
    return text in _YES
