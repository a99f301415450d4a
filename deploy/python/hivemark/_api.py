"""The routes of a node's API as methods of the two clients."""

from __future__ import annotations

from typing import Any, Awaitable, Callable, Generic, Optional, TypeVar, Union, overload

from . import _agent_operations as agents
from . import _engine_operations as engines
from . import _gpu_operations as gpus
from . import _node_operations as node
from . import _operations as ops
from . import _upgrade_operations as upgrades
from ._http import Transport
from ._operation import Operation, P

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class _Api:
    """What a client gives its methods."""

    _transport: Transport


class method(Generic[P, T]):
    """An operation as a method that returns the answer."""

    def __init__(self, operation: Operation[P, T]) -> None:
        self.operation = operation
        self.__doc__ = operation.__doc__

    @overload
    def __get__(self, client: None, owner: Any) -> "method[P, T]": ...

    @overload
    def __get__(self, client: _Api, owner: Any) -> Callable[P, T]: ...

    def __get__(self, client: Optional[_Api], owner: Any) -> Union["method[P, T]", Callable[P, T]]:
        if client is None:
            return self
        transport = client._transport

        def ask(*args: P.args, **kwargs: P.kwargs) -> T:
            return self.operation.perform(transport, *args, **kwargs)

        return _described(ask, self.operation)


class _AsyncApi:
    """What an async client gives its methods."""

    _transport: Transport

    async def _run(self, work: Callable[[], T]) -> T:
        raise NotImplementedError


class async_method(Generic[P, T]):
    """An operation as a coroutine method."""

    def __init__(self, operation: Operation[P, T]) -> None:
        self.operation = operation
        self.__doc__ = operation.__doc__

    @overload
    def __get__(self, client: None, owner: Any) -> "async_method[P, T]": ...

    @overload
    def __get__(self, client: _AsyncApi, owner: Any) -> Callable[P, Awaitable[T]]: ...

    def __get__(
        self, client: Optional[_AsyncApi], owner: Any
    ) -> Union["async_method[P, T]", Callable[P, Awaitable[T]]]:
        if client is None:
            return self
        of = client

        async def ask(*args: P.args, **kwargs: P.kwargs) -> T:
            return await of._run(lambda: self.operation.perform(of._transport, *args, **kwargs))

        return _described(ask, self.operation)


def _described(ask: F, operation: Operation[Any, Any]) -> F:
    """With what help() and editors show."""
    ask.__name__ = operation.__name__
    ask.__doc__ = operation.__doc__
    ask.__signature__ = operation.signature  # type: ignore[attr-defined]
    return ask


