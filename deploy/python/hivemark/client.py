"""The client that agent engines use."""

from __future__ import annotations

import json
import os
import ssl
import time
import uuid
from datetime import datetime, timezone
from types import TracebackType
from typing import Any, Dict, List, Literal, Mapping, NamedTuple, Optional, Sequence, Tuple, Type, Union

from ._api import Api
from ._http import Answer, Transport
from ._lease import Lease, Leases, content_of
from ._measure import describe_command
from ._recorder import Counts, Recorder
from ._spawned import Spawnable, Spawned, Spawner, Where
from ._token import read_token_file
from ._upgrade_wait import UpgradeWait
from .errors import HivemarkError

BestTool = Tuple[str, float, float]
Policy = Literal["explore", "threshold"]

# What a node takes. Checked here as well, so that a mistake shows where it is made and not in a log later, and so that
# nothing of any size piles up in the buffer.
MAX_TEXT_BYTES = 128
MAX_TIME_S = 604_800


# What HART OS runs in a repository that names no command.
_PYTEST = ("python3", "-m", "pytest", "--benchmark-json=results.json")


class Route(NamedTuple):
    """Which tool to use, and why."""

    tool: str
    reason: str  #: "override", "local", "hive", "heuristic" or "available"
    exploring: bool  #: whether a tool with a higher estimate was passed over to learn about this one
    success_rate: Optional[float]  #: None without records
    avg_time: Optional[float]  #: seconds; None without records
    sample_count: int


