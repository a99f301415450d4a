"""Captures in the background, in their order."""

from __future__ import annotations

import atexit
import os
import random
import threading
import time
from collections import deque
from typing import Callable, Deque, NamedTuple, Optional

from ._errors import may_pass, note, propagating

# Captures that wait for a node that is away: some hundred bytes each. Beyond that the oldest one is dropped.
MAX_WAITING = 10_000
# Between attempts.
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 10.0
# Longest wait at the end of the process.
_EXIT_TIMEOUT_S = 5.0


class Job(NamedTuple):
    kind: str
    work: Callable[[], object]  # may be done again: it has an idempotency key


class Queue:
    """Does one job after the other in a thread of its own. One that the node could not answer is repeated until it
    has; any other error costs that job."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._waiting: Deque[Job] = deque()
        self._now: Optional[Job] = None
        self._thread: Optional[threading.Thread] = None
        self._added = 0
        self._done = 0

    def put(self, job: Job) -> None:
        """Never waits for the node. RuntimeError when no thread can start."""
        with self._changed:
            self._start()
            overflows = len(self._waiting) >= MAX_WAITING
            if overflows:
                self._waiting.popleft()
                self._done += 1
            self._waiting.append(job)
            self._added += 1
            self._changed.notify_all()
        if overflows:
            note(job.kind, f"{MAX_WAITING} captures wait for the node, the oldest one is dropped")

    def flush(self, timeout_s: float) -> bool:
        with self._changed:
            last = self._added
            return self._changed.wait_for(lambda: self._done >= last, timeout_s)

    def waiting(self) -> int:
        with self._changed:
            return self._added - self._done

    def _start(self) -> None:
        if self._thread is None:
            thread = threading.Thread(target=self._run, name="hivemark-captures", daemon=True)
            thread.start()
            self._thread = thread

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                job = self._waiting.popleft()
            self._do(job)
            with self._changed:
                self._done += 1
                self._changed.notify_all()

    @staticmethod
    def _do(job: Job) -> None:
        failures = 0
        while True:
            try:
                with propagating():
                    job.work()
                return
            except Exception as error:  # whatever a collector of the caller's raises must not end the thread
                note(job.kind, error)
                if not may_pass(error):
                    return
            longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** min(failures, 10))
            time.sleep(random.SystemRandom().uniform(longest / 2, longest))
            failures += 1


captures = Queue()


def flush(timeout_s: float = 30.0) -> bool:
    """Waits until every capture of `capture_baseline_async` so far is done. False when some are not after
    `timeout_s`; they are not lost, and the thread goes on."""
    return captures.flush(timeout_s)


def _finish() -> None:
    if not captures.flush(_EXIT_TIMEOUT_S):
        note("capture_baseline_async", f"the process ends with {captures.waiting()} captures that the node did not take")


atexit.register(_finish)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=captures.reset)