class Api(_Api):
    """Every route of a node. All methods ask at once and raise Unreachable and NodeError."""

    # the node
    health = method(ops.health)
    ready = method(ops.ready)
    metrics = method(ops.metrics)
    openapi = method(ops.openapi)
    status = method(ops.status)
    who_am_i = method(node.who_am_i)
    list_backups = method(node.list_backups)
    make_backup = method(node.make_backup)
    list_tokens = method(node.list_tokens)
    list_audit = method(node.list_audit)
    events = method(ops.events)
    # snapshots and upgrades
    capture_snapshot = method(ops.capture_snapshot)
    list_snapshots = method(ops.list_snapshots)
    get_snapshot = method(ops.get_snapshot)
    previous_version = method(ops.previous_version)
    import_snapshot = method(ops.import_snapshot)
    list_captures = method(ops.list_captures)
    get_capture = method(ops.get_capture)
    delete_capture = method(ops.delete_capture)
    latest_results = method(ops.latest_results)
    list_metrics = method(node.list_metrics)
    metric_history = method(node.metric_history)
    list_changes = method(ops.list_changes)
    check_upgrade = method(ops.check_upgrade)
    upgrade_document = method(ops.upgrade_document)
    measure_upgrade = method(ops.measure_upgrade)
    calibrate_upgrade = method(ops.calibrate_upgrade)
    list_measurements = method(ops.list_measurements)
    get_measurement = method(ops.get_measurement)
    get_reference = method(ops.get_reference)
    list_rounds = method(ops.list_rounds)
    stop_measurement = method(ops.stop_measurement)
    list_tracks = method(ops.list_tracks)
    move_reference = method(ops.move_reference)
    # decisions of the hive
    propose_upgrade = method(upgrades.propose_upgrade)
    list_upgrades = method(upgrades.list_upgrades)
    get_upgrade = method(upgrades.get_upgrade)
    decision_document = method(upgrades.decision_document)
    stop_upgrade = method(upgrades.stop_upgrade)
    abort_upgrade = method(upgrades.abort_upgrade)
    list_track_members = method(upgrades.list_track_members)
    change_track_members = method(upgrades.change_track_members)
    admit_node = method(upgrades.admit_node)
    # adapters and workers
    list_benchmarks = method(ops.list_benchmarks)
    register_benchmark = method(ops.register_benchmark)
    remove_benchmark = method(ops.remove_benchmark)
    install_benchmark = method(ops.install_benchmark)
    list_installs = method(ops.list_installs)
    get_install = method(ops.get_install)
    register_worker = method(ops.register_worker)
    end_worker = method(ops.end_worker)
    take_work = method(ops.take_work)
    report_work = method(ops.report_work)
    renew_work = method(ops.renew_work)
    observe_model = method(ops.observe_model)
    update_world_model = method(ops.update_world_model)
    # namespaces
    list_namespaces = method(ops.list_namespaces)
    end_namespace = method(ops.end_namespace)
    # tasks and tools
    record_tasks = method(ops.record_tasks)
    list_tasks = method(ops.list_tasks)
    list_task_sources = method(ops.list_task_sources)
    get_task_source = method(ops.get_task_source)
    forget_task_source = method(ops.forget_task_source)
    best_tool = method(ops.best_tool)
    tool_route = method(ops.tool_route)
    tool_summary = method(ops.tool_summary)
    learning_delta = method(ops.learning_delta)
    import_learning_delta = method(ops.import_learning_delta)
    drop_learning_deltas = method(ops.drop_learning_deltas)
    drop_learning_delta = method(ops.drop_learning_delta)
    # reviews
    start_review = method(ops.start_review)
    list_reviews = method(ops.list_reviews)
    get_review = method(ops.get_review)
    # the hive
    hive_nodes = method(ops.hive_nodes)
    hive_status = method(ops.hive_status)
    held_revocations = method(ops.held_revocations)
    give_revocations = method(ops.give_revocations)
    vouch_for_store = method(ops.vouch_for_store)
    published_delta = method(ops.published_delta)
    # agents and their inputs
    list_agents = method(agents.list_agents)
    get_agent = method(agents.get_agent)
    put_recipe = method(agents.put_recipe)
    retire_recipe = method(agents.retire_recipe)
    put_trust = method(agents.put_trust)
    put_prompt = method(agents.put_prompt)
    set_agent_active = method(agents.set_agent_active)
    add_spans = method(agents.add_spans)
    add_runs = method(agents.add_runs)
    clear_spans = method(agents.clear_spans)
    # baselines
    capture_baseline = method(agents.capture_baseline)
    list_baselines = method(agents.list_baselines)
    latest_baseline = method(agents.latest_baseline)
    get_baseline = method(agents.get_baseline)
    import_baseline = method(agents.import_baseline)
    # judgement
    compare_baselines = method(agents.compare_baselines)
    agent_trend = method(agents.agent_trend)
    validate_agent = method(agents.validate_agent)
    validate_figures = method(agents.validate_figures)
    pin_reference = method(agents.pin_reference)
    unpin_reference = method(agents.unpin_reference)
    accept_agent = method(agents.accept_agent)
    explain_agent = method(agents.explain_agent)
    rebase_agent = method(agents.rebase_agent)
    # AutoResearch
    begin_research = method(engines.begin_research)
    list_research = method(engines.list_research)
    get_research = method(engines.get_research)
    record_iteration = method(engines.record_iteration)
    record_improvement = method(engines.record_improvement)
    finish_research = method(engines.finish_research)
    research_context = method(engines.research_context)
    # spawning
    start_spawned = method(engines.start_spawned)
    get_all_spawned = method(engines.get_all_spawned)
    get_spawned = method(engines.get_spawned)
    keep_spawned = method(engines.keep_spawned)
    spawned_result = method(engines.spawned_result)
    record_spawned_iteration = method(engines.record_spawned_iteration)
    record_spawned_improvement = method(engines.record_spawned_improvement)
    finish_spawned = method(engines.finish_spawned)
    end_spawned = method(engines.end_spawned)
    get_engines = method(engines.get_engines)
    # GPUs and their leases
    list_gpus = method(gpus.list_gpus)
    clear_gpu = method(gpus.clear_gpu)
    list_leases = method(gpus.list_leases)
    request_lease = method(gpus.request_lease)
    get_lease = method(gpus.get_lease)
    explain_lease = method(gpus.explain_lease)
    renew_lease = method(gpus.renew_lease)
    release_lease = method(gpus.release_lease)
    lease_history = method(gpus.lease_history)


