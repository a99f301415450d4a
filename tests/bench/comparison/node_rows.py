"""Rows of whole nodes, driven from outside over HTTP and by engines."""

import contextlib
import json
import subprocess
import tempfile
import time
from pathlib import Path

from .node import Node, load
from .plan import Group
from .table import Row

A_RECORD = {"task_type": "feature", "tool_name": "aider", "success": True, "completion_time_s": 1}

# -- HTTP ---------------------------------------------------------------------------------------------------------

_QUESTION = "/api/v1/tools/best?task_type=feature"
_LEAST_RECORDS = 5  # before a node names a tool the best


def _record(node):
    node.ask("POST", "/tasks", [A_RECORD] * _LEAST_RECORDS)


def _http(connections):
    rate = Row(f"HTTP, {connections} connections", "requests/s", "higher", limit_over_base=1.25)
    cpu = Row(f"HTTP, {connections} connections: CPU of the node", "us/request", limit_over_base=0.6)

    @contextlib.contextmanager
    def opened(side, effort):
        with Node(side) as node:
            _record(node)

            def sample():
                before = node.cpu_s()
                done = node.load("--target", _QUESTION, "--connections", connections, "--seconds", effort.seconds(1.5))
                spent = node.cpu_s() - before
                return {rate.name: done["answered"] / done["seconds"], cpu.name: spent / done["answered"] * 1e6}

            yield sample

    return Group(f"HTTP, {connections} connections", (rate, cpu), opened)


def _http_memory(requests):
    growth = Row(f"memory 10 s after {requests:,} requests, over idle", "%", limit=20)

    @contextlib.contextmanager
    def opened(side, effort):
        def sample():
            with Node(side) as node:
                _record(node)
                node.load("--target", _QUESTION, "--connections", 64, "--requests", 1_000)  # touches the code
                time.sleep(effort.seconds(2))
                idle = node.resident_mib()
                node.load("--target", _QUESTION, "--connections", 64, "--requests", effort.count(requests))
                time.sleep(effort.seconds(10))
                return {growth.name: (node.resident_mib() / idle - 1) * 100}

        yield sample

    return Group("memory after HTTP", (growth,), opened, runs=1)


# -- single records ---------------------------------------------------------------------------------------------------


def _single_records(via, title, records, outstanding, clients=1, limit=None):
    """Records of callers that each wait for their own, beside RocksDB with batches of as many as there are callers."""
    title = f"single records {title}, {outstanding} outstanding"
    share = Row(f"{title} / raw RocksDB", "ratio", "higher", limit)
    rate = Row(title, "records/s", "higher")

    @contextlib.contextmanager
    def opened(side, effort):
        with Node(side, arguments=["--door", "127.0.0.1:0"]) as node:
            at = node.http if "http" in via else node.door

            def sample():
                done = load(side, "records", "--via", via, "--at", at, "--outstanding", outstanding,
                            "--clients", clients, "--records", effort.count(records))
                return {share.name: done["raw_seconds"] / done["seconds"], rate.name: done["records"] / done["seconds"]}

            yield sample

    return Group(title, (share, rate), opened)


# -- large documents ---------------------------------------------------------------------------------------------------


def snapshot_of(metrics):
    """A snapshot as JSON."""
    return json.dumps({"metrics": {
        f"metric_{i}": {"value": i + 1.5, "direction": "lower", "unit": "ms", "samples": [i + 1, i + 1.5, i + 2]}
        for i in range(metrics)}})


def _snapshots():
    metrics = 10_000
    get = Row("GET a snapshot of 10,000 metrics", "ms")
    put = Row("PUT a snapshot of 10,000 metrics", "ms")
    check = Row("GET an upgrade check of 10,000 metrics", "ms")

    @contextlib.contextmanager
    def opened(side, effort):
        with Node(side) as node:
            body = node.file("snapshot.json", snapshot_of(effort.count(metrics)))
            put_it = ("--method", "PUT", "--target", "/api/v1/snapshots/v{n}", "--body", body, "--requests", 2)
            node.load(*put_it)

            def each_ms(*arguments):
                done = node.load(*arguments)
                return done["seconds"] / done["answered"] * 1e3

            def sample():
                return {
                    put.name: each_ms(*put_it),
                    get.name: each_ms("--target", "/api/v1/snapshots/v1", "--requests", 3),
                    check.name: each_ms("--target", "/api/v1/upgrades/check?old=v0&new=v1", "--requests", 3),
                }

            yield sample

    return Group("large snapshots over HTTP", (get, put, check), opened)