class Client(Api):
    """Speaks to one node. Safe to use from any number of threads. It has a method for every route of the node's API.

    `record` never waits for the node and never fails because of it, only for its arguments: a background thread sends
    the records, in their order, until the node has acknowledged each. Questions go to the node at once and raise
    `Unreachable` when no answer comes within `timeout_s`, `NodeError` when the answer is an error; answers are None where
    nothing is known.

    url: where the node listens, http or https; or unix: and the path of its Unix socket.
    token: access token, where the node asks for one.
    token_file: file that holds it, in place of `token`; $HIVE_TOKEN_FILE when neither is given. Without any of them a
        node that is reached over the loopback gets the operator token that it wrote at its start, if this user may read
        that: `/run/hivemark/PORT.token`, `$XDG_RUNTIME_DIR/hivemark/PORT.token`, `$HIVE_DATA/operator.token` or
        `./hive-data/operator.token`. No other node is sent a token that nobody named.
    timeout_s: longest wait for one answer, also for that of a batch of records.
    buffer_records: most records that wait, at about 0.5 KB each. When that many wait, each new record drops the oldest
        one: an engine must not stumble over its own bookkeeping, and of two records the newer one says more about the
        tools of today. The log says so and `counts().dropped` counts them.
    gather_s: how long the background thread lets records gather before it sends them in one request, at most 1 s; 0 sends
        what is there at once.
    ssl_context: for https; the machine's certificates when not given.
    engine: name under which the node counts what this client spawns, and that holds its leases, where its token does not
        say it.
    namespace: id of a store of its own within the node, with its own statistics and versions, which its hive is never
        told about; the node's own when not given.

    A forked process may go on with the client it inherited: it has an empty buffer (its parent sends what waited), a
    thread of its own and counts from zero. It must call `flush` or `close` itself if it ends through os._exit, as the
    workers of multiprocessing do.

    At the end of the process all clients are closed, which waits 5 s at most.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:7420",
        *,
        token: Optional[str] = None,
        token_file: Optional[str] = None,
        timeout_s: float = 10.0,
        buffer_records: int = 100_000,
        gather_s: float = 0.001,
        ssl_context: Optional[ssl.SSLContext] = None,
        engine: Optional[str] = None,
        namespace: Optional[str] = None,
    ) -> None:
        if token is not None and token_file is not None:
            raise ValueError("token and token_file exclude each other")
        token_file = token_file or os.environ.get("HIVE_TOKEN_FILE")
        if token is None and token_file:
            token = read_token_file(token_file)
        self._transport = Transport(url, token, timeout_s, ssl_context, namespace)
        self._recorder = Recorder(self._transport, "/api/v1/tasks", buffer_records, gather_s)
        self._spawner = Spawner(self._transport, engine)
        self._engine = engine
        self._leases = Leases(self._transport)

    @property
    def url(self) -> str:
        """Where the node listens."""
        return self._transport.url

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

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
        """Notes a task that has just ended, well or not. Failures and timeouts are records too.

        The time of the call is the record's. An idempotency key goes with it, so that the node counts it once however
        often it is sent; the node remembers the keys of 900,000 records at least.

        Raises, whether or not the node is there, for what no node would take: ValueError for a task type or a tool
        without a name, a text of more than 128 bytes of UTF-8, with NUL or none of it, and a time that is not 0 to
        604,800 seconds (a week); TypeError for arguments of other types, such as "yes" for `success` or "1.5" for a time. Raises Closed after
        close(). What the node rejects for another reason is in the log and in `counts().rejected`.
        """
        self._recorder.put(
            encode_record(task_type, tool_name, completion_time_s, success, model_name, user_id, offloaded)
        )

    def flush(self, timeout_s: float = 30.0) -> bool:
        """Waits until every record noted so far is settled: durable on the node, or counted as rejected or dropped.

        False when some are not after `timeout_s`; they are not lost, and the thread goes on.
        """
        return self._recorder.flush(timeout_s)

    def close(self, timeout_s: float = 5.0) -> bool:
        """Gives leases back, ends what was spawned and may not stay, flushes, then ends the threads. Questions may still be asked; records
        are refused with Closed.

        False when records were not settled after `timeout_s`: these are given up and counted as dropped, although those
        being sent at that moment may have arrived.
        """
        self._leases.close()
        self._spawner.close(timeout_s)
        return self._recorder.close(timeout_s)

    def counts(self) -> Counts:
        """What became of the records so far."""
        return self._recorder.counts()

    # -- spawning -----------------------------------------------------------------------------------------------------

    def spawn(self, what: Spawnable, place: Where = None, *, stay: bool = False) -> Spawned:
        """Spawns an adapter or an AutoResearch session on a node of the hive, and keeps it alive until it is ended.

            with hive.spawn(["/opt/bench/measure", "--quick"], place=["big-disk"]) as measured:
                print(measured.result(timeout=60)["metrics"])

        what: the words of a command, or a `Command`; a `Research` for a session, which returns a `SpawnedSession`; or a
            mapping as in the API.
        place: the id of a node, a list of labels that the node must have, or a `Place`; without it the least loaded
            node is taken.
        stay: whether it lives on without this process, where the node allows that.

        Needs a token of role operate. Raises NodeError with code "forbidden" for what the nodes do not allow, "overloaded"
        when the engine's quota is used up, "not_found" and "unavailable" for the place; Unreachable when no answer
        came: what may have been spawned then ends by itself within seconds, unless it may stay.
        """
        return self._spawner.spawn(what, place, stay)

    def list_spawned(self) -> List[Dict[str, Any]]:
        """What engines have spawned over the HTTP of this node: {id, engine, node, kind, name, state, …}."""
        return list(self._content(self._transport.get("/api/v1/spawned"))["spawned"])

    def list_engines(self) -> List[Dict[str, Any]]:
        """The engines of this node, {name, protocol, spawned, …}, connected with its door or speaking HTTP."""
        return list(self._content(self._transport.get("/api/v1/engines"))["engines"])

    # -- decisions of the hive ----------------------------------------------------------------------------------------

    def wait_for_upgrade(
        self, id: str, *, through_rollout: bool = False, timeout: Optional[float] = None
    ) -> Dict[str, Any]:
        """Waits until the hive has decided about a proposal, and returns it as `get_upgrade` does.

            upgrade = hive.propose_upgrade("v2.0", "v2.1")
            if is_approved(hive.wait_for_upgrade(upgrade["id"])):
                deploy()

        Its `decision` is "approved", "rejected", "aborted", "refused" or, without a timeout, "held": nothing follows from
        the votes, or its deadline has passed. `hivemark.is_approved` says whether it is a yes: an approved one may have been
        rolled back since.

        through_rollout: waits on until the approved version is rolled out or rolled back: `rollout` is "complete" or
            "rolled back".
        timeout: seconds after which TimeoutError is raised. The proposal goes on: `stop_upgrade` stops it.

        A node that is away for up to a minute is waited for.
        """
        wait = UpgradeWait(through_rollout, timeout)
        while True:
            try:
                upgrade = self.get_upgrade(id)
            except HivemarkError as error:
                wait.bear(error)
            else:
                if wait.is_over(upgrade):
                    return upgrade
            time.sleep(wait.pause_s())

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
    ) -> Lease:
        """Takes a lease of GPU memory, and waits while others come first. A thread renews it until it is given back.

            with hive.lease(vram_gb=4) as lease:
                train(device=lease.device, memory_mib=lease.vram_mib, go_on=lease.check)

        vram_gb: GB (10⁹ bytes) on each device. Without `shared` the lease has whole devices with at least that much.
        devices: of this node, all or none.
        shared: other leases may be on the same device.
        timed: for measurements of time: no other timed lease of the node meanwhile.
        priority: -100 to 100; each step counts as ten minutes of waiting.
        max_duration_s: it ends then at the latest; by default the node derives that from the holder's earlier leases.
        ttl_s: it ends when it is not renewed for this long, as after the death of this process.
        holder: the name of the token, or else the client's `engine`, when not given.
        timeout: longest wait in seconds; TimeoutError after it.
        set_visible_devices: sets CUDA_VISIBLE_DEVICES of this process to the leased devices until it is given back. It
            has an effect only before CUDA is initialised.

        Raises NodeError with code "unsupported" when no GPU can ever satisfy it, "overloaded" when too many wait, and
        "forbidden"; LeaseLost when it ended before it was granted. An exception in the wait withdraws the request.
        """
        content = content_of(
            vram_gb, devices, shared, timed, priority, max_duration_s, ttl_s, holder or self._engine
        )
        return self._leases.take(content, timeout, set_visible_devices)

    def gpus(self) -> List[Dict[str, Any]]:
        """The node's GPUs: {uuid, name, vram_mib, free_mib, mode, state, …}."""
        return list(self._content(self._transport.get("/api/v1/gpus"))["gpus"])

    def leases(self) -> List[Dict[str, Any]]:
        """The leases, then the requests that wait: {id, state, holder, device, vram_mib, …}."""
        return list(self._content(self._transport.get("/api/v1/gpus/leases"))["leases"])

    # -- adapters -----------------------------------------------------------------------------------------------------

    def register_adapter(
        self,
        adapter: Any,
        *,
        name: Optional[str] = None,
        tier: Optional[str] = None,
        timeout_s: Optional[float] = None,
        requires_gpu: Optional[bool] = None,
        min_vram_gb: Optional[float] = None,
        environment: Optional[Mapping[str, str]] = None,
        workdir: Optional[str] = None,
        replace: bool = False,
    ) -> Dict[str, Any]:
        """Registers a benchmark adapter written in Python, which the node then runs in a process of its own:
        `python -m hivemark.adapter package.module:Class` with this interpreter, this search path and this directory.

        adapter: "package.module:Class", or a class or function of a module, or an object of such a class without
            state, because the other process makes an object of its own. ValueError for anything else.
        name, tier, requires_gpu, min_vram_gb: those of the adapter when not given.

        Needs the operator's role. An adapter that needs this process is run by a `Worker`.
        """
        spec = describe_command(adapter, name)
        return self.register_benchmark(
            spec.name,
            spec.command,
            workdir=os.path.abspath(workdir or os.getcwd()),
            timeout_s=timeout_s,
            tier=tier or spec.tier,
            environment={**spec.environment, **(environment or {})},
            requires_gpu=spec.requires_gpu if requires_gpu is None else requires_gpu,
            min_vram_gb=spec.min_vram_gb if min_vram_gb is None else min_vram_gb,
            replace=replace,
        )

    def discover_and_install(
        self,
        repo_url: str,
        name: str,
        requires_gpu: bool = False,
        min_vram_gb: float = 0.0,
        run_command: Union[str, Sequence[str]] = "",
        metrics_file: str = "",
        *,
        commit: Optional[str] = None,
        **more: Any,
    ) -> Dict[str, Any]:
        """Installs a benchmark from a git repository on the node, with the arguments of HART OS's function.

        run_command: program and arguments, or a line for a shell; pytest with its benchmarks when empty.
        metrics_file: the file that the command writes, `results.json` when empty.
        commit: 40 hex digits, a branch or a tag; the repository's HEAD when None.
        more: see `install_benchmark`.

        Needs the operator's role. NodeError when the node does not allow the URL, or a step fails.
        """
        command = run_command or _PYTEST
        return self.install_benchmark(
            name,
            repo_url,
            ["/bin/sh", "-c", command] if isinstance(command, str) else list(command),
            commit=commit,
            metrics_file=metrics_file or "results.json",
            requires_gpu=requires_gpu,
            min_vram_gb=min_vram_gb,
            **more,
        )

    # -- questions ----------------------------------------------------------------------------------------------------

    def get_best_tool(self, task_type: str) -> Optional[BestTool]:
        """(tool, success rate, mean time in seconds) of the tool with the highest success rate, then the lowest mean
        time, among those with at least 5 records on this node; None when there is none."""
        return self._best_tool(task_type, "local")

    def get_hive_best_tool(self, task_type: str) -> Optional[BestTool]:
        """The same over what the other nodes measured."""
        return self._best_tool(task_type, "hive")

    def route(
        self,
        task_type: str,
        available_tools: Optional[Sequence[str]] = None,
        override: Optional[str] = None,
        *,
        policy: Policy = "explore",
    ) -> Optional[Route]:
        """Which tool to use for a task: `override` if it is available, else the best one that this node knows, else that
        of the hive, else that of the node's table, else the first available one.

        available_tools: preferred ones first; any tool when None.
        policy: "explore" tries a little known tool now and then, once the node has 5 records of the task type, so that
            what is best stays known; "threshold" never does: it takes the highest success rate of 5 records or more.

        None when no tool is known or available. Raises ValueError for another policy.
        """
        if policy not in ("explore", "threshold"):
            raise ValueError(f"policy must be 'explore' or 'threshold', not {policy!r}")
        query = {"task_type": task_type, "policy": policy}
        if available_tools is not None:
            if not available_tools:
                return None
            query["available"] = _comma_separated(available_tools)
        if override:
            query["override"] = override
        found = self._ask("/api/v1/tools/route", **query)
        if found is None:
            return None
        return Route(
            found["tool_name"],
            found["reason"],
            found["exploring"],
            _float_or_none(found["success_rate"]),
            _float_or_none(found["avg_time_s"]),
            found["sample_count"],
        )

    def get_summary(self) -> Dict[str, Any]:
        """{total_benchmarks, by_tool: [{tool, total, success_rate, avg_time_s}], by_task_type: [{task_type, tool, …}]}"""
        summary: Dict[str, Any] = _with_floats(self._content(self._transport.get("/api/v1/tools/summary")))
        return summary

    def export_learning_delta(self) -> Optional[Dict[str, Any]]:
        """{coding_benchmarks: {task_type: {tool: {success_rate, avg_time_s, sample_count, …}}}, ts} for other nodes; None
        when no tool has 5 records of one task type."""
        found = self._ask("/api/v1/tools/delta")
        return None if found is None else _with_floats(found)

    def import_hive_delta(self, aggregated: Dict[str, Any]) -> int:
        """Gives the node what another one exported, in place of what that one said before. How many tools it names."""
        if not aggregated.get("coding_benchmarks"):
            return 0
        body = json.dumps(aggregated, allow_nan=False).encode("ascii")
        answer = self._transport.post("/api/v1/tools/delta", body, "application/json")
        return int(self._content(answer)["recorded"])

    def _best_tool(self, task_type: str, scope: str) -> Optional[BestTool]:
        found = self._ask("/api/v1/tools/best", task_type=task_type, scope=scope, policy="threshold")
        return None if found is None else (found["tool_name"], float(found["success_rate"]), float(found["avg_time_s"]))

    def _ask(self, path: str, **query: str) -> Optional[Dict[str, Any]]:
        answer = self._transport.get(path, **query)
        # Only a node's word that it knows nothing; another 404 means that the URL is wrong.
        if answer.status == 404 and answer.error().code == "no_data":
            return None
        return self._content(answer)

    @staticmethod
    def _content(answer: Answer) -> Dict[str, Any]:
        if answer.status not in (200, 201):
            raise answer.error()
        content = answer.json()
        if not isinstance(content, dict):
            raise answer.error()
        return content


