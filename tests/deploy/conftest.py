"""What the tests of the scripts in deploy/ share."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("messages", "analysis", "platform", "storage", "gpu", "actors", "apps", "tests")


@pytest.fixture
def root():
    """This checkout."""
    return ROOT


@pytest.fixture
def bare_env():
    """An environment in which neither the caller's node nor the caller's git shows."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("HIVE_", "GIT_", "SETUP"))}
    return env | {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "LC_ALL": "C.UTF-8"}


def run(command, **options):
    """Runs a command to its end with its output as text; never reads this test's standard input."""
    options = {"stdin": subprocess.DEVNULL} | options if "input" not in options else options
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)


def write_program(path, text):
    """Writes an executable script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