_TOOLS_PER_TASK = 100


def fill_cells(node, first, end):
    """Records so that the node has the cells of these numbers, one record in each."""
    step = 1_000
    for begin in range(first, end, step):
        lines = [json.dumps({"task_type": f"task_{i // _TOOLS_PER_TASK}", "tool_name": f"tool_{i % _TOOLS_PER_TASK}",
                             "success": True, "completion_time_s": 1}) for i in range(begin, min(end, begin + step))]
        body = node.file("cells.ndjson", "\n".join(lines))
        node.load("--method", "POST", "--target", "/api/v1/tasks", "--type", "application/x-ndjson", "--body", body,
                  "--requests", 1)


def share_of_core(node, seconds):
    """In percent, with two records a second, of a cell that exists."""
    pause_s = 0.5
    record = {"task_type": "task_0", "tool_name": "tool_0", "success": True, "completion_time_s": 1}
    node.ask("POST", "/tasks", record)
    began, before = time.monotonic(), node.cpu_s()
    while time.monotonic() - began < seconds:
        time.sleep(min(pause_s, seconds))
        node.ask("POST", "/tasks", record)
    return (node.cpu_s() - before) / (time.monotonic() - began) * 100


def _cells():
    cells = 50_000
    took = Row("summary of 50,000 cells", "ms", limit=60)
    memory = Row("summary of 50,000 cells: peak of memory over before", "MiB", limit=100)
    share = Row("50,000 cells with 2 records/s: share of a core", "%", limit=0.5)

    @contextlib.contextmanager
    def opened(side, effort):
        with Node(side, arguments=["--door", "127.0.0.1:0"]) as node:
            fill_cells(node, 0, effort.count(cells))
            time.sleep(effort.seconds(3))  # until all is published

            def sample():
                node.forget_peak()
                before = node.resident_mib()
                done = node.load("--target", "/api/v1/tools/summary", "--requests", 3)
                peak = node.peak_mib() - before
                time.sleep(effort.seconds(1))
                return {took.name: done["seconds"] / done["answered"] * 1e3, memory.name: peak,
                        share.name: share_of_core(node, effort.seconds(5))}

            yield sample

    return Group("50,000 cells", (took, memory, share), opened)


# -- links between processes --------------------------------------------------------------------------------------------


def _engine_pings():
    plans = [(16_384, 1, 2_000), (16_384, 64, 4_000), (1_024, 64, 8_000), (64, 64, 8_000)]
    rows = [Row(f"engine to node over TLS, {size:,} B, {outstanding} outstanding", "pings/s", "higher")
            for size, outstanding, _ in plans]

    @contextlib.contextmanager
    def opened(side, effort):
        with contextlib.ExitStack() as stack:
            certificates = stack.enter_context(certificates_of(side))
            door = ["--door", "127.0.0.1:0", "--tls", certificates / "node"]
            node = stack.enter_context(Node(side, arguments=door))

            def sample():
                out = {}
                for row, (size, outstanding, count) in zip(rows, plans):
                    done = load(side, "ping", "--at", node.door, "--tls", certificates / "engine", "--bytes", size,
                                "--outstanding", outstanding, "--pings", effort.count(count))
                    out[row.name] = done["pings"] / done["seconds"]
                return out

            yield sample

    return Group("engine to node over TLS", tuple(rows), opened)


@contextlib.contextmanager
def certificates_of(side):
    with tempfile.TemporaryDirectory(prefix="hive-bench-") as directory:
        subprocess.run([side.tools / "hive_load", "certificates", directory], check=True)
        yield Path(directory)


def groups(requests_of_memory):
    return [
        *(_http(connections) for connections in (16, 64, 256)),
        _http_memory(requests_of_memory),
        _single_records("joined-http", "over HTTP, joined by 4 clients", 200_000, 256, 4, 0.7),
        _single_records("joined-http", "over HTTP, joined by a client", 50_000, 64),
        _single_records("http", "over HTTP, one a request", 20_000, 64),
        _single_records("actors", "from actors of 4 engines", 200_000, 256, 4, 0.7),
        _single_records("actors", "from actors of an engine", 50_000, 64),
        _single_records("threads", "from threads of an engine", 20_000, 64),
        _snapshots(),
        _cells(),
        _engine_pings(),
    ]
