"""An installed SDK, and programs that are built with it outside of the tree as docs/how-to/engines.md says."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ["HIVE_BUILD"])


def run(command, cwd, env=None):
    """Runs a command to its end; a failure shows all that it printed."""
    done = subprocess.run(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=1500)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def blocks(language):
    """The code of docs/how-to/engines.md in this language, in its order."""
    page = (ROOT / "docs/how-to/engines.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}[^\n]*\n(.*?)^```$", page, re.M | re.S)


class Workplace:
    """Where an engine's author works: the environment of a user, and a compiler cache for what was compiled before."""

    def __init__(self, folder):
        self.folder = folder
        # Relative to this folder everything has the same path in each run of the tests.
        self.env = os.environ | {"CCACHE_BASEDIR": str(folder), "CCACHE_NOHASHDIR": "1"}
        self.prefix = folder / "installed"
        run(["cmake", "--install", BUILD, "--component", "sdk", "--prefix", self.prefix], folder)

    def project(self, name, cmake_lists):
        """A project with the example of the documentation as its engine."""
        project = self.folder / name
        project.mkdir()
        (project / "CMakeLists.txt").write_text(cmake_lists, encoding="utf-8")
        shutil.copy(ROOT / "docs/examples/engine.cpp", project)
        return project

    def cmake(self, project, *options):
        """Configures and builds it with one job."""
        cached = [f"-DCMAKE_CXX_COMPILER_LAUNCHER={ccache}"] if (ccache := shutil.which("ccache")) else []
        run(["cmake", "-G", "Ninja", "-S", project, "-B", project / "build", *cached, *options], self.folder, self.env)
        run(["cmake", "--build", project / "build", "-j", "1"], self.folder, self.env)
        return project / "build/my_engine"


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    return Workplace(tmp_path_factory.mktemp("sdk").resolve())