def encode_record(
    task_type: str,
    tool_name: str,
    completion_time_s: float,
    success: bool,
    model_name: str,
    user_id: str,
    offloaded: bool,
) -> bytes:
    """A record of a task that ends now as a line of JSON, with an idempotency key. Raises as `Client.record` does."""
    texts = {"task_type": task_type, "tool_name": tool_name, "model_name": model_name, "user_id": user_id}
    for name, text in texts.items():
        _check_text(name, text, may_be_empty=name in ("model_name", "user_id"))
    record = {
        **{name: text for name, text in texts.items() if text},
        "completion_time_s": _to_seconds(completion_time_s),
        "success": _to_bool("success", success),
        "offloaded": _to_bool("offloaded", offloaded),
        "timestamp": datetime.now(timezone.utc).isoformat(),
        "idempotency_key": uuid.uuid4().hex,
    }
    return json.dumps(record, separators=(",", ":"), allow_nan=False).encode("ascii")


def _check_text(name: str, text: Any, may_be_empty: bool) -> None:
    if not isinstance(text, str):
        raise TypeError(f"{name} must be a str, not {type(text).__name__}")
    if not text and not may_be_empty:
        raise ValueError(f"{name} must not be empty")
    if "\0" in text:
        raise ValueError(f"{name} holds a NUL character, which no node takes")
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise ValueError(f"{name} holds half of a surrogate pair, which is no text") from error
    if size > MAX_TEXT_BYTES:
        raise ValueError(f"{name} must have at most {MAX_TEXT_BYTES} bytes of UTF-8, this has {size}")


