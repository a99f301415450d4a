"""How costs of a node grow: with its records, metrics, versions and cells, and with the nodes of a hive. Costs are
processor time unless a row says otherwise."""

import contextlib
import json
import time

from .node import Node
from .node_rows import fill_cells, share_of_core, snapshot_of
from .plan import Growth
from .table import Row

_LIMIT = 1.1
_CAPTURES = 4  # that a node takes at once


def _row(name, cost_unit="us"):
    return Row(f"growth with {name}", "exponent", limit=_LIMIT, cost_unit=cost_unit)


def _cpu_of_each(node, target, seconds):
    """Of a question, in microseconds."""
    before = node.cpu_s()
    done = node.load("--target", target, "--seconds", seconds)
    return (node.cpu_s() - before) / done["answered"] * 1e6


def _records(most):
    record, restart = _row("records: recording all", "s"), _row("records: time to restart", "s")
    best = _row("records: a question for the best tool")
    lines = 1_000

    @contextlib.contextmanager
    def opened(side, effort):
        with Node(side) as node:
            line = {"tool_name": "aider", "success": True, "completion_time_s": 1}
            body = node.file("records.ndjson", "\n".join(
                json.dumps({"task_type": f"task_{i % 10}", **line}) for i in range(lines)))
            recorded, spent = 0, 0.0

            def sample(size):
                nonlocal recorded, spent
                before = node.cpu_s()
                node.load("--method", "POST", "--target", "/api/v1/tasks", "--type", "application/x-ndjson",
                          "--body", body, "--connections", 2, "--requests", (size - recorded) // lines)
                spent, recorded = spent + node.cpu_s() - before, size
                node.stop()
                began = time.monotonic()
                node.start()
                took = time.monotonic() - began
                return {record.name: spent, restart.name: took,
                        best.name: _cpu_of_each(node, "/api/v1/tools/best?task_type=task_1", effort.seconds(0.5))}

            yield sample

    sizes = tuple(10**n for n in range(3, 8) if 10**n <= most)
    return Growth("growth with records", (record, restart, best), sizes, opened, runs=1)


def _metrics():
    put, get, check = (_row(f"metrics of a snapshot: {what}") for what in ("PUT", "GET", "an upgrade check"))

    @contextlib.contextmanager
    def opened(side, effort):
        with Node(side) as node:
            prepared = set()

            def sample(size):
                body = node.directory / f"{size}.json"
                if size not in prepared:
                    node.file(body.name, snapshot_of(size))
                    prepared.add(size)
                before = node.cpu_s()
                count = max(2, 2_000 // size)
                node.load("--method", "PUT", "--target", f"/api/v1/snapshots/of-{size}", "--body", body,
                          "--requests", count)
                out = {put.name: (node.cpu_s() - before) / count * 1e6}
                out[get.name] = _cpu_of_each(node, f"/api/v1/snapshots/of-{size}", effort.seconds(0.3))
                out[check.name] = _cpu_of_each(node, f"/api/v1/upgrades/check?old=of-{size}&new=of-{size}",
                                               effort.seconds(0.3))
                return out

            yield sample

    return Growth("growth with metrics", (put, get, check), (10, 100, 1_000, 10_000), opened)


def _versions():
    imports, previous = _row("versions: importing all", "s"), _row("versions: a question for the previous one")

    @contextlib.contextmanager
    def opened(side, effort):
        with Node(side) as node:
            body = node.file("small.json", snapshot_of(5))
            imported, spent = 0, 0.0

            def sample(size):
                nonlocal imported, spent
                before = node.cpu_s()
                node.load("--method", "PUT", "--target", f"/api/v1/snapshots/of-{size}-{{n}}", "--body", body,
                          "--connections", _CAPTURES, "--requests", size - imported)
                spent, imported = spent + node.cpu_s() - before, size
                return {imports.name: spent, previous.name: _cpu_of_each(
                    node, f"/api/v1/snapshots/of-{size}-9/previous", effort.seconds(0.5))}

            yield sample

    return Growth("growth with versions", (imports, previous), (100, 1_000, 10_000), opened, runs=1)


def _cells():
    summary, idle = _row("cells: a summary"), _row("cells: a second with 2 records", "% of a core")

    @contextlib.contextmanager
    def opened(side, effort):
        with Node(side, arguments=["--door", "127.0.0.1:0"]) as node:
            filled = 0

            def sample(size):
                nonlocal filled
                fill_cells(node, filled, size)
                if size > filled:
                    time.sleep(effort.seconds(3))  # until all is published
                filled = size
                return {summary.name: _cpu_of_each(node, "/api/v1/tools/summary", effort.seconds(0.5)),
                        idle.name: share_of_core(node, effort.seconds(2))}

            yield sample

    return Growth("growth with cells", (summary, idle), (100, 1_000, 10_000, 50_000), opened)


def _all_know_all(nodes):
    for node in nodes:
        shown = json.loads(node.ask("GET", "/hive/nodes"))["nodes"]
        if len(shown) < len(nodes) or any(not each.get("name") for each in shown):
            return False
    return True


def await_hive(nodes, patience_s=120):
    began = time.monotonic()
    while not _all_know_all(nodes):
        if time.monotonic() - began > patience_s:
            raise RuntimeError(f"{len(nodes)} nodes do not know each other")
        time.sleep(0.1)


def _nodes():
    row = _row("nodes: a second of all, with 2 records on one", "s")

    @contextlib.contextmanager
    def opened(side, effort):
        with contextlib.ExitStack() as stack:
            nodes = []

            def sample(size):
                if len(nodes) < size:
                    while len(nodes) < size:
                        join = ["--join", nodes[0].door] if nodes else []
                        name = f"n{len(nodes)}"
                        nodes.append(stack.enter_context(
                            Node(side, arguments=["--door", "127.0.0.1:0", "--name", name, *join])))
                    await_hive(nodes)
                    time.sleep(effort.seconds(2))
                others = nodes[1:]
                before = sum(node.cpu_s() for node in others)
                began = time.monotonic()
                share = share_of_core(nodes[0], effort.seconds(2.5))
                return {row.name: share / 100 + (sum(n.cpu_s() for n in others) - before) / (time.monotonic() - began)}

            yield sample

    return Growth("growth with nodes", (row,), (2, 4, 8, 16, 32, 64), opened)


def groups(most_records):
    return [_records(most_records), _metrics(), _versions(), _cells(), _nodes()]
