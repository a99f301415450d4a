"""The client of a node for programs that use asyncio."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, AsyncIterator, Callable, Dict, List, Optional, Sequence, Type, TypeVar

from . import _operations as ops
from ._api import AsyncApi
from ._lease import PendingLease, content_of
from ._recorder import Counts
from ._upgrade_wait import UpgradeWait
from .client import BestTool, Client, Policy, Route
from .errors import HivemarkError

T = TypeVar("T")

# Questions at the same time; further ones wait for their turn.
MAX_THREADS = 16


class AsyncClient(AsyncApi):
    """As `Client`, with coroutines. It takes the same arguments.

    Each question runs in one of `MAX_THREADS` threads of the client's own, so that tokens, deadlines, kept connections
    and errors are those of `Client`. A coroutine that is cancelled stops waiting at once; its request goes on until its
    answer or its deadline. `record` is no coroutine, because it never waits.
    """

    def __init__(self, url: str = "http://127.0.0.1:7420", **options: Any) -> None:
        self._client = Client(url, **options)
        self._transport = self._client._transport
        self._threads: Optional[ThreadPoolExecutor] = None
        self._process = 0

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        await self.close()

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool(), work)

    def _pool(self) -> ThreadPoolExecutor:
        if self._threads is None or self._process != os.getpid():  # threads do not survive a fork
            self._threads = ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="hivemark-async")
            self._process = os.getpid()
        return self._threads

    # -- records ------------------------------------------------------------------------------------------------------

    def record(
        self,
        task_type: str,
        tool_name: str,
        completion_time_s: float,
        success: bool,
        model_name: str = "",
        user_id: str = "",
        offloaded: bool = False,
    ) -> None:
        """See `Client.record`."""
        self._client.record(task_type, tool_name, completion_time_s, success, model_name, user_id, offloaded)

    async def flush(self, timeout_s: float = 30.0) -> bool:
        """See `Client.flush`."""
        return await self._run(lambda: self._client.flush(timeout_s))

    async def close(self, timeout_s: float = 5.0) -> bool:
        """See `Client.close`."""
        settled = await self._run(lambda: self._client.close(timeout_s))
        if self._threads is not None:
            self._threads.shutdown(wait=False)
            self._threads = None
        return settled

    def counts(self) -> Counts:
        """See `Client.counts`."""
        return self._client.counts()

    # -- decisions of the hive ----------------------------------------------------------------------------------------

    async def wait_for_upgrade(
        self, id: str, *, through_rollout: bool = False, timeout: Optional[float] = None
    ) -> Dict[str, Any]:
        """See `Client.wait_for_upgrade`."""
        wait = UpgradeWait(through_rollout, timeout)
        while True:
            try:
                upgrade = await self.get_upgrade(id)
            except HivemarkError as error:
                wait.bear(error)
            else:
                if wait.is_over(upgrade):
                    return upgrade
            await asyncio.sleep(wait.pause_s())

    # -- GPUs ---------------------------------------------------------------------------------------------------------

    def lease(
        self,
        vram_gb: Optional[float] = None,
        *,
        devices: int = 1,
        shared: bool = False,
        timed: bool = False,
        priority: int = 0,
        max_duration_s: Optional[float] = None,
        ttl_s: float = 30.0,
        holder: Optional[str] = None,
        timeout: Optional[float] = None,
        set_visible_devices: bool = False,
    ) -> PendingLease:
        """See `Client.lease`. Takes it with `async with`, or with `await` and then `await lease.release()`. A task that is
        cancelled while it waits withdraws the request."""
        content = content_of(
            vram_gb, devices, shared, timed, priority, max_duration_s, ttl_s, holder or self._client._engine
        )
        return PendingLease(self._client._leases, self._run, content, timeout, set_visible_devices)

    async def gpus(self) -> List[Dict[str, Any]]:
        """See `Client.gpus`."""
        return await self._run(self._client.gpus)

    async def leases(self) -> List[Dict[str, Any]]:
        """See `Client.leases`."""
        return await self._run(self._client.leases)

    # -- questions ----------------------------------------------------------------------------------------------------

    async def events(
        self, *, since: Optional[int] = None, kind: Optional[Sequence[str]] = None
    ) -> AsyncIterator[Dict[str, Any]]:
        """The node's events as they happen, from the one after `since` on."""
        stream = ops.events.perform(self._transport, since=since, kind=kind)
        try:
            while (event := await self._run(lambda: next(stream, None))) is not None:
                yield event
        finally:
            stream.close()  # type: ignore[attr-defined]

    async def register_adapter(self, adapter: Any, **options: Any) -> Dict[str, Any]:
        """See `Client.register_adapter`."""
        return await self._run(lambda: self._client.register_adapter(adapter, **options))

    async def discover_and_install(self, repo_url: str, name: str, *args: Any, **options: Any) -> Dict[str, Any]:
        """See `Client.discover_and_install`."""
        return await self._run(lambda: self._client.discover_and_install(repo_url, name, *args, **options))

    async def get_best_tool(self, task_type: str) -> Optional[BestTool]:
        """See `Client.get_best_tool`."""
        return await self._run(lambda: self._client.get_best_tool(task_type))

    async def get_hive_best_tool(self, task_type: str) -> Optional[BestTool]:
        """See `Client.get_hive_best_tool`."""
        return await self._run(lambda: self._client.get_hive_best_tool(task_type))

    async def route(
        self,
        task_type: str,
        available_tools: Optional[Sequence[str]] = None,
        override: Optional[str] = None,
        *,
        policy: Policy = "explore",
    ) -> Optional[Route]:
        """See `Client.route`."""
        return await self._run(lambda: self._client.route(task_type, available_tools, override, policy=policy))

    async def get_summary(self) -> Dict[str, Any]:
        """See `Client.get_summary`."""
        return await self._run(self._client.get_summary)

    async def export_learning_delta(self) -> Optional[Dict[str, Any]]:
        """See `Client.export_learning_delta`."""
        return await self._run(self._client.export_learning_delta)

    async def import_hive_delta(self, aggregated: Dict[str, Any]) -> int:
        """See `Client.import_hive_delta`."""
        return await self._run(lambda: self._client.import_hive_delta(aggregated))