def _to_seconds(value: Any) -> float:
    # What is a number, numpy's and Decimal too; not what could be read as one.
    if isinstance(value, bool) or not (hasattr(value, "__float__") or hasattr(value, "__index__")):
        raise TypeError(f"completion_time_s must be a number, not {type(value).__name__}")
    try:
        seconds = float(value)
    except TypeError as error:  # complex, before Python 3.10
        raise TypeError(f"completion_time_s must be a number, not {type(value).__name__}") from error
    except (ValueError, OverflowError) as error:
        raise ValueError("completion_time_s must be a number of seconds") from error
    if not 0 <= seconds <= MAX_TIME_S:  # false for NaN as well
        raise ValueError(f"completion_time_s must be from 0 to {MAX_TIME_S} seconds, not {seconds}")
    return seconds


def _to_bool(name: str, value: Any) -> bool:
    # By equality, so that 0, 1 and numpy's bools will do. Any other text or object would count as true.
    if value not in (False, True):
        raise TypeError(f"{name} must be True or False, not {value!r}")
    return bool(value)


def _float_or_none(value: Any) -> Optional[float]:
    return None if value is None else float(value)


# Members of answers that hold numbers with a fraction. JSON writes 1.0 as 1.
_FLOATS = ("success_rate", "avg_time_s", "ts")


def _with_floats(content: Any) -> Any:
    """The same with floats where a float is meant."""
    if isinstance(content, list):
        return [_with_floats(each) for each in content]
    if not isinstance(content, dict):
        return content
    return {
        name: float(value) if name in _FLOATS and type(value) is int else _with_floats(value)
        for name, value in content.items()
    }


def _comma_separated(names: Sequence[str]) -> str:
    if isinstance(names, str):
        raise TypeError("available_tools must be a list of names, not one name")
    for name in names:
        if not name or "," in name:
            raise ValueError(f"a tool that can be asked for has a name without commas, not {name!r}")
    return ",".join(names)
