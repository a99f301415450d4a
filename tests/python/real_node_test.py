"""The client against a real node: the cases of the source system, and kill -9 in the middle of recording."""

import json
import os
import random
import subprocess
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path
from unittest import mock

from hivemark import Client, NodeError
from hivemark import client as client_module

PATIENCE_S = 60
KILLS = 40 if os.environ.get("HIVE_SOAK") == "1" else 5
VECTORS = Path(__file__).resolve().parents[1] / "data/tracker.json"


class Node:
    """A hived with its data in a directory of its own. It keeps its port from its first start on."""

    def __init__(self, config="", arguments=()):
        self._arguments = list(arguments)
        self._directory = tempfile.TemporaryDirectory()
        Path(self._directory.name, "hived.toml").write_text(config, encoding="utf-8")
        self._process = None
        self.endpoint = "127.0.0.1:0"
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self._directory.cleanup()

    @property
    def data(self):
        return self._directory.name + "/data"

    @property
    def url(self):
        return f"http://{self.endpoint}"

    def start(self):
        command = [os.environ["HIVED"], "--config", self._directory.name + "/hived.toml", "--data", self.data]
        command += ["--http", self.endpoint, *self._arguments]
        elsewhere = ("HIVE_", "XDG_RUNTIME_DIR", "RUNTIME_DIRECTORY")  # where its token would lie
        env = {name: value for name, value in os.environ.items() if not name.startswith(elsewhere)}
        with open(self._directory.name + "/log", "ab") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=env)
        line = self._process.stdout.readline()
        if not line.startswith("hived ready "):
            raise RuntimeError(Path(self._directory.name, "log").read_text(encoding="utf-8"))
        self.endpoint, self.door, self.id = (line.split(f" {name}=")[1].split()[0] for name in ("http", "door", "node"))

    @property
    def pid(self):
        return self._process.pid

    def log(self):
        return Path(self._directory.name, "log").read_text(encoding="utf-8")

    def kill(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def records(self):
        """All records, oldest first."""
        out, after = [], ""
        while after is not None:
            with urllib.request.urlopen(f"{self.url}/api/v1/tasks?limit=1000{after}", timeout=PATIENCE_S) as answer:
                page = json.load(answer)
            out += page["tasks"]
            after = f"&after={page['next']}" if page.get("next") else None
        return out[::-1]


class KillTest(unittest.TestCase):
    def test_every_record_is_there_once_and_in_order_although_the_node_is_killed_while_recording(self):
        seed = int(os.environ.get("HIVE_SEED") or random.SystemRandom().randrange(2**32))
        print("seed", seed)
        choose = random.Random(seed)
        recorded = 0
        with Node() as node, Client(node.url) as client:
            for _ in range(KILLS):
                until = time.monotonic() + choose.uniform(0.0, 0.3)
                while time.monotonic() < until:
                    recorded = self.record_some(client, recorded, choose.randrange(1, 50))
                node.kill()
                recorded = self.record_some(client, recorded, choose.randrange(1, 50))
                node.start()
            self.assertTrue(client.flush(PATIENCE_S))
            counts = client.counts()
            self.assertEqual((counts.rejected, counts.dropped, counts.waiting), (0, 0, 0))
            self.assertEqual(counts.recorded + counts.duplicates, recorded)
            self.assertEqual([record["user_id"] for record in node.records()], [str(n) for n in range(recorded)])
            self.assertEqual(client.get_summary()["total_benchmarks"], recorded)
            print(f"{KILLS} kills, {recorded} records, {counts.duplicates} of them sent again after a lost answer")

    @staticmethod
    def record_some(client, first, count):
        for number in range(first, first + count):
            client.record("bug_fix", "ruff", 1.0, success=True, user_id=str(number))
        time.sleep(0.002)  # below what the thread can send, so that the buffer never overflows
        return first + count


class RealNodeTest(unittest.TestCase):
    def test_all_cases_of_the_source_system_agree(self):
        cases = json.loads(VECTORS.read_text(encoding="utf-8"))
        self.assertEqual(len(cases), 15)
        for number, case in enumerate(cases):
            with self.subTest(number), Node() as node, Client(node.url) as client:
                for record in case["records"]:
                    client.record(**record)
                self.assertTrue(client.flush(PATIENCE_S))
                self.expect_agreement(client, case)

    def expect_agreement(self, client, case):
        for task_type, expected in case["best_tool"].items():
            self.expect_tool(client.get_best_tool(task_type), expected)
        summary = client.get_summary()  # of each task type the best tool first; the cases are in the order of names
        lines = summary["by_task_type"]
        self.assertEqual(lines, sorted(lines, key=lambda line: (line["task_type"], -line["success_rate"])))
        lines.sort(key=lambda line: (line["task_type"], line["tool"]))
        self.assertEqual(summary, case["summary"])
        delta = client.export_learning_delta()
        if case["learning_delta"] is None:
            self.assertIsNone(delta)
        else:
            exact = ("success_rate", "avg_time_s", "sample_count")
            plain = {
                task: {tool: {name: figures[name] for name in exact} for tool, figures in tools.items()}
                for task, tools in delta["coding_benchmarks"].items()
            }
            self.assertEqual(plain, case["learning_delta"]["coding_benchmarks"])
        client.import_hive_delta(case["hive_delta"])
        for task_type, expected in case["hive_best_tool"].items():
            self.expect_tool(client.get_hive_best_tool(task_type), expected)

    def expect_tool(self, found, expected):
        if expected is None:
            self.assertIsNone(found)
            return
        self.assertEqual(found[:2], tuple(expected[:2]))
        self.assertAlmostEqual(found[2], expected[2], places=12)  # the source adds times up as floats

    def test_what_one_node_learned_reaches_another(self):
        with Node() as one, Node() as other, Client(one.url) as here, Client(other.url) as there:
            for number in range(6):
                here.record("bug_fix", "ruff", 2.0, number > 0)
            self.assertTrue(here.flush(PATIENCE_S))
            self.assertEqual(there.import_hive_delta(here.export_learning_delta()), 1)
            self.assertIsNone(there.get_best_tool("bug_fix"))
            self.assertEqual(there.get_hive_best_tool("bug_fix"), ("ruff", 5 / 6, 2.0))
            self.assertEqual(there.route("bug_fix", ["opencode", "ruff"]).reason, "hive")
            with self.assertRaises(NodeError) as caught:  # a node's own records must not count twice
                here.import_hive_delta(here.export_learning_delta())
            self.assertEqual(caught.exception.status, 400)

    def test_the_operator_token_is_found_also_after_a_restart(self):
        with Node('[http]\nopen = "none"\n') as node, Client(node.url) as client:
            with self.assertRaises(NodeError) as caught:
                client.get_summary()
            self.assertEqual(caught.exception.status, 403)
            self.assertIn(node.data + "/operator.token", caught.exception.detail)
            with mock.patch.dict(os.environ, HIVE_DATA=node.data):
                for start in range(1, 3):
                    client.record("t", "ruff", 1.0, True)
                    self.assertTrue(client.flush(PATIENCE_S))
                    self.assertEqual(client.get_summary()["total_benchmarks"], start)
                    node.kill()
                    node.start()

    def test_the_node_takes_what_the_client_lets_through_at_its_bounds(self):
        longest = "\u00e9" * 64
        with Node() as node, Client(node.url) as client:
            client.record(longest, longest, 0, 1, longest, longest, 0)
            client.record("t", "tool", 604_800, False)
            self.assertTrue(client.flush(PATIENCE_S))
            self.assertEqual(client.counts(), (2, 0, 0, 0, 0))

    def test_a_record_that_the_node_rejects_costs_no_other(self):
        # Each of these is refused by record() already; a node of another version may refuse something else.
        unchecked = mock.patch.multiple(client_module, _check_text=mock.DEFAULT, _to_seconds=float)
        with unchecked, Node() as node, Client(node.url) as client:
            with self.assertLogs("hivemark", "WARNING") as logs:
                client.record("t", "\u00e9\U0001f600", 1.0, True)
                client.record("t", "tool", -1.0, True)
                client.record("", "tool", 1.0, True)
                client.record("t", "x" * 200, 1.0, True)
                client.record("t", "\udc80", 1.0, True)
                client.record("t", "tool", 2.0, False)
                self.assertTrue(client.flush(PATIENCE_S))
            self.assertEqual(client.counts(), (2, 0, 4, 0, 0))
            self.assertEqual([record["tool_name"] for record in node.records()], ["\u00e9\U0001f600", "tool"])
            rejections = "\n".join(line for line in logs.output if "rejects" in line)
            for reason in ("completion_time_s", "task_type", "tool_name", "surrogate"):
                self.assertIn(reason, rejections)


if __name__ == "__main__":
    unittest.main()
