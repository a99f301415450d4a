"""Finds the package under test, whatever is installed."""

import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "deploy/python"
sys.path.insert(0, str(PACKAGE))
