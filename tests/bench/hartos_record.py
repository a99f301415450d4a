"""How many task records a second HART OS's tracker stores over a node, each durable when the call returns: by eight
threads and by one, beside raw loops on the same disk in the same run: of write and fsync, and of write and fdatasync,
which is what the node's log does.

    HIVED=build/release/bin/hived python3 tests/bench/hartos_record.py [--seconds N] [--directory DIR]

It does not measure a network, other load on the node, or records of several processes.
"""

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "python"), str(TESTS.parent / "deploy/python")]

from real_node_test import Node  # noqa: E402

ROUNDS = 5
RECORD = b"x" * 200  # about what a record takes in the node's log


def syncs_per_s(sync, directory, seconds):
    with tempfile.NamedTemporaryFile(dir=directory) as file:
        count, began = 0, time.monotonic()
        while time.monotonic() - began < seconds:
            os.write(file.fileno(), RECORD)
            sync(file.fileno())
            count += 1
        return count / (time.monotonic() - began)


def records_per_s(tracker, threads, seconds):
    until = time.monotonic() + seconds
    counts = [0] * threads

    def run(which):
        while time.monotonic() < until:
            tracker.record("bug_fix", f"tool{which}", 1.5, True, "model", "user")
            counts[which] += 1

    running = [threading.Thread(target=run, args=(which,)) for which in range(threads)]
    began = time.monotonic()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sum(counts) / (time.monotonic() - began)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement (default: 2)")
    parser.add_argument("--directory", help="where the node's data and the raw loop's file are (default: temporary)")
    options = parser.parse_args()
    tempfile.tempdir = options.directory
    with Node() as node:
        os.environ.update(HIVEMARK_URL=node.url, HIVE_TOKEN_FILE=node.data + "/operator.token", HIVEMARK_ERRORS="raise")
        from hivemark.hartos.integrations.coding_agent.benchmark_tracker import BenchmarkTracker

        tracker = BenchmarkTracker()
        records_per_s(tracker, 8, 0.5)  # connections, caches
        eight, one, fsyncs, fdatasyncs = [], [], [], []
        for _ in range(ROUNDS):  # side by side, because the disk's speed changes
            fsyncs.append(syncs_per_s(os.fsync, node.data, options.seconds))
            fdatasyncs.append(syncs_per_s(os.fdatasync, node.data, options.seconds))
            one.append(records_per_s(tracker, 1, options.seconds))
            eight.append(records_per_s(tracker, 8, options.seconds))
        stored = tracker.get_summary()["total_benchmarks"]
    print(f"medians of {ROUNDS} rounds of {options.seconds:g} s, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"raw write and fsync      {statistics.median(fsyncs):8.0f} /s")
    print(f"raw write and fdatasync  {statistics.median(fdatasyncs):8.0f} /s")
    for name, rates in (("record, 1 thread", one), ("record, 8 threads", eight)):
        beside = [statistics.median(a / b for a, b in zip(rates, raw)) for raw in (fsyncs, fdatasyncs)]
        print(f"{name:23}  {statistics.median(rates):8.0f} /s  {beside[0]:.2f} x fsync, {beside[1]:.2f} x fdatasync")
    print(f"{stored} records stored")


if __name__ == "__main__":
    main()
