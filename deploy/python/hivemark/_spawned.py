"""What an engine spawns on the nodes of the hive, and the thread that keeps it alive."""

from __future__ import annotations

import json
import logging
import os
import re
import threading
import time
import uuid
import weakref
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import Any, Dict, List, Literal, Mapping, Optional, Sequence, Type, Union
from urllib.parse import quote

from ._http import Answer, Transport
from .errors import HivemarkError, NodeError, Unreachable

log = logging.getLogger("hivemark")

State = Literal["running", "done", "failed", "ended"]
Outcome = Literal["success", "failure", "timeout"]

# A node ends what was spawned when it hears nothing for 2 s; so three keep-alives in a row may be late.
KEEP_ALIVE_INTERVAL_S = 0.5
# A keep-alive without an answer by then is repeated.
KEEP_ALIVE_TIMEOUT_S = 1.0
# What a node takes in one keep-alive beside the first.
MAX_ALSO = 1024
# Longest wait that one request asks for; a node takes up to 60 s.
LONGEST_WAIT_S = 20.0


class SpawnFailed(HivemarkError):
    """What was spawned has no result: it failed, or it has ended."""

    def __init__(self, spawned: Spawned) -> None:
        super().__init__(f"{spawned.name} on node {spawned.node} {spawned.state}: {spawned.reason}")
        self.state = spawned.state
        self.reason = spawned.reason


@dataclass(frozen=True)
class Place:
    """Where to spawn: on this node, or on one with all these labels, of this tier or a higher one ("flat", "regional",
    "central"). Without any of them on the least loaded one."""

    node: str = ""
    labels: Sequence[str] = ()
    tier: str = ""


@dataclass(frozen=True)
class Command:
    """A command that measures. It prints {"metrics": {name: {value, direction, unit}}}.

    words: program and arguments; the node's `engines.commands` must allow how they begin.
    name: of the adapter; made from the program's name when empty.
    """

    words: Sequence[str]
    name: str = ""
    timeout_s: float = 300.0


@dataclass(frozen=True)
class Research:
    """An AutoResearch session. Its id is generated when it is empty."""

    topic: str
    id: str = ""
    tool_name: str = ""
    model_name: str = ""
    user_id: str = ""
    metric: str = ""
    direction: Literal["higher", "lower"] = "higher"
    initial_value: Optional[float] = None
    prompt_id: str = ""
    flow_id: str = ""


Spawnable = Union[Command, Research, Sequence[str], Mapping[str, Any]]
Where = Union[None, str, Place, Sequence[str]]


