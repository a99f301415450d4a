"""What a node can be asked: each route of its API once. `_api.py` makes methods of both clients of it.

A function here is a description and is never run: its signature names the fields of the request, its annotation the
answer, its text is the method's documentation. To add a route, add a function here, or to one of the files beside this
one, and a line to each class there; a test compares all of them with the node's OpenAPI document.
"""
# mypy: disable-error-code=empty-body

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence

from ._operation import operation

Json = Dict[str, Any]

# -- the node ---------------------------------------------------------------------------------------------------------


@operation("GET", "/healthz")
def health() -> Json:
    """The node's state: {status, node, id, version, epoch, uptime_s}."""
    ...


@operation("GET", "/readyz")
def ready() -> Json:
    """The same when the node is ready; NodeError with status 503 and the reason when it is not."""
    ...


@operation("GET", "/metrics", text=True)
def metrics() -> str:
    """The node's metrics in the text format of Prometheus."""
    ...


@operation("GET", "/openapi.json")
def openapi() -> Json:
    """The OpenAPI document of the node's API."""
    ...


@operation("GET", "/api/v1/status")
def status() -> Json:
    """The node at a glance: {health, ready, not_ready, store_free_bytes, …}."""
    ...


@operation("GET", "/api/v1/events", events=True)
def events(*, since: Optional[int] = None, kind: Optional[Sequence[str]] = None) -> Iterator[Json]:
    """The node's events as they happen, from the one after `since` on. Ends only with the node: iterate, and close."""
    ...


# -- snapshots and upgrades -------------------------------------------------------------------------------------------


@operation("POST", "/api/v1/snapshots", query=("wait",))
def capture_snapshot(
    version: str,
    *,
    git_sha: Optional[str] = None,
    tier: Optional[str] = None,
    repeats: Optional[int] = None,
    adapters: Optional[Sequence[str]] = None,
    measurements: Optional[Mapping[str, Mapping[str, Any]]] = None,
    wait: Optional[bool] = None,
    patience_s: float = 3600.0,
) -> Json:
    """Captures a snapshot of a version and returns it; with wait=False where it will be.

    adapters: the node's adapters of the tier that measure; all of them when None, none when empty.
    measurements: what the caller measured itself, by adapter, as `hivemark.measure` returns it.
    patience_s: longest wait for the adapters, beyond the client's timeout.
    """
    ...


@operation("GET", "/api/v1/snapshots")
def list_snapshots(*, limit: Optional[int] = None, after: Optional[str] = None) -> Json:
    """The versions with a snapshot: {snapshots, next}."""
    ...


@operation("GET", "/api/v1/snapshots/{version}")
def get_snapshot(version: str) -> Json:
    """The snapshot of a version: its latest capture."""
    ...


@operation("GET", "/api/v1/snapshots/{version}/previous")
def previous_version(version: str) -> Json:
    """The summary of the newest other version, by the order of versions. NodeError no_data when there is none."""
    ...


@operation("PUT", "/api/v1/snapshots/{version}", body="snapshot")
def import_snapshot(version: str, snapshot: Mapping[str, Any]) -> Json:
    """Stores a snapshot that was captured elsewhere, in the node's form or that of HART OS."""
    ...


@operation("GET", "/api/v1/snapshots/{version}/captures")
def list_captures(version: str, *, limit: Optional[int] = None, after: Optional[int] = None) -> Json:
    """The captures of a version, oldest first: {captures, next, running}. Deleted ones have the reason."""
    ...


@operation("GET", "/api/v1/snapshots/{version}/captures/{n}")
def get_capture(version: str, n: int) -> Json:
    """One capture of a version."""
    ...


@operation("DELETE", "/api/v1/snapshots/{version}/captures/{n}")
def delete_capture(version: str, n: int, *, reason: str) -> Json:
    """Deletes one capture. Its points stay in the history of its metrics, marked, and count no more."""
    ...


@operation("GET", "/api/v1/results/latest")
def latest_results() -> Json:
    """The newest value of every metric: {node, results}."""
    ...


@operation("GET", "/api/v1/changes")
def list_changes(*, limit: Optional[int] = None, after: Optional[str] = None, worse: Optional[bool] = None) -> Json:
    """The changes of all metrics, newest first: {changes, next, metrics}.

    worse: only changes for the worse.
    """
    ...


