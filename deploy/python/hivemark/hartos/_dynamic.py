"""Benchmarks from git repositories, run as HART OS runs them: in the machine and with the rights of this process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any, Dict

from ._errors import note
from ._folder import Unusable, read_object

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CLONE_TIMEOUT_S = 120
_INSTALL_TIMEOUT_S = 300
_RUN_TIMEOUT_S = 600


class DynamicBenchmark:
    """A repository below ~/.hevolve/benchmarks, its command, and the file into which that writes its metrics."""

    source = "git"
    tier = "heavy"

    def __init__(
        self,
        name: str,
        repo_url: str,
        requires_gpu: bool = False,
        min_vram_gb: float = 0.0,
        run_command: str = "",
        metrics_file: str = "",
    ) -> None:
        """ValueError for a name or a file that leads out of the repository's folder, and for a URL that git would take
        for an option."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"a benchmark's name must match {_NAME.pattern}, not {name!r}")
        if not repo_url or repo_url.startswith("-"):
            raise ValueError(f"{repo_url!r} is no URL of a repository")
        self.name = name
        self.repo_url = repo_url
        self.requires_gpu = requires_gpu
        self.min_vram_gb = min_vram_gb
        self._run_command = run_command
        self._install_dir = os.path.join(os.path.expanduser("~"), ".hevolve", "benchmarks", name)
        self._metrics_file = os.path.normpath(os.path.join(self._install_dir, metrics_file or "results.json"))
        if not self._metrics_file.startswith(self._install_dir + os.sep):
            raise ValueError(f"the metrics' file {metrics_file!r} is outside of the repository")

    def is_available(self) -> bool:
        return os.path.isdir(self._install_dir)

    def install(self) -> bool:
        try:
            if not self.is_available():
                os.makedirs(os.path.dirname(self._install_dir), exist_ok=True)
                _run(["git", "clone", "--depth", "1", "--", self.repo_url, self._install_dir], _CLONE_TIMEOUT_S)
            needs = os.path.join(self._install_dir, "requirements.txt")
            if os.path.isfile(needs):
                _run([sys.executable, "-m", "pip", "install", "-q", "-r", needs], _INSTALL_TIMEOUT_S)
            return True
        except (OSError, subprocess.SubprocessError) as error:
            note("install", f"{self.name} from {self.repo_url}: {error}")
            return False

    def run(self, api_url: str = "", **kwargs: Any) -> Dict[str, Any]:
        """{metrics}: those of the file; without one the command's exit status."""
        if not self.is_available():
            return {"metrics": {}, "error": "not installed"}
        # HART OS's commands are lines for a shell.
        command = self._run_command or f"{sys.executable} -m pytest --benchmark-json=results.json"
        try:
            done = subprocess.run(
                command, shell=True, cwd=self._install_dir, capture_output=True, timeout=_RUN_TIMEOUT_S, check=False
            )
            return {"metrics": read_object(self._metrics_file)}
        except FileNotFoundError:
            return {"metrics": {"exit_code": {"value": done.returncode, "direction": "lower", "unit": "code"}}}
        except (Unusable, OSError, subprocess.SubprocessError) as error:
            return {"metrics": {}, "error": str(error)}


def _run(command: "list[str]", timeout_s: float) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    if done.returncode != 0:
        raise OSError(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
