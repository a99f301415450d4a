"""Records that are durable when the call returns."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Deque, List, Optional

from .._http import Transport
from .._recorder import accounts_for
from ..errors import NodeError, Unreachable
from ._errors import again

# As many as a node takes in one request without splitting its work.
_MOST = 500
_PATH = "/api/v1/tasks"
# A request waits for records at most this part of what the last one took, and never longer than this.
_GATHERS = 0.5
_LONGEST_GATHER_S = 0.005


class GroupSender:
    """Sends records of several threads in common: while one request is under way, those that come wait, and one of them
    sends them all in the next request. So each thread waits for at most two answers, and one write to the node's disk
    serves many records. A thread alone sends its record itself at once.

    Threads that record in a loop come back just after the answer that set them free. The next request waits a moment for
    them: otherwise it would leave with half of the threads, and each of them would wait for the disk twice."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._lock = threading.Lock()
        self._waiting: Deque[_Entry] = deque()
        self._is_sending = False
        # How many records the next request may expect: those of the last one's threads, and those that waited already.
        self._expected = 0
        self._gather_s = 0.0
        self._gathering: Optional[threading.Lock] = None  # released by whoever brings the last one that is expected

    def put(self, line: bytes) -> None:
        """Returns when the record is durable. Raises Unreachable and NodeError; the node counts a record once by its
        idempotency key, so it may be put again."""
        entry = _Entry(line)
        with self._lock:
            self._waiting.append(entry)
            waits, self._is_sending = self._is_sending, True
            if self._gathering is not None and len(self._waiting) >= self._expected:
                self._gathering.release()
                self._gathering = None
        if waits:
            self._wait(entry)
        if not entry.settled:  # it is this thread's turn to send
            self._gather(entry)
            self._send()
        if entry.error is not None:
            raise entry.error

    def _wait(self, entry: _Entry) -> None:
        try:
            entry.turn.acquire()
        except BaseException:  # this thread is interrupted, and the others must not wait for it
            with self._lock:
                if entry in self._waiting:
                    self._waiting.remove(entry)
                if entry.is_next and not entry.settled:
                    self._pass_on()
            raise

    def _gather(self, entry: _Entry) -> None:
        """Waits for the other records of the next request."""
        with self._lock:
            if len(self._waiting) >= self._expected:
                return
            self._gathering = gathering = threading.Lock()
            gathering.acquire()
        try:
            gathering.acquire(timeout=self._gather_s)
        except BaseException:  # as in `_wait`
            with self._lock:
                self._gathering = None
                self._waiting.remove(entry)
                self._pass_on()
            raise
        with self._lock:
            self._gathering = None

    def _pass_on(self) -> None:
        """With the lock held: the first one that waits sends next."""
        self._is_sending = bool(self._waiting)
        if self._is_sending:
            self._waiting[0].is_next = True
            self._waiting[0].turn.release()

    def _send(self) -> None:
        with self._lock:
            batch = [self._waiting.popleft() for _ in range(min(_MOST, len(self._waiting)))]
        for entry in batch:  # until there is an answer; it stays if this thread is interrupted
            entry.error = Unreachable("the thread that sent the record for others was interrupted")
        began = time.monotonic()
        try:
            refused = self._post(batch)
            for entry, error in zip(batch, refused):
                entry.error = error
        except Exception as error:
            for entry in batch:
                entry.error = error
        finally:
            with self._lock:
                self._gather_s = min(_GATHERS * (time.monotonic() - began), _LONGEST_GATHER_S)
                self._expected = min(_MOST, len(batch) + len(self._waiting))
                for entry in batch:
                    entry.settled = True
                    entry.turn.release()
                self._pass_on()

    def _post(self, batch: List[_Entry]) -> List[Optional[Exception]]:
        """What is wrong with each record; None for those that are durable now."""
        body = b"".join(entry.line + b"\n" for entry in batch)
        answer = again(lambda: self._transport.post(_PATH, body, "application/x-ndjson"))
        if answer.status != 201 or not accounts_for(answer, len(batch)):
            raise answer.error()
        out: List[Optional[Exception]] = [None] * len(batch)
        for refused in answer.json()["rejected"]:
            out[refused["line"] - 1] = NodeError(400, "invalid", str(refused["reason"]))
        return out


class _Entry:
    def __init__(self, line: bytes) -> None:
        self.line = line
        self.settled = False
        self.is_next = False
        self.error: Optional[Exception] = None
        self.turn = threading.Lock()  # released when the record is settled, or its thread is to send
        self.turn.acquire()
