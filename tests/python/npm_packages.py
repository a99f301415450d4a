"""Programs of tests/node with the npm packages that they need, which are installed outside of the checkout."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).resolve().parents[1] / "node"
INSTALL_LIMIT_S = 300


def npm_program(folder, file):
    """The path of a program of tests/node/FOLDER, beside its packages. Skips the test where there is no npm, or where
    its registry does not answer."""
    if not shutil.which("npm") or not shutil.which("node"):
        pytest.skip("npm and node are not here")
    place = Path(os.environ["HIVE_NODE_PACKAGES"], folder)
    place.mkdir(parents=True, exist_ok=True)
    wanted = PROGRAMS / folder / "package.json"
    installed = place / "installed.json"
    if not installed.exists() or installed.read_bytes() != wanted.read_bytes():
        shutil.copy(wanted, place / "package.json")
        command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=INSTALL_LIMIT_S, check=False)
        if done.returncode != 0:
            pytest.skip(f"npm cannot install {folder}: {' '.join(done.stderr.splitlines()[:2])}")
        shutil.copy(wanted, installed)
    shutil.copy(PROGRAMS / folder / file, place / file)
    return place / file
