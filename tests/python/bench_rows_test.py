"""A short run of each row of `make bench`: that it can be measured, not how fast anything is. BENCH_PROGRAMS: the
directory of hived, hive_bench and hive_load; BENCH_PRELOAD: the library that counts allocations; BENCH_BOOST_JSON: whether
hive_bench was built with it."""

import contextlib
import json
import math
import os
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1] / "bench"
sys.path.insert(0, str(BENCH))

import compare  # noqa: E402
from comparison import benchmark_program  # noqa: E402
from comparison.node import Node, Side, load  # noqa: E402
from comparison.node_rows import A_RECORD  # noqa: E402
from comparison.plan import Effort, measure  # noqa: E402

PROGRAMS = Path(os.environ["BENCH_PROGRAMS"])
THIS = Side("this", PROGRAMS, PROGRAMS, Path(os.environ["BENCH_PRELOAD"]))
SHORT = Effort(runs=1, scale=0.01)
NEEDS_BOOST_JSON = {"JSON in, 10,000 metrics / Boost.JSON's parse"}
MAY_BE_MISSING = set() if os.environ["BENCH_BOOST_JSON"] == "1" else NEEDS_BOOST_JSON


class RowsTest(unittest.TestCase):
    def test_each_row_has_a_value(self):
        for group in compare.table_groups(compare.arguments([])):
            with self.subTest(group.name):
                results, whole = measure(group, [THIS], SHORT)
                self.assertTrue(whole, [result.missing for result in results])
                for result in results:
                    if result.row.name not in MAY_BE_MISSING:
                        self.assertEqual(len(result.values.get("this", [])), 1, f"{result.row.name}: {result.missing}")
                        self.assertTrue(math.isfinite(result.values["this"][0]), result.row.name)

    def test_names_of_rows_are_unique(self):
        names = [row.name for group in compare.table_groups(compare.arguments([])) for row in group.rows]
        self.assertEqual(len(names), len(set(names)))


class LoadTest(unittest.TestCase):
    """hive_load counts what it is answered."""

    def setUp(self):
        self.node = Node(THIS, arguments=["--door", "127.0.0.1:0"])
        self.addCleanup(self.node.close)

    def test_requests_are_counted_and_numbered(self):
        body = self.node.file("task.json", json.dumps(A_RECORD))
        self.node.load("--method", "POST", "--target", "/api/v1/tasks", "--body", body, "--connections", 3,
                       "--requests", 30)
        self.assertEqual(json.loads(self.node.ask("GET", "/tools/summary"))["total_benchmarks"], 30)
        for connections in (1, 3):
            self.node.load("--method", "PUT", "--target", f"/api/v1/snapshots/of-{connections}-{{n}}", "--body",
                           self.node.file("s.json", '{"metrics": {"m": {"value": 1, "direction": "lower"}}}'),
                           "--connections", connections, "--requests", 10)
        listed = json.loads(self.node.ask("GET", "/snapshots?limit=100"))
        self.assertIn("of-3-9", json.dumps(listed))
        self.assertNotIn("of-3-10", json.dumps(listed))

    def test_records_are_durable_at_the_node(self):
        for via, expected in (("http", 96), ("joined-http", 192), ("actors", 288), ("threads", 384)):
            at = self.node.http if "http" in via else self.node.door
            load(THIS, "records", "--via", via, "--at", at, "--outstanding", 8, "--records", 100)
            stored = json.loads(self.node.ask("GET", "/tools/summary"))["total_benchmarks"]
            self.assertEqual(stored, expected, via)  # whole rounds of 8

    def test_refusals_are_no_answers(self):
        done = load(THIS, "http", "--at", self.node.http, "--target", "/api/v1/nothing", "--requests", 5)
        self.assertEqual((done["answered"], done["refused"]), (0, 5))
        with self.assertRaises(RuntimeError):
            self.node.load("--target", "/api/v1/nothing", "--requests", 5)

    def test_a_node_that_is_not_there_is_an_error(self):
        self.node.stop()
        with self.assertRaises(RuntimeError):
            load(THIS, "http", "--at", self.node.http, "--target", "/healthz", "--requests", 5)


class AllocationsTest(unittest.TestCase):
    def test_counts_what_a_program_allocates(self):
        made = []
        for blocks in (3, 13):
            with tempfile.TemporaryDirectory() as directory:
                counts = Path(directory) / "counts"
                counts.write_bytes(bytes(16))
                env = os.environ | {"LD_PRELOAD": str(THIS.preload), "ALLOCATION_COUNTS": str(counts)}
                program = f"kept = [bytearray(1 << 20) for _ in range({blocks})]"
                subprocess.run([sys.executable, "-S", "-c", program], env=env, check=True)
                made.append(struct.unpack("QQ", counts.read_bytes()))
        (few, few_bytes), (many, many_bytes) = made
        self.assertAlmostEqual((many_bytes - few_bytes) / (10 << 20), 1, delta=0.01)
        self.assertGreaterEqual(many - few, 10)
        self.assertLess(many - few, 100)

    def test_programs_that_a_counted_one_starts_are_not_counted(self):
        with contextlib.closing(Node(THIS, counts_allocations=True)) as node:
            self.assertGreater(node.counts.allocations(), 1_000)
            program = "import json, os; print(json.dumps({'metrics': {'m': {'value': len(os.environ.get('LD_PRELOAD', '')), " \
                      "'direction': 'lower'}}}))"
            node.ask("POST", "/benchmarks", {"name": "preloaded", "command": [sys.executable, "-c", program]})
            snapshot = json.loads(node.ask("POST", "/snapshots", {"version": "v1"}))
            self.assertEqual(snapshot["metrics"]["m"]["value"], 0)


class CommandTest(unittest.TestCase):
    def run_compare(self, *arguments):
        return subprocess.run([sys.executable, "-B", BENCH / "compare.py", "--bin", PROGRAMS, "--preload", THIS.preload,
                               "--runs", "1", "--scale", "0.01", *arguments], capture_output=True, text=True, check=False)

    def test_beside_itself(self):
        with tempfile.TemporaryDirectory() as directory:
            results = Path(directory) / "results.json"
            done = self.run_compare("--base", PROGRAMS, "--base-name", "itself", "--filter", "HTTP, 16",
                                    "--results", results)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("base: itself", done.stdout)
            self.assertIn("this/base", done.stdout)
            rows = json.loads(results.read_text(encoding="utf-8"))
            self.assertTrue(all(len(row["values"][side]) == 1 for row in rows for side in ("this", "base")))

    def test_a_base_without_programs_is_missing(self):
        done = self.run_compare("--base", "/nowhere", "--filter", "upgrade check of 10,000 metrics from the store")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("missing, base: this revision has no hive_bench: upgrade check of 10,000 metrics", done.stdout)

    def test_a_filter_that_nothing_matches(self):
        done = self.run_compare("--filter", "no such row")
        self.assertEqual(done.returncode, 1)
        self.assertIn("nothing matches", done.stderr)

    def test_benchmarks_outside_of_the_table(self):
        done = self.run_compare("--filter", "^snapshot_read$")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("snapshot_read", done.stdout)
        self.assertIn("snapshot_read", benchmark_program.list_benchmarks(THIS))


if __name__ == "__main__":
    unittest.main()