class AsyncApi(_AsyncApi):
    """The same as coroutines."""

    # the node
    health = async_method(ops.health)
    ready = async_method(ops.ready)
    metrics = async_method(ops.metrics)
    openapi = async_method(ops.openapi)
    status = async_method(ops.status)
    who_am_i = async_method(node.who_am_i)
    list_backups = async_method(node.list_backups)
    make_backup = async_method(node.make_backup)
    list_tokens = async_method(node.list_tokens)
    list_audit = async_method(node.list_audit)
    # snapshots and upgrades
    capture_snapshot = async_method(ops.capture_snapshot)
    list_snapshots = async_method(ops.list_snapshots)
    get_snapshot = async_method(ops.get_snapshot)
    previous_version = async_method(ops.previous_version)
    import_snapshot = async_method(ops.import_snapshot)
    list_captures = async_method(ops.list_captures)
    get_capture = async_method(ops.get_capture)
    delete_capture = async_method(ops.delete_capture)
    latest_results = async_method(ops.latest_results)
    list_metrics = async_method(node.list_metrics)
    metric_history = async_method(node.metric_history)
    list_changes = async_method(ops.list_changes)
    check_upgrade = async_method(ops.check_upgrade)
    upgrade_document = async_method(ops.upgrade_document)
    measure_upgrade = async_method(ops.measure_upgrade)
    calibrate_upgrade = async_method(ops.calibrate_upgrade)
    list_measurements = async_method(ops.list_measurements)
    get_measurement = async_method(ops.get_measurement)
    get_reference = async_method(ops.get_reference)
    list_rounds = async_method(ops.list_rounds)
    stop_measurement = async_method(ops.stop_measurement)
    list_tracks = async_method(ops.list_tracks)
    move_reference = async_method(ops.move_reference)
    # decisions of the hive
    propose_upgrade = async_method(upgrades.propose_upgrade)
    list_upgrades = async_method(upgrades.list_upgrades)
    get_upgrade = async_method(upgrades.get_upgrade)
    decision_document = async_method(upgrades.decision_document)
    stop_upgrade = async_method(upgrades.stop_upgrade)
    abort_upgrade = async_method(upgrades.abort_upgrade)
    list_track_members = async_method(upgrades.list_track_members)
    change_track_members = async_method(upgrades.change_track_members)
    admit_node = async_method(upgrades.admit_node)
    # adapters and workers
    list_benchmarks = async_method(ops.list_benchmarks)
    register_benchmark = async_method(ops.register_benchmark)
    remove_benchmark = async_method(ops.remove_benchmark)
    install_benchmark = async_method(ops.install_benchmark)
    list_installs = async_method(ops.list_installs)
    get_install = async_method(ops.get_install)
    register_worker = async_method(ops.register_worker)
    end_worker = async_method(ops.end_worker)
    take_work = async_method(ops.take_work)
    report_work = async_method(ops.report_work)
    renew_work = async_method(ops.renew_work)
    observe_model = async_method(ops.observe_model)
    update_world_model = async_method(ops.update_world_model)
    # namespaces
    list_namespaces = async_method(ops.list_namespaces)
    end_namespace = async_method(ops.end_namespace)
    # tasks and tools
    record_tasks = async_method(ops.record_tasks)
    list_tasks = async_method(ops.list_tasks)
    list_task_sources = async_method(ops.list_task_sources)
    get_task_source = async_method(ops.get_task_source)
    forget_task_source = async_method(ops.forget_task_source)
    best_tool = async_method(ops.best_tool)
    tool_route = async_method(ops.tool_route)
    tool_summary = async_method(ops.tool_summary)
    learning_delta = async_method(ops.learning_delta)
    import_learning_delta = async_method(ops.import_learning_delta)
    drop_learning_deltas = async_method(ops.drop_learning_deltas)
    drop_learning_delta = async_method(ops.drop_learning_delta)
    # reviews
    start_review = async_method(ops.start_review)
    list_reviews = async_method(ops.list_reviews)
    get_review = async_method(ops.get_review)
    # the hive
    hive_nodes = async_method(ops.hive_nodes)
    hive_status = async_method(ops.hive_status)
    held_revocations = async_method(ops.held_revocations)
    give_revocations = async_method(ops.give_revocations)
    vouch_for_store = async_method(ops.vouch_for_store)
    published_delta = async_method(ops.published_delta)
    # agents and their inputs
    list_agents = async_method(agents.list_agents)
    get_agent = async_method(agents.get_agent)
    put_recipe = async_method(agents.put_recipe)
    retire_recipe = async_method(agents.retire_recipe)
    put_trust = async_method(agents.put_trust)
    put_prompt = async_method(agents.put_prompt)
    set_agent_active = async_method(agents.set_agent_active)
    add_spans = async_method(agents.add_spans)
    add_runs = async_method(agents.add_runs)
    clear_spans = async_method(agents.clear_spans)
    # baselines
    capture_baseline = async_method(agents.capture_baseline)
    list_baselines = async_method(agents.list_baselines)
    latest_baseline = async_method(agents.latest_baseline)
    get_baseline = async_method(agents.get_baseline)
    import_baseline = async_method(agents.import_baseline)
    # judgement
    compare_baselines = async_method(agents.compare_baselines)
    agent_trend = async_method(agents.agent_trend)
    validate_agent = async_method(agents.validate_agent)
    validate_figures = async_method(agents.validate_figures)
    pin_reference = async_method(agents.pin_reference)
    unpin_reference = async_method(agents.unpin_reference)
    accept_agent = async_method(agents.accept_agent)
    explain_agent = async_method(agents.explain_agent)
    rebase_agent = async_method(agents.rebase_agent)
    # AutoResearch
    begin_research = async_method(engines.begin_research)
    list_research = async_method(engines.list_research)
    get_research = async_method(engines.get_research)
    record_iteration = async_method(engines.record_iteration)
    record_improvement = async_method(engines.record_improvement)
    finish_research = async_method(engines.finish_research)
    research_context = async_method(engines.research_context)
    # spawning
    start_spawned = async_method(engines.start_spawned)
    get_all_spawned = async_method(engines.get_all_spawned)
    get_spawned = async_method(engines.get_spawned)
    keep_spawned = async_method(engines.keep_spawned)
    spawned_result = async_method(engines.spawned_result)
    record_spawned_iteration = async_method(engines.record_spawned_iteration)
    record_spawned_improvement = async_method(engines.record_spawned_improvement)
    finish_spawned = async_method(engines.finish_spawned)
    end_spawned = async_method(engines.end_spawned)
    get_engines = async_method(engines.get_engines)
    # GPUs and their leases
    list_gpus = async_method(gpus.list_gpus)
    clear_gpu = async_method(gpus.clear_gpu)
    list_leases = async_method(gpus.list_leases)
    request_lease = async_method(gpus.request_lease)
    get_lease = async_method(gpus.get_lease)
    explain_lease = async_method(gpus.explain_lease)
    renew_lease = async_method(gpus.renew_lease)
    release_lease = async_method(gpus.release_lease)
    lease_history = async_method(gpus.lease_history)