@dataclass(eq=False)
class Spawned:
    """An adapter that was spawned: it measures once, at once.

    It lives as long as this process keeps it alive, which a thread of the client does. It ends with `end`, with the end
    of a `with` block, when the client is closed, and within seconds when this process dies or stands still for 2 s, with
    all its child processes. What may stay (`stay=True`) ends with `end` alone.

    id, engine, node, name: as the node gave them.
    state: as last heard: "running", "done", "failed" or "ended"; the client's thread hears twice a second.
    reason: why it failed or ended.
    """

    id: str
    engine: str
    node: str
    name: str
    stay: bool
    state: State
    reason: str
    _spawner: Spawner = field(repr=False)

    def __enter__(self) -> Spawned:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        try:
            self.end()
        except HivemarkError as failed:
            if kind is None:
                raise
            log.warning("%s could not be ended: %s", self.name, failed)

    def result(self, timeout: Optional[float] = None) -> Dict[str, Any]:
        """The measurement {metrics, …} of an adapter, or the report {session, delta} of a finished session.

        Waits `timeout` seconds, without a limit when None. Raises TimeoutError when there is none by then, SpawnFailed
        when there will be none, Unreachable and NodeError as all questions do.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            left_s = LONGEST_WAIT_S if deadline is None else min(LONGEST_WAIT_S, max(0.0, deadline - time.monotonic()))
            answer = self._spawner.fetch_result(self.id, left_s)
            self._update(answer["spawned"])
            if self.state == "done":
                return dict(answer["measurement"] if "measurement" in answer else answer["report"])
            if self.state != "running":
                raise SpawnFailed(self)
            if deadline is not None and time.monotonic() >= deadline:
                raise TimeoutError(f"{self.name} on node {self.node} has no result after {timeout} s")

    def end(self) -> None:
        """Ends it, with its child processes. No effect when it has ended."""
        self._spawner.end(self)

    def _update(self, told: Mapping[str, Any]) -> None:
        self.state = told["state"]
        self.reason = told.get("reason", "")

    def _is_gone(self, reason: str) -> None:
        self.state = "ended"
        self.reason = reason


class SpawnedSession(Spawned):
    """An AutoResearch session that was spawned. Its result is its report, once it is finished."""

    def iteration(
        self, outcome: Outcome, duration_s: float, *, value: Optional[float] = None, hypothesis: str = "", **more: str
    ) -> Dict[str, Any]:
        """Records an experiment, whatever its result. Returns the session with its counts.

        more: tool_name, model_name and idempotency_key.
        """
        step = {"outcome": outcome, "duration_s": duration_s, "value": value, "hypothesis": hypothesis, **more}
        return self._spawner.take_step(self.id, "iterations", step)

    def improvement(
        self, value: Optional[float] = None, *, git_sha: str = "", description: str = "", idempotency_key: str = ""
    ) -> Dict[str, Any]:
        """Records an experiment whose change was kept. Returns the session with its counts."""
        step = {
            "value": value, "git_sha": git_sha, "description": description, "idempotency_key": idempotency_key,
        }
        return self._spawner.take_step(self.id, "improvements", step)

    def finish(self, summary: str = "") -> Dict[str, Any]:
        """Finishes the session, and returns its report {session, delta}."""
        return self._spawner.take_step(self.id, "finish", {"summary": summary})


class Spawner:
    """Spawns for one client, and keeps what it spawned alive from one thread. Safe to use from any number of threads."""

    def __init__(self, transport: Transport, engine: Optional[str]) -> None:
        self._transport = transport
        self._engine = engine
        self._forget()
        _open_spawners.add(self)

    def _forget(self) -> None:
        self._changed = threading.Condition()
        self._alive: Dict[str, Spawned] = {}
        self._thread: Optional[threading.Thread] = None
        self._failing = False

    def spawn(self, what: Spawnable, place: Where, stay: bool) -> Spawned:
        content: Dict[str, Any] = {**_content_of(what), **_place_of(place), "stay": stay}
        if self._engine is not None:
            content["engine"] = self._engine
        told = self._post("/api/v1/spawned", content)
        kind = SpawnedSession if told["kind"] == "research" else Spawned
        out = kind(
            id=told["id"], engine=told["engine"], node=told["node"], name=told["name"], stay=told["stay"],
            state=told["state"], reason="", _spawner=self,
        )
        if not stay:
            self._keep(out)
        return out

    def fetch_result(self, id: str, wait_s: float) -> Dict[str, Any]:
        return _content(self._transport.get_late(_path(id, "/result"), wait_s, wait=f"{wait_s:.3f}"))

    def take_step(self, id: str, kind: str, step: Mapping[str, Any]) -> Dict[str, Any]:
        return self._post(_path(id, "/" + kind), {name: value for name, value in step.items() if value not in ("", None)})

    def end(self, spawned: Spawned) -> None:
        with self._changed:
            self._alive.pop(spawned.id, None)
        answer = self._transport.delete(_path(spawned.id))
        if answer.status != 404:  # then it has ended, and the node has forgotten it
            _content(answer)
        spawned._is_gone("this engine ended it")

    def close(self, timeout_s: float) -> None:
        """Ends everything that may not stay; what cannot be ended in time ends without its keep-alives."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            left = list(self._alive.values())
            self._alive.clear()
            self._changed.notify_all()
        for spawned in left:
            if time.monotonic() > deadline:
                break
            try:
                self.end(spawned)
            except HivemarkError as error:
                log.info("%s was not ended, and ends by itself: %s", spawned.name, error)

    def forget_parent(self) -> None:
        """In a forked process: what the parent spawned ends with the parent, so the child must not keep it alive."""
        self._forget()

    def _post(self, path: str, content: Mapping[str, Any]) -> Dict[str, Any]:
        body = json.dumps(content, allow_nan=False).encode("ascii")
        return _content(self._transport.post(path, body, "application/json"))

    # -- the thread's side --------------------------------------------------------------------------------------------

    def _keep(self, spawned: Spawned) -> None:
        with self._changed:
            self._alive[spawned.id] = spawned
            if self._thread is None:
                # A daemon: when the engine ends, so does what it spawned.
                self._thread = threading.Thread(target=self._run, name="hivemark-keep-alive", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._alive:
                    self._thread = None
                    return
                alive = list(self._alive.values())
            began = time.monotonic()
            for first in range(0, len(alive), MAX_ALSO):
                self._tell(alive[first : first + MAX_ALSO])
            with self._changed:
                self._changed.wait_for(
                    lambda: not self._alive, max(0.0, began + KEEP_ALIVE_INTERVAL_S - time.monotonic())
                )

    def _tell(self, alive: List[Spawned]) -> None:
        try:
            body = json.dumps({"also": [each.id for each in alive[1:]]}).encode("ascii")
            answer = self._transport.post(
                _path(alive[0].id, "/keepalive"), body, "application/json", KEEP_ALIVE_TIMEOUT_S
            )
            if answer.status == 404 and answer.error().code == "not_found":
                heard: Dict[str, Any] = {}
            else:
                heard = {told["id"]: told for told in _content(answer)["spawned"]}
            if self._failing:
                log.info("The node at %s takes keep-alives again.", self._transport.url)
            self._failing = False
        except (HivemarkError, KeyError, TypeError) as error:
            if not self._failing:
                log.warning("The node at %s takes no keep-alives: %s", self._transport.url, error)
            self._failing = True
            return
        for each in alive:
            self._hear(each, heard.get(each.id))

    def _hear(self, spawned: Spawned, told: Optional[Mapping[str, Any]]) -> None:
        with self._changed:
            if spawned.id not in self._alive:
                return  # ended meanwhile
            if told is None:
                spawned._is_gone("the node knows it no more: it has started again, or forgotten what has ended")
            else:
                spawned._update(told)
            if spawned.state == "ended":
                del self._alive[spawned.id]
        if spawned.state == "ended":
            log.warning("%s on node %s has ended: %s", spawned.name, spawned.node, spawned.reason)


def _path(id: str, rest: str = "") -> str:
    return f"/api/v1/spawned/{quote(id, safe='')}{rest}"


def _content(answer: Answer) -> Dict[str, Any]:
    if answer.status not in (200, 201):
        raise answer.error()
    content = answer.json()
    if not isinstance(content, dict):
        raise NodeError(answer.status, "", "the answer is no JSON object")
    return content


def _content_of(what: Spawnable) -> Dict[str, Any]:
    """The member of the request that says what to spawn."""
    if isinstance(what, Research):
        given = {name: value for name, value in asdict(what).items() if value not in ("", None)}
        return {"session": {"id": uuid.uuid4().hex, **given}}
    if isinstance(what, Command):
        return {"command": _command(what.words, what.name, what.timeout_s)}
    if isinstance(what, Mapping):
        if ("topic" in what) == ("command" in what):
            raise ValueError("a mapping to spawn holds either the `command` of an adapter or the `topic` of a session")
        return {"session": {"id": uuid.uuid4().hex, **what}} if "topic" in what else {"command": dict(what)}
    return {"command": _command(what, "", Command.timeout_s)}


def _command(given: Sequence[str], name: str, timeout_s: float) -> Dict[str, Any]:
    if isinstance(given, (str, bytes)):
        raise TypeError("a command is a list of words, not one text: no shell is involved")
    words = list(given)
    if not words or not all(isinstance(word, str) for word in words):
        raise ValueError("a command is a list of at least one word")
    name = name or re.sub(r"[^A-Za-z0-9._-]+|^[^A-Za-z0-9]+", "", os.path.basename(words[0]))[:64] or "command"
    return {"name": name, "command": words, "timeout_s": timeout_s}


def _place_of(where: Where) -> Dict[str, Any]:
    if where is None:
        return {}
    if isinstance(where, str):
        where = Place(node=where)
    elif not isinstance(where, Place):
        where = Place(labels=where)
    place: Dict[str, Any] = {"labels": list(where.labels)}
    if where.node:
        place["node"] = where.node
    if where.tier:
        place["tier"] = where.tier
    return {"place": place}


# -- the process ------------------------------------------------------------------------------------------------------

_open_spawners: "weakref.WeakSet[Spawner]" = weakref.WeakSet()


def _forget_parent() -> None:
    for spawner in list(_open_spawners):
        spawner.forget_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_parent)
