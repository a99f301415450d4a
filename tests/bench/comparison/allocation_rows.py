"""Allocations of a node for each request. They hardly depend on what else the machine does."""

import contextlib
import json
import time

from .growth_rows import await_hive
from .node import Node, load
from .node_rows import A_RECORD, snapshot_of
from .plan import Group
from .table import Row

_UNIT = "allocations"


def _while_idle(node, seconds):
    """A second's allocations of a node that nobody asks."""
    before = node.counts.allocations()
    time.sleep(seconds)
    return (node.counts.allocations() - before) / seconds


def _requests():
    """Name, load, and number of requests."""
    return {
        "a capture without adapters": (["--method", "POST", "--target", "/api/v1/snapshots"], "capture.json", 50),
        "a record": (["--method", "POST", "--target", "/api/v1/tasks"], "record.json", 500),
        "a route": (["--target", "/api/v1/tools/route?task_type=feature"], None, 2_000),
        "an upgrade check of 5 metrics": (["--target", "/api/v1/upgrades/check?old=a&new=b"], None, 2_000),
    }


def _http():
    rows = {what: Row(f"allocations of {what}", _UNIT) for what in _requests()}

    @contextlib.contextmanager
    def opened(side, effort):
        with Node(side, counts_allocations=True) as node:
            node.file("capture.json", '{"version": "v1"}')
            node.file("record.json", json.dumps(A_RECORD))
            small = node.file("small.json", snapshot_of(5))
            for version in "ab":
                node.load("--method", "PUT", "--target", f"/api/v1/snapshots/{version}", "--body", small,
                          "--requests", 1)

            def sample():
                idle = _while_idle(node, effort.seconds(0.5))
                out = {}
                for what, (arguments, body, count) in _requests().items():
                    if body:
                        arguments = [*arguments, "--body", node.directory / body]
                    before = node.counts.allocations()
                    done = node.load(*arguments, "--requests", effort.count(count))
                    made = node.counts.allocations() - before - idle * done["seconds"]
                    out[rows[what].name] = made / done["answered"]
                return out

            yield sample

    return Group("allocations over HTTP", tuple(rows.values()), opened)


def _gossip():
    row = Row("allocations of a record of another node (gossip)", _UNIT)

    @contextlib.contextmanager
    def opened(side, effort):
        with contextlib.ExitStack() as stack:
            writer = stack.enter_context(Node(side, arguments=["--door", "127.0.0.1:0", "--name", "writer"]))
            reader = stack.enter_context(Node(side, counts_allocations=True, arguments=[
                "--door", "127.0.0.1:0", "--name", "reader", "--join", writer.door]))
            await_hive([writer, reader])
            writer.ask("POST", "/tasks", A_RECORD)
            time.sleep(effort.seconds(2))

            def sample():
                idle = _while_idle(reader, effort.seconds(2))
                records, began, before = effort.count(4), time.monotonic(), reader.counts.allocations()
                for _ in range(records):
                    writer.ask("POST", "/tasks", A_RECORD)
                    time.sleep(effort.seconds(1.5))  # longer than it takes to get there, so that none share a message
                made = reader.counts.allocations() - before - idle * (time.monotonic() - began)
                return {row.name: max(0, made / records)}

            yield sample

    return Group("allocations of gossip", (row,), opened)


def _spawn():
    row = Row("allocations of a spawn", _UNIT)
    took = Row("a spawn on the engine's node", "ms")

    @contextlib.contextmanager
    def opened(side, effort):
        config = '[engines]\nallow = ["adapter"]\ncommands = ["/bin/true"]\nquota = 1000\n'
        with Node(side, config=config, counts_allocations=True, arguments=["--door", "127.0.0.1:0"]) as node:

            def spend(count):
                before = node.counts.allocations()
                done = load(side, "spawn", "--at", node.door, "--count", count)
                return node.counts.allocations() - before, done["seconds"] / count * 1e3

            spend(1)  # the first one starts what later ones find

            def sample():
                few, many = 2, 2 + effort.count(40)
                made_by_few, _ = spend(few)  # the connection's allocations are in both
                made_by_many, ms = spend(many)
                return {row.name: (made_by_many - made_by_few) / (many - few), took.name: ms}

            yield sample

    return Group("spawns", (row, took), opened)


def groups():
    return [_http(), _gossip(), _spawn()]
