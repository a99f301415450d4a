"""The routes of a node's API as methods of the two clients."""

from __future__ import annotations

from typing import Any, Awaitable, Callable, Generic, Optional, TypeVar, Union, overload

from . import _operations as ops
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
    check_upgrade = method(ops.check_upgrade)
    # adapters and workers
    list_benchmarks = method(ops.list_benchmarks)
    register_benchmark = method(ops.register_benchmark)
    remove_benchmark = method(ops.remove_benchmark)
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
    # AutoResearch
    begin_research = method(ops.begin_research)
    list_research = method(ops.list_research)
    get_research = method(ops.get_research)
    record_iteration = method(ops.record_iteration)
    record_improvement = method(ops.record_improvement)
    finish_research = method(ops.finish_research)
    research_context = method(ops.research_context)
    # the hive
    hive_nodes = method(ops.hive_nodes)
    hive_status = method(ops.hive_status)
    published_delta = method(ops.published_delta)


class AsyncApi(_AsyncApi):
    """The same as coroutines."""

    # the node
    health = async_method(ops.health)
    ready = async_method(ops.ready)
    metrics = async_method(ops.metrics)
    openapi = async_method(ops.openapi)
    status = async_method(ops.status)
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
    check_upgrade = async_method(ops.check_upgrade)
    # adapters and workers
    list_benchmarks = async_method(ops.list_benchmarks)
    register_benchmark = async_method(ops.register_benchmark)
    remove_benchmark = async_method(ops.remove_benchmark)
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
    # AutoResearch
    begin_research = async_method(ops.begin_research)
    list_research = async_method(ops.list_research)
    get_research = async_method(ops.get_research)
    record_iteration = async_method(ops.record_iteration)
    record_improvement = async_method(ops.record_improvement)
    finish_research = async_method(ops.finish_research)
    research_context = async_method(ops.research_context)
    # the hive
    hive_nodes = async_method(ops.hive_nodes)
    hive_status = async_method(ops.hive_status)
    published_delta = async_method(ops.published_delta)
