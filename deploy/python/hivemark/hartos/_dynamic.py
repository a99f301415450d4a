"""Benchmarks from git repositories, which the node installs and runs in a sandbox."""

from __future__ import annotations

from typing import Any, Dict

from ..client import Client


class DynamicBenchmark:
    """What a benchmark from a git repository is: where it comes from, its command, and the file with its metrics."""

    tier = "dynamic"

    def __init__(
        self,
        name: str,
        repo_url: str,
        requires_gpu: bool = False,
        min_vram_gb: float = 0.0,
        run_command: str = "",
        metrics_file: str = "",
        commit: str = "",
    ) -> None:
        self.name = name
        self.repo_url = repo_url
        self.source = repo_url
        self.requires_gpu = requires_gpu
        self.min_vram_gb = min_vram_gb
        self._run_command = run_command
        self._metrics_file = metrics_file
        self._commit = commit

    def install_on(self, client: Client) -> Dict[str, Any]:
        """Installs it on the node, which must allow the URL. NodeError when it does not, or when a step fails."""
        answer: Dict[str, Any] = client.discover_and_install(
            self.repo_url,
            self.name,
            self.requires_gpu,
            self.min_vram_gb,
            self._run_command,
            self._metrics_file,
            commit=self._commit or None,
        )
        return answer