@operation("GET", "/api/v1/upgrades/check")
def check_upgrade(
    old: str, new: str, *, policy: Optional[str] = None, order: Optional[str] = None, track: Optional[str] = None
) -> Json:
    """Whether `new` may replace `old`: {safe, verdict, reason, regressions, improvements, missing, …}.

    policy: "strict" (the node's default), "threshold" or "statistical", whose answer has judgements and an explanation.
    order: of the regressions: "severity" (the node's default), or "snapshot", as the old version's snapshot has them.
    track: line of versions whose reference counts too, for policy "statistical".
    """
    ...


@operation("GET", "/api/v1/upgrades/check/document", text=True)
def upgrade_document(
    old: str, new: str, *, policy: Optional[str] = None, order: Optional[str] = None, track: Optional[str] = None
) -> str:
    """A check with all that it was judged by, as a verdict document: JSON that `hivectl upgrade verify` computes again.
    Write it to a file as it is, in UTF-8; other bytes are another document.

    Parameters as of check_upgrade.
    """
    ...


@operation("POST", "/api/v1/upgrades/measure", query=("wait",))
def measure_upgrade(
    old: str,
    new: str,
    *,
    adapters: Optional[Sequence[str]] = None,
    track: Optional[str] = None,
    max_pairs: Optional[int] = None,
    max_minutes: Optional[float] = None,
    long: Optional[bool] = None,
    wait: Optional[bool] = None,
    patience_s: float = 86400.0,
) -> Json:
    """Measures both versions in turn until the statistics decide: {id, state, verdict, judgements, …}, at once or, with
    wait=True, when it has ended.

    patience_s: longest wait for the end, beyond the client's timeout.
    """
    ...


@operation("POST", "/api/v1/upgrades/calibrate", query=("wait",))
def calibrate_upgrade(
    version: str,
    *,
    adapters: Optional[Sequence[str]] = None,
    metrics: Optional[Sequence[str]] = None,
    pairs: Optional[int] = None,
    max_minutes: Optional[float] = None,
    long: Optional[bool] = None,
    wait: Optional[bool] = None,
    patience_s: float = 86400.0,
) -> Json:
    """Measures a version against itself: {id, state, calibrations, …}, at once or, with wait=True, when it has ended.

    metrics: those that are calibrated, as "adapter.metric", in which * stands for any text; all when None.
    patience_s: longest wait for the end, beyond the client's timeout.
    """
    ...


@operation("GET", "/api/v1/upgrades/measurements")
def list_measurements(*, limit: Optional[int] = None, after: Optional[str] = None) -> Json:
    """Paired measurements, the newest first: {measurements: [{id, old, new, state, verdict, …}], next}."""
    ...


@operation("GET", "/api/v1/upgrades/measurements/{id}")
def get_measurement(id: str) -> Json:
    """A paired measurement as it is now."""
    ...


@operation("GET", "/api/v1/upgrades/measurements/{id}/rounds")
def list_rounds(
    id: str, *, adapter: Optional[str] = None, limit: Optional[int] = None, after: Optional[int] = None
) -> Json:
    """What a paired measurement measured: {rounds: [{adapter, number, runs, left_out}], next}."""
    ...


@operation("POST", "/api/v1/upgrades/measurements/{id}/stop")
def stop_measurement(id: str, reason: str) -> Json:
    """Ends a paired measurement after its present run."""
    ...


@operation("GET", "/api/v1/tracks")
def list_tracks() -> Json:
    """The tracks with their reference versions: {tracks: [{track, version, history}]}."""
    ...


@operation("PUT", "/api/v1/tracks/{track}/reference")
def move_reference(track: str, version: str, reason: str) -> Json:
    """Makes another version the reference of a track; the reason stays in its history."""
    ...


@operation("GET", "/api/v1/tracks/{track}/reference")
def get_reference(track: str) -> Json:
    """The version against which a track's new versions are judged: {track, version, history}."""
    ...


# -- adapters and workers ---------------------------------------------------------------------------------------------


@operation("GET", "/api/v1/benchmarks")
def list_benchmarks() -> Json:
    """The node's adapters: {benchmarks: [{name, tier, source, available, reason, …}]}."""
    ...


@operation("POST", "/api/v1/benchmarks", query=("replace",))
def register_benchmark(
    name: str,
    command: Sequence[str],
    *,
    workdir: Optional[str] = None,
    timeout_s: Optional[float] = None,
    tier: Optional[str] = None,
    environment: Optional[Mapping[str, str]] = None,
    requires_gpu: Optional[bool] = None,
    min_vram_gb: Optional[float] = None,
    replace: Optional[bool] = None,
) -> Json:
    """Registers a command as an adapter. `register_adapter` does that for an adapter written in Python."""
    ...


