"""Task records on their way to the node: a bounded buffer and the one thread that empties it."""

from __future__ import annotations

import atexit
import enum
import logging
import math
import os
import random
import threading
import time
import weakref
from collections import deque
from typing import Deque, List, NamedTuple, Optional

from ._http import Answer, Transport
from .errors import Closed, NodeError, Unreachable

log = logging.getLogger("hivemark")

# Records of one request: enough that the node's fsync is shared by many. Four texts of 128 bytes make a record of 4 KB
# when every character is escaped, so that a request stays below the node's bounds (10,000 records, 8 MiB).
MAX_BATCH = 1_000
# Between attempts: at first a restart of the node is all that is expected; later nobody should be flooded.
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 10.0
# What a Retry-After may ask for; a broken proxy must not silence an engine for a day.
LONGEST_RETRY_AFTER_S = 300.0
# A request that begins just before its deadline; a socket takes 0 for "do not wait".
_SHORTEST_S = 0.001
# A record that waits for company must not seem lost.
LONGEST_GATHER_S = 1.0
# For the thread to end when nothing is left to send.
_JOIN_S = 1.0


class Counts(NamedTuple):
    """What became of the records so far. A forked process begins anew."""

    recorded: int = 0  #: durable on the node
    duplicates: int = 0  #: durable on the node already when they were sent again after a lost answer
    rejected: int = 0  #: refused by the node for what is in them; each is in the log with the reason
    dropped: int = 0  #: lost because the buffer was full, or because close() could not wait any longer
    waiting: int = 0  #: not settled yet


class _Entry(NamedTuple):
    number: int  # of the record in this recorder, growing
    line: bytes


class _Verdict(enum.Enum):
    """What an answer means for the records of a request."""

    ACCEPTED = enum.auto()  # all are settled
    TOO_MUCH = enum.auto()  # none was taken, because of one of them or because of their size
    RETRY = enum.auto()  # what became of them is unknown, or they were refused for now


