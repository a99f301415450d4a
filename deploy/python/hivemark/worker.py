"""A process that measures for a node: the way in which a node reaches live Python objects."""

from __future__ import annotations

import logging
import os
import random
import socket
import threading
import time
from typing import Any, Dict, Iterable, Optional

from ._measure import Result, Run, name_of, tier_of
from .client import Client
from .errors import HivemarkError, NodeError, Unreachable

log = logging.getLogger("hivemark")

# Between attempts to reach a node that is away: at first a restart is all that is expected.
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0
# A lease is renewed three times before it would expire.
_RENEWALS_PER_LEASE = 3
# Adapters that hang are left behind, each with its thread; a process that has this many of them is of no use.
MAX_ABANDONED = 8


class Worker:
    """Runs adapters of this process whenever the node captures a snapshot.

        Worker(Client()).serve([MyAdapter(model)])

    Registering needs the operator's role, which a node of this machine gives to its user (see `Client`). The adapters
    stay registered when the worker ends; captures skip them until one is back. One worker measures one thing at a time,
    because measurements disturb each other.
    """

    def __init__(self, client: Client, *, label: Optional[str] = None, wait_s: float = 30.0) -> None:
        """label: who the worker is, in the node's log; host and process id when not given.
        wait_s: longest wait of one question for work, 60 at most."""
        self._client = client
        self._label = label or f"{socket.gethostname()[:64]} {os.getpid()}"
        self._wait_s = wait_s
        self._stopped = threading.Event()
        self._id: Optional[str] = None
        self._abandoned = 0

    def serve(self, adapters: Iterable[Any], *, timeout_s: float = 300.0) -> None:
        """Serves until `stop` is called, from another thread or a signal handler. A node that is away is waited for.

        timeout_s: time limit of one measurement with all its repeats.

        Raises ValueError for adapters without a name or with the same one, and NodeError for what the node refuses for
        good: a name that is in use, or a token that may not register.
        """
        by_name: Dict[str, Any] = {}
        for adapter in adapters:
            if by_name.setdefault(name_of(adapter), adapter) is not adapter:
                raise ValueError(f"two adapters are named {name_of(adapter)}")
        if not by_name:
            raise ValueError("a worker needs adapters")
        described = {name: {"tier": tier_of(each), "timeout_s": timeout_s} for name, each in by_name.items()}
        failures = 0
        try:
            while not self._stopped.is_set() and self._abandoned < MAX_ABANDONED:
                try:
                    self._serve_once(by_name, described)
                    failures = 0
                except (Unreachable, NodeError) as error:
                    if isinstance(error, NodeError) and not _may_pass(error):
                        raise
                    if failures == 0:
                        log.warning("The worker waits for %s: %s", self._client.url, error)
                    self._pause(failures)
                    failures += 1
        finally:
            self._leave()
        if not self._stopped.is_set():
            raise HivemarkError(f"{self._abandoned} adapters hang; the worker's process must be started again")

    def stop(self) -> None:
        """Ends `serve` soon: at once if it waits for work, after the current run otherwise."""
        self._stopped.set()
        self._leave()

    def _serve_once(self, adapters: Dict[str, Any], described: Dict[str, Dict[str, Any]]) -> None:
        worker = self._id
        if worker is None:
            worker = self._id = self._client.register_worker(described, label=self._label)["worker"]
            log.info("Measuring %s for %s.", ", ".join(described), self._client.url)
        try:
            work = self._client.take_work(worker, wait=self._wait_s).get("work")
        except NodeError as error:
            if error.code != "not_found":
                raise
            self._id = None  # the node has restarted, or forgot a worker that was away for long
            return
        if work is not None:
            self._do(work, adapters[work["adapter"]])

    def _do(self, work: Dict[str, Any], adapter: Any) -> None:
        run = Run(adapter)
        renewed_every_s = work["lease_s"] / _RENEWALS_PER_LEASE
        while (result := run.wait(renewed_every_s)) is None:
            try:
                self._client.renew_work(work["id"])
            except Unreachable as error:
                log.warning("The lease of %s could not be renewed: %s", work["adapter"], error)
            except NodeError as error:
                if error.code != "not_found":
                    raise
                self._abandoned += 1
                log.error("%s takes longer than its time limit and is left behind.", work["adapter"])
                return
        self._report(work, result)

    def _report(self, work: Dict[str, Any], result: Result) -> None:
        """Repeats until the node has the result, as long as the lease may last."""
        deadline = time.monotonic() + work["lease_s"]
        failures = 0
        while True:
            try:
                self._client.report_work(work["id"], **result)
                return
            except Unreachable:
                if time.monotonic() >= deadline or self._stopped.is_set():
                    raise
                self._pause(failures)
                failures += 1
            except NodeError as error:
                if error.code == "not_found":
                    log.warning("The result of %s came too late, or twice.", work["adapter"])
                    return
                if error.status != 400 or "error" in result:
                    raise
                result = {"error": f"the node refuses the result: {error.detail}"[:4000]}

    def _pause(self, failures: int) -> None:
        longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(failures, 10))
        self._stopped.wait(random.SystemRandom().uniform(longest / 2, longest))

    def _leave(self) -> None:
        """Tells the node that nobody will ask any more. Without it, it finds out by itself."""
        worker, self._id = self._id, None
        if worker is None:
            return
        try:
            self._client.end_worker(worker)
        except (Unreachable, NodeError) as error:
            log.debug("The worker's end was not told: %s", error)


def _may_pass(error: NodeError) -> bool:
    """Whether the node may think differently in a while."""
    return error.status in (429, 502, 503, 504) or error.code in ("busy", "overloaded", "unavailable")