@operation("DELETE", "/api/v1/benchmarks/{name}")
def remove_benchmark(name: str) -> Json:
    """Removes a registered adapter or an installed benchmark."""
    ...


@operation("POST", "/api/v1/benchmarks/install", query=("wait",))
def install_benchmark(
    name: str,
    repo_url: str,
    run_command: Sequence[str],
    *,
    commit: Optional[str] = None,
    metrics_file: Optional[str] = None,
    format: Optional[str] = None,
    timeout_s: Optional[float] = None,
    requires_gpu: Optional[bool] = None,
    min_vram_gb: Optional[float] = None,
    build_command: Optional[Sequence[str]] = None,
    network: Optional[bool] = None,
    wait: Optional[bool] = None,
    place: Optional[Json] = None,
    patience_s: float = 3600.0,
) -> Json:
    """Installs a benchmark from a git repository, or another commit of it: {name, state, installed: {commit, …}, …};
    with wait=False as soon as it has begun. `discover_and_install` takes the arguments of HART OS's function.

    metrics_file: the file that the command writes; its standard output when None.
    place: on another node of the hive: {node, labels, tier}; {} means the least loaded one.
    patience_s: longest wait for the install, beyond the client's timeout.
    """
    ...


@operation("GET", "/api/v1/benchmarks/installs")
def list_installs() -> Json:
    """Benchmarks from git repositories: {installs: [{name, state, progress, error, installed, …}]}."""
    ...


@operation("GET", "/api/v1/benchmarks/installs/{name}")
def get_install(name: str) -> Json:
    """One of them, at any stage."""
    ...


@operation("POST", "/api/v1/benchmarks/workers")
def register_worker(adapters: Mapping[str, Mapping[str, Any]], *, label: Optional[str] = None) -> Json:
    """Registers a worker and its adapters, {name: {tier, timeout_s}}: {worker, lease_s}. `Worker` does all of it."""
    ...


@operation("DELETE", "/api/v1/benchmarks/workers/{worker}")
def end_worker(worker: str) -> Json:
    """Ends a worker. What it has leased goes to others."""
    ...


@operation("GET", "/api/v1/benchmarks/work", patience="wait")
def take_work(worker: str, *, wait: float = 30.0) -> Json:
    """Waits for work: {work: {id, adapter, version, capture_id, run, repeats, lease_s}}, without `work` if none came."""
    ...


@operation("POST", "/api/v1/benchmarks/work/{id}")
def report_work(
    id: str,
    *,
    metrics: Optional[Mapping[str, Mapping[str, Any]]] = None,
    skipped: Optional[bool] = None,
    reason: Optional[str] = None,
    error: Optional[str] = None,
) -> Json:
    """Reports the result of leased work."""
    ...


@operation("POST", "/api/v1/benchmarks/work/{id}/renew")
def renew_work(id: str) -> Json:
    """Keeps leased work for longer: {id, lease_s}."""
    ...


@operation("POST", "/api/v1/models/{id}/observations")
def observe_model(id: str, observations: Sequence[Mapping[str, float]]) -> Json:
    """Adds observations of a model, oldest first: {latency_ms, accuracy}."""
    ...


@operation("POST", "/api/v1/world-model/stats")
def update_world_model(
    recorded: int, flushed: int, corrections: int, hivemind_queries: int, *, process: Optional[str] = None
) -> Json:
    """Replaces the world model's counters."""
    ...


# -- namespaces -------------------------------------------------------------------------------------------------------


@operation("GET", "/api/v1/namespaces")
def list_namespaces(*, limit: Optional[int] = None, after: Optional[str] = None) -> Json:
    """The node's namespaces: {namespaces: [{id, open}], count, max, next}. Ask with a client without a namespace."""
    ...


@operation("DELETE", "/api/v1/namespaces/{id}")
def end_namespace(id: str) -> Json:
    """Ends a namespace and deletes all that is in it."""
    ...


# -- tasks and tools --------------------------------------------------------------------------------------------------


@operation("POST", "/api/v1/tasks", query=("source", "after_row", "through_row"), body="records")
def record_tasks(
    records: Sequence[Mapping[str, Any]],
    *,
    source: Optional[str] = None,
    after_row: Optional[int] = None,
    through_row: Optional[int] = None,
) -> Json:
    """Records tasks and returns when they are durable: {recorded, duplicates, rejected}. `record` does not wait."""
    ...