class Recorder:
    """Takes records without waiting and sends them in their order until the node has answered for each.

    Safe to use from any number of threads.
    """

    def __init__(self, transport: Transport, path: str, capacity: int, gather_s: float) -> None:
        if capacity < 1:
            raise ValueError(f"buffer_records must be at least 1, not {capacity!r}")
        if not 0 <= gather_s <= LONGEST_GATHER_S:
            raise ValueError(f"gather_s must be 0 to {LONGEST_GATHER_S}, not {gather_s!r}")
        self._gather_s = gather_s
        self._transport = transport
        self._path = path
        self._capacity = capacity
        self._random = random.SystemRandom()  # has no state that forked processes would share
        self._closing = False
        self._reset()
        _open_recorders.add(self)

    def _reset(self) -> None:
        self._changed = threading.Condition()  # guards what follows; reentrant, for signal handlers that record
        self._waiting: Deque[_Entry] = deque()
        self._in_flight: List[_Entry] = []
        self._thread: Optional[threading.Thread] = None
        self._last_number = 0
        self._counts = Counts()
        self._dropped_since_success = 0
        self._abandoned = False  # close() has given up what is left
        self._sends_here = False  # a caller of flush() does what the thread would, which cannot start
        self._told_of_thread = False  # the log says that the thread cannot start
        # Of the thread alone, or of that caller.
        self._deadline = math.inf  # when it must be done
        self._part_size = MAX_BATCH  # records of the next request; fewer while one that is refused is looked for
        self._failures = 0  # requests without success, one after the other

    # -- the engine's side --------------------------------------------------------------------------------------------

    def put(self, line: bytes) -> None:
        """Adds a record, of a few KB at most. When as many wait as the buffer holds, the oldest one that is not being
        sent is dropped."""
        with self._changed:
            if self._closing:
                raise Closed("the client is closed")
            overflows = len(self._waiting) >= self._capacity
            if overflows:
                self._waiting.popleft()
                self._count(dropped=1)
                self._dropped_since_success += 1
            begins_to_drop = overflows and self._dropped_since_success == 1
            self._last_number += 1
            self._waiting.append(_Entry(self._last_number, line))
            self._start_thread()
            self._changed.notify_all()
        if begins_to_drop:
            log.warning("The buffer of %d task records is full: the oldest ones are dropped.", self._capacity)

    def flush(self, timeout_s: float) -> bool:
        """Waits until all records added so far are settled. False when they are not after `timeout_s`.

        Sends them itself where no thread can: threads may have run out, and Python 3.12.0 to 3.12.2 starts none any more
        when the process ends.
        """
        deadline = time.monotonic() + timeout_s
        with self._changed:
            last = self._last_number
            if self._oldest_number() <= last:
                self._start_thread()
            must_send = self._thread is None and not self._sends_here
            self._sends_here = self._sends_here or must_send
        if must_send:
            self._send_until(last, deadline)
        with self._changed:
            return self._changed.wait_for(
                lambda: self._oldest_number() > last, max(0.0, deadline - time.monotonic())
            )

    def close(self, timeout_s: float) -> bool:
        """Takes no more records, and gives up what is not settled after `timeout_s`. Whether there was nothing left."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        settled = self.flush(timeout_s)
        with self._changed:
            left = len(self._waiting) + len(self._in_flight)
            self._abandoned = True
            self._waiting.clear()
            self._in_flight = []
            self._count(dropped=left)
            self._changed.notify_all()
            thread = self._thread
        if left:
            log.warning("The client closes with %d task records that %s has not acknowledged.", left, self._node())
        if settled and thread is not None and thread is not threading.current_thread():
            thread.join(_JOIN_S)
        return settled

    def counts(self) -> Counts:
        with self._changed:
            return self._counts._replace(waiting=len(self._waiting) + len(self._in_flight))

    def forget_parent(self) -> None:
        """In a forked process: the parent has the thread and sends what waits; neither belongs to the child."""
        self._reset()

    # -- with the lock held -------------------------------------------------------------------------------------------

    def _oldest_number(self) -> int:
        oldest = self._in_flight or self._waiting
        return oldest[0].number if oldest else self._last_number + 1

    def _count(self, recorded: int = 0, duplicates: int = 0, rejected: int = 0, dropped: int = 0) -> None:
        now = self._counts
        self._counts = Counts(
            now.recorded + recorded, now.duplicates + duplicates, now.rejected + rejected, now.dropped + dropped
        )

    def _start_thread(self) -> None:
        """At the first record, not before, so that servers which fork their workers early share no thread."""
        if self._thread is not None or self._sends_here:
            return
        # A daemon: the process ends when the engine does, and atexit flushes first.
        thread = threading.Thread(target=self._run, name="hivemark-recorder", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # at the end of the interpreter, or out of threads: the next record tries again
            if not self._told_of_thread:
                log.info("The thread that sends task records cannot start; they wait for flush or close: %s", error)
            self._told_of_thread = True
            return
        self._thread = thread

    # -- the thread's side --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while part := self._next_part():
            try:
                self._send(part)
            except Exception:  # a defect must not end the thread: the records would wait for ever
                log.exception("Sending task records failed in an unexpected way; they are sent again.")
                self._pause(0.0)

    def _send_until(self, last: int, deadline: float) -> None:
        """Sends what was recorded up to number `last` from the calling thread."""
        self._deadline = deadline
        try:
            while self._oldest_number() <= last and not self._abandoned and time.monotonic() < deadline:
                self._send(self._next_part())
        finally:
            with self._changed:
                self._deadline = math.inf
                self._sends_here = False
                self._changed.notify_all()

    def _next_part(self) -> List[_Entry]:
        """Waits for something to send: first what was sent before without success. Empty when nothing more comes."""
        with self._changed:
            self._changed.wait_for(lambda: self._in_flight or self._waiting or self._closing)
            gathers = not self._in_flight and len(self._waiting) < MAX_BATCH and not self._closing
        if gathers and self._gather_s:
            time.sleep(self._gather_s)  # without the lock: whoever records wakes nobody meanwhile
        with self._changed:
            if not self._in_flight:
                self._in_flight = [self._waiting.popleft() for _ in range(min(MAX_BATCH, len(self._waiting)))]
            return self._in_flight[: self._part_size]

    def _send(self, part: List[_Entry]) -> None:
        try:
            answer = self._transport.post(
                self._path,
                b"".join(entry.line + b"\n" for entry in part),
                "application/x-ndjson",
                max(_SHORTEST_S, self._deadline - time.monotonic()),
            )
        except Unreachable as error:
            self._hold(error, 0.0)
            return
        verdict = _verdict_of(answer, len(part))
        if verdict is _Verdict.ACCEPTED:
            self._settle_accepted(part, answer)
        elif verdict is _Verdict.RETRY:
            self._hold(answer.error(), answer.retry_after_s())
        elif len(part) > 1:
            self._part_size = len(part) // 2  # until the record is alone that the answer speaks of
        else:
            self._reject(part[0], str(answer.error()))
            self._settle(1, rejected=1)

    def _settle_accepted(self, part: List[_Entry], answer: Answer) -> None:
        body = answer.json()
        for refused in body["rejected"]:
            self._reject(part[refused["line"] - 1], refused["reason"])
        self._settle(len(part), body["recorded"], body["duplicates"], len(body["rejected"]))

    def _settle(self, settled: int, recorded: int = 0, duplicates: int = 0, rejected: int = 0) -> None:
        self._part_size = MAX_BATCH
        with self._changed:
            if self._abandoned:
                return
            self._in_flight = self._in_flight[settled:]
            self._count(recorded, duplicates, rejected)
            dropped, self._dropped_since_success = self._dropped_since_success, 0
            self._changed.notify_all()
        if self._failures:
            log.info("%s takes task records again.", self._node())
        if dropped:
            log.warning("%d task records were dropped while the buffer was full.", dropped)
        self._failures = 0

    def _reject(self, entry: _Entry, reason: str) -> None:
        log.warning("%s rejects a task record: %s: %s", self._node(), reason, entry.line.decode())

    def _hold(self, why: Exception, retry_after_s: float) -> None:
        if self._failures == 0:
            log.warning("%s takes no task records, they wait: %s", self._node(), why)
        self._pause(retry_after_s)

    def _pause(self, retry_after_s: float) -> None:
        """Waits before the next attempt: what the node asked for, and a random time so that engines do not return in
        step. close() ends a wait that the node did not ask for, to try once more."""
        longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(self._failures, 10))
        self._failures += 1
        pause_s = min(retry_after_s, LONGEST_RETRY_AFTER_S) + self._random.uniform(longest / 2, longest)
        pause_s = max(0.0, min(pause_s, self._deadline - time.monotonic()))
        with self._changed:
            may_hurry = not self._closing and not retry_after_s
            self._changed.wait_for(lambda: self._abandoned or (may_hurry and self._closing), pause_s)

    def _node(self) -> str:
        return f"The node at {self._transport.url}"


def _verdict_of(answer: Answer, sent: int) -> _Verdict:
    if answer.status == 201:
        return _Verdict.ACCEPTED if accounts_for(answer, sent) else _Verdict.RETRY
    # A refusal for good must come from a node: what a proxy in between thinks of a request is no reason to lose it.
    if answer.status in (400, 413, 422) and answer.error().code:
        return _Verdict.TOO_MUCH
    return _Verdict.RETRY


def accounts_for(answer: Answer, sent: int) -> bool:
    """Whether the body says of each record what became of it. If not, this is no node, or not its whole answer."""
    try:
        body = answer.json()
        lines = [refused["line"] for refused in body["rejected"] if isinstance(refused["reason"], str)]
        whole = all(isinstance(line, int) and 1 <= line <= sent for line in lines)
        return whole and len(lines) == len(body["rejected"]) and (
            body["recorded"] + body["duplicates"] + len(lines) == sent
        )
    except (NodeError, KeyError, TypeError):
        return False


# -- the process ------------------------------------------------------------------------------------------------------

# Longest wait at the end of the process, for all recorders together: nobody waits longer for a node that is down.
EXIT_TIMEOUT_S = 5.0

_open_recorders: "weakref.WeakSet[Recorder]" = weakref.WeakSet()


def _close_all() -> None:
    deadline = time.monotonic() + EXIT_TIMEOUT_S
    for recorder in list(_open_recorders):
        recorder.close(max(0.0, deadline - time.monotonic()))


def _forget_parent() -> None:
    for recorder in list(_open_recorders):
        recorder.forget_parent()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_parent)
