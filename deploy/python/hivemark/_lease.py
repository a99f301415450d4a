"""Leases of GPU memory: taking one, the thread that renews it, and giving it back."""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import os
import threading
import time
import uuid
import weakref
from types import TracebackType
from typing import Any, Awaitable, Callable, Dict, Generator, List, Optional, Type, TypeVar
from urllib.parse import quote

from ._http import Answer, Transport
from .errors import HivemarkError, NodeError, Unreachable

log = logging.getLogger("hivemark")

T = TypeVar("T")
Json = Dict[str, Any]

# Between looks at a request that waits: short at first, because most leases are granted soon.
FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 1.0
# How long a node may be away while a request waits.
NODE_PATIENCE_S = 60.0
# Between looks at a lease, so that its revocation is noticed while there is time to end in order.
LOOK_INTERVAL_S = 2.0
# A renewal without an answer by then is repeated.
RENEWAL_TIMEOUT_S = 5.0
# What a lease of whole devices asks for when it does not say: any device has that much.
ANY_VRAM_GB = 0.001

_LEASES = "/api/v1/gpus/leases"
_VISIBLE = "CUDA_VISIBLE_DEVICES"
# With these a node says that a lease has ended, or is another's. Anything else may pass.
_ENDS = ("conflict", "not_found", "forbidden")


class LeaseLost(HivemarkError):
    """A lease has ended without having been given back, or a request before it was granted.

    `outcome` says how, such as "revoked", "expired", "overdue", "overused" or "device_lost"; `reason` says why.
    """

    def __init__(self, id: str, outcome: str, reason: str) -> None:
        super().__init__(f"lease {id} is lost ({outcome})" + (f": {reason}" if reason else ""))
        self.id = id
        self.outcome = outcome
        self.reason = reason


# -- a request --------------------------------------------------------------------------------------------------------


class LeaseRequest:
    """A request on its way through the queue. Its methods may be called from several threads."""

    def __init__(self, transport: Transport, content: Json, timeout: Optional[float]) -> None:
        self._transport = transport
        self._content = {**content, "key": uuid.uuid4().hex}
        self._timeout = timeout
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._lock = threading.Lock()
        self._id: Optional[str] = None
        self._unanswered = False
        self._last_answer: Optional[float] = None
        self._pause_s = FIRST_PAUSE_S

    def ask(self) -> Optional[Json]:
        """The lease once it is active, None while it waits. Raises NodeError, Unreachable, LeaseLost and TimeoutError."""
        with self._lock:
            try:
                lease = self._request() if self._id is None else self._look()
            except (Unreachable, NodeError) as error:
                if not self._may_pass(error):
                    raise
                lease = {"state": "queued"}
            if lease["state"] == "ended":
                self._id = None
                raise LeaseLost(lease["id"], lease.get("outcome", "ended"), lease.get("reason", ""))
            if lease["state"] != "queued":
                return lease
            if self._deadline is not None and time.monotonic() >= self._deadline:
                raise TimeoutError(f"no GPU was free within {self._timeout} s")
            return None

    def pause_s(self) -> float:
        """How long to wait before the next question."""
        out = self._pause_s
        self._pause_s = min(2 * out, LONGEST_PAUSE_S)
        return out if self._deadline is None else max(0.0, min(out, self._deadline - time.monotonic()))

    def withdraw(self) -> None:
        """Takes the request, or the lease that it had meanwhile, back. Without an answer it ends by itself."""
        with self._lock:
            try:
                if self._id is None and self._unanswered:
                    self._request()  # it may have been heard; the same request tells its id
                if self._id is not None:
                    _release(self._transport, self._id, self._content["key"])
            except HivemarkError as error:
                log.info("A request for a GPU was not withdrawn, and ends by itself: %s", error)

    def _request(self) -> Json:
        self._unanswered = True
        body = json.dumps(self._content, allow_nan=False).encode("ascii")
        answer = self._transport.post(_LEASES + "?wait=false", body, "application/json")
        self._unanswered = False
        lease = _content(answer)
        self._id = lease["id"]
        self._last_answer = time.monotonic()
        return lease

    def _look(self) -> Json:
        """Keeps it in the queue. A lease that was granted is asked for once more, since only that answer has its token;
        so is one that the node has forgotten."""
        answer = self._transport.get(_path(self._id or ""), token=self._content["key"])
        if answer.status == 404 and answer.error().code == "not_found":
            return self._request()
        lease = _content(answer)
        self._last_answer = time.monotonic()
        return lease if lease["state"] == "queued" else self._request()

    def _may_pass(self, error: HivemarkError) -> bool:
        """Whether it is one of a node in its restart, for a request that the node has known."""
        if self._last_answer is None or time.monotonic() - self._last_answer > NODE_PATIENCE_S:
            return False
        return isinstance(error, Unreachable) or (isinstance(error, NodeError) and error.status in (429, 503, 504))