@operation("GET", "/api/v1/tasks")
def list_tasks(
    *,
    task_type: Optional[str] = None,
    tool_name: Optional[str] = None,
    model_name: Optional[str] = None,
    user_id: Optional[str] = None,
    since: Optional[str] = None,
    until: Optional[str] = None,
    limit: Optional[int] = None,
    after: Optional[str] = None,
) -> Json:
    """Task records, latest recorded first: {tasks, next}."""
    ...


@operation("GET", "/api/v1/tasks/sources")
def list_task_sources() -> Json:
    """The sources of task records and how far each has been read."""
    ...


@operation("GET", "/api/v1/tasks/sources/{source}")
def get_task_source(source: str) -> Json:
    """How far a source of task records has been read."""
    ...


@operation("DELETE", "/api/v1/tasks/sources/{source}")
def forget_task_source(source: str) -> Json:
    """Forgets how far a source has been read."""
    ...


@operation("GET", "/api/v1/tools/best")
def best_tool(task_type: str, *, scope: Optional[str] = None, policy: Optional[str] = None) -> Json:
    """The best tool for a task type. NodeError no_data when none qualifies."""
    ...


@operation("GET", "/api/v1/tools/route")
def tool_route(
    task_type: str,
    *,
    available: Optional[Sequence[str]] = None,
    override: Optional[str] = None,
    policy: Optional[str] = None,
) -> Json:
    """The tool to use for a task, and why."""
    ...


@operation("GET", "/api/v1/tools/summary")
def tool_summary() -> Json:
    """Figures of every tool."""
    ...


@operation("GET", "/api/v1/tools/delta")
def learning_delta(*, scope: Optional[str] = None) -> Json:
    """The learning delta of this node, or of the others."""
    ...


@operation("POST", "/api/v1/tools/delta", body="delta")
def import_learning_delta(delta: Mapping[str, Any]) -> Json:
    """Imports another node's learning delta."""
    ...


@operation("DELETE", "/api/v1/tools/delta")
def drop_learning_deltas(*, origin: Optional[str] = None) -> Json:
    """Drops the imported deltas without origin, or those of one node."""
    ...


@operation("DELETE", "/api/v1/tools/delta/{origin}")
def drop_learning_delta(origin: str) -> Json:
    """Drops the imported delta of a node."""
    ...


# -- reviews ----------------------------------------------------------------------------------------------------------


@operation("POST", "/api/v1/reviews")
def start_review(
    repo: str,
    base: str,
    head: str,
    *,
    tests: Optional[Sequence[str]] = None,
    lint: Optional[Sequence[str]] = None,
    guardian: Optional[Sequence[str]] = None,
    results_file: Optional[str] = None,
    test_format: Optional[str] = None,
    known_failures: Optional[Sequence[str]] = None,
    measure_base: Optional[bool] = None,
    timeout_s: Optional[float] = None,
    pr_number: Optional[int] = None,
) -> Json:
    """Reviews a change of a git repository on the node's machine. Returns at once; `get_review` tells how far it is."""
    ...


@operation("GET", "/api/v1/reviews")
def list_reviews(*, limit: Optional[int] = None, after: Optional[str] = None) -> Json:
    """Reviews, newest first: {reviews, next}."""
    ...


@operation("GET", "/api/v1/reviews/{id}")
def get_review(id: str) -> Json:
    """A review, at any stage."""
    ...


# -- the hive ---------------------------------------------------------------------------------------------------------


@operation("GET", "/api/v1/hive/nodes")
def hive_nodes(*, node: Optional[str] = None) -> Json:
    """The nodes that this node knows."""
    ...


@operation("GET", "/api/v1/hive/status")
def hive_status() -> Json:
    """What the node exchanged with the others, and how far they agree."""
    ...


@operation("POST", "/api/v1/hive/vouch")
def vouch_for_store() -> Json:
    """Has the node publish without hearing from other nodes first: its store is no older copy. Answers as `hive_status`."""
    ...


@operation("GET", "/api/v1/hive/revocations")
def held_revocations() -> Json:
    """The newest revocation list of each CA that the node trusts: {lists: [{ca, name, number, list, ...}]}."""
    ...


@operation("POST", "/api/v1/hive/revocations")
def give_revocations(list: str) -> Json:
    """Gives the hive a newer revocation list, an X.509 CRL as PEM. Answers as `held_revocations`."""
    ...


@operation("GET", "/api/v1/hive/published")
def published_delta() -> Json:
    """The learning delta that the node published last."""
    ...


ALL: List[str] = [name for name, each in list(globals().items()) if hasattr(each, "operation_path")]