def content_of(
    vram_gb: Optional[float],
    devices: int,
    shared: bool,
    timed: bool,
    priority: int,
    max_duration_s: Optional[float],
    ttl_s: float,
    holder: Optional[str],
) -> Json:
    """The request of these arguments. ValueError for what excludes each other."""
    if vram_gb is None and shared:
        raise ValueError("a shared lease must say how much memory: vram_gb")
    if timed and shared:
        raise ValueError("a lease for time measurements has whole devices: timed and shared exclude each other")
    content: Json = {
        "vram_gb": ANY_VRAM_GB if vram_gb is None else vram_gb, "devices": devices, "shared": shared, "timed": timed,
        "priority": priority, "ttl_s": ttl_s,
    }
    if max_duration_s is not None:
        content["max_duration_s"] = max_duration_s
    if holder is not None:
        content["holder"] = holder
    return content


# -- a lease ----------------------------------------------------------------------------------------------------------


class HeldLease:
    """A lease, which a thread renews until it is given back or lost.

    id, token: as the node gave them. A result that names the token is stored only while the lease is this holder's.
    device: UUID of the first GPU; `devices` has those of all.
    vram_mib: memory that may be used on each of them.
    lost: is set when the lease has ended without having been given back; `reason` then says why.
    """

    def __init__(
        self,
        transport: Transport,
        content: Json,
        ttl_s: float,
        set_visible_devices: bool,
        on_end: Callable[["HeldLease"], None],
    ) -> None:
        self.id: str = content["id"]
        self.token: str = content["token"]
        self.device: str = content["device"]
        self.devices: List[str] = [each["uuid"] for each in content.get("devices", [])] or [self.device]
        self.vram_mib: int = int(content["vram_mib"])
        self.shared: bool = bool(content.get("shared", False))
        self.lost = threading.Event()
        self.reason = ""
        self._outcome = ""
        self._transport = transport
        self._interval_s = float(content.get("ttl_s") or ttl_s) / 3
        self._on_end = on_end
        self._process = os.getpid()
        self._ended = threading.Event()
        self._failing = False
        self._hidden = os.environ.get(_VISIBLE)
        self._sets_visible = set_visible_devices
        if set_visible_devices:
            os.environ[_VISIBLE] = ",".join(self.devices)
        # A daemon: when the process ends, so does the lease.
        self._thread = threading.Thread(target=self._run, name=f"hivemark-lease-{self.id}", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:  # without the token
        return f"<{type(self).__name__} {self.id}: {self.vram_mib} MiB on {', '.join(self.devices)}>"

    def check(self) -> None:
        """Raises LeaseLost when the lease has ended without having been given back. Asks nobody."""
        if self.lost.is_set():
            raise LeaseLost(self.id, self._outcome, self.reason)

    def _say_ready(self) -> None:
        self.check()
        try:
            self._renew(ready=True, timeout_s=None)
        except NodeError as error:
            if error.code not in _ENDS:
                raise
            self._lose_to(error)
            self.check()

    def _give_back(self) -> None:
        """Once; in a forked process not at all, because the lease is the parent's."""
        if self._ended.is_set() or os.getpid() != self._process:
            return
        self._ended.set()
        self._on_end(self)
        if self._sets_visible:
            if self._hidden is None:
                os.environ.pop(_VISIBLE, None)
            else:
                os.environ[_VISIBLE] = self._hidden
        if self.lost.is_set():
            return
        try:
            _release(self._transport, self.id, self.token)
        except HivemarkError as error:
            log.warning("Lease %s was not given back, and ends by itself: %s", self.id, error)

    # -- the thread's side --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        due = time.monotonic() + self._interval_s
        while not self._ended.wait(min(self._interval_s, LOOK_INTERVAL_S)):
            is_due = time.monotonic() >= due
            try:
                lease = self._renew(timeout_s=RENEWAL_TIMEOUT_S) if is_due else self._look()
            except NodeError as error:
                if error.code in _ENDS:
                    return self._lose_to(error)
                self._note_failure(error)
                continue
            except Unreachable as error:
                self._note_failure(error)
                continue
            if self._failing:
                log.info("Lease %s is renewed again.", self.id)
            self._failing = False
            if lease["state"] != "active":
                return self._lose(lease)
            if is_due:
                due = time.monotonic() + self._interval_s

    def _renew(self, *, ready: bool = False, timeout_s: Optional[float]) -> Json:
        body = json.dumps({"token": self.token, "ready": ready}).encode("ascii")
        return _content(self._transport.request("POST", _path(self.id, "/renew"), body, timeout_s=timeout_s))

    def _look(self) -> Json:
        return _content(self._transport.request("GET", _path(self.id), timeout_s=RENEWAL_TIMEOUT_S))

    def _note_failure(self, error: HivemarkError) -> None:
        if not self._failing:
            log.warning("Lease %s cannot be renewed now, and is tried again: %s", self.id, error)
        self._failing = True

    def _lose_to(self, error: NodeError) -> None:
        """The lease itself tells more than the refusal of its renewal."""
        try:
            lease = self._look()
        except HivemarkError:
            lease = {"state": "active"}
        self._lose(lease if lease["state"] != "active" else {"outcome": "ended", "reason": error.detail})

    def _lose(self, lease: Json) -> None:
        if self._ended.is_set():  # it was given back meanwhile
            return
        outcome = lease.get("outcome", "open")
        self._outcome = lease.get("state", "ended") if outcome == "open" else outcome
        self.reason = lease.get("reason", "")
        self.lost.set()
        log.warning("%s", LeaseLost(self.id, self._outcome, self.reason))


class Lease(HeldLease):
    __doc__ = HeldLease.__doc__

    def __enter__(self) -> Lease:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.release()

    def ready(self) -> None:
        """Says that the memory is loaded: until then, or for a while, the next shared lease of the GPU waits."""
        self._say_ready()

    def release(self) -> None:
        """Gives it back. No effect when that was done, when it was lost, and in a forked process."""
        self._give_back()


class AsyncLease(HeldLease):
    """As `Lease`, with coroutines."""

    _run_aside: Callable[[Callable[[], None]], Awaitable[None]]

    async def ready(self) -> None:
        """See `Lease.ready`."""
        await self._run_aside(self._say_ready)

    async def release(self) -> None:
        """See `Lease.release`."""
        await self._run_aside(self._give_back)


class Leases:
    """The leases of one client."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._held: Dict[str, HeldLease] = {}
        self._lock = threading.Lock()
        _open.add(self)

    def request(self, content: Json, timeout: Optional[float]) -> LeaseRequest:
        return LeaseRequest(self._transport, content, timeout)

    def take(self, content: Json, timeout: Optional[float], set_visible_devices: bool) -> Lease:
        request = self.request(content, timeout)
        try:
            while (lease := request.ask()) is None:
                time.sleep(request.pause_s())
            return self.hold(Lease, lease, content["ttl_s"], set_visible_devices)
        except NodeError:
            raise  # there is nothing to withdraw
        except BaseException:  # Ctrl-C among them
            request.withdraw()
            raise

    def hold(self, kind: Type[_Held], lease: Json, ttl_s: float, set_visible_devices: bool) -> _Held:
        out = kind(self._transport, lease, ttl_s, set_visible_devices, self._forget)
        with self._lock:
            self._held[out.id] = out
        return out

    def close(self) -> None:
        """Gives back what this process still holds."""
        with self._lock:
            held = list(self._held.values())
        for each in held:
            each._give_back()

    def _forget(self, lease: HeldLease) -> None:
        with self._lock:
            self._held.pop(lease.id, None)


_Held = TypeVar("_Held", bound=HeldLease)
_open: "weakref.WeakSet[Leases]" = weakref.WeakSet()


def _close_all() -> None:
    for leases in list(_open):
        leases.close()


atexit.register(_close_all)


class PendingLease:
    """A lease that is taken by `async with`, which also gives it back, or by `await`."""

    def __init__(
        self,
        leases: Leases,
        run: Callable[[Callable[[], Any]], Awaitable[Any]],
        content: Json,
        timeout: Optional[float],
        set_visible_devices: bool,
    ) -> None:
        self._leases = leases
        self._run = run
        self._content = content
        self._timeout = timeout
        self._set_visible_devices = set_visible_devices
        self._lease: Optional[AsyncLease] = None

    def __await__(self) -> Generator[Any, None, AsyncLease]:
        return self._take().__await__()

    async def __aenter__(self) -> AsyncLease:
        self._lease = await self._take()
        return self._lease

    async def __aexit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if self._lease is not None:
            await asyncio.shield(self._lease.release())

    async def _take(self) -> AsyncLease:
        request = self._leases.request(self._content, self._timeout)
        try:
            while (lease := await self._run(request.ask)) is None:
                await asyncio.sleep(request.pause_s())
        except NodeError:
            raise
        except BaseException:  # a cancelled task among them
            await asyncio.shield(asyncio.ensure_future(self._run(request.withdraw)))
            raise
        out = self._leases.hold(AsyncLease, lease, self._content["ttl_s"], self._set_visible_devices)
        out._run_aside = self._run
        return out


# -- requests ---------------------------------------------------------------------------------------------------------


def _path(id: str, rest: str = "") -> str:
    return f"{_LEASES}/{quote(id, safe='')}{rest}"


def _release(transport: Transport, id: str, token: str) -> None:
    """In the body, because URLs are logged. A lease that has ended already is as good."""
    body = json.dumps({"token": token}).encode("ascii")
    answer = transport.request("DELETE", _path(id), body)
    if answer.status not in (404, 409):
        _content(answer)


def _content(answer: Answer) -> Json:
    if not 200 <= answer.status < 300:
        raise answer.error()
    content = answer.json()
    if not isinstance(content, dict):
        raise NodeError(answer.status, "", "the answer is no JSON object")
    return content
