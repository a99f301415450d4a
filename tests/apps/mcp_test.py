"""hivectl mcp as an agent host runs it: lines in, lines out, with a real node, without one, and with a host that errs."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import unittest
import urllib.request
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "python"), str(Path(__file__).resolve().parents[2] / "deploy/python")]

from real_node_test import PATIENCE_S, Node  # noqa: E402

GPU = '[[gpu.simulated]]\nvram_mib = 16384\nname = "test GPU"\n'


class Server:
    """A running server, and what a host sees of it."""

    def __init__(self, url, data="/nonexistent"):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("HIVE_", "XDG_"))}
        self.process = subprocess.Popen(
            [os.environ["HIVECTL"], "mcp"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**environment, "HIVE_URL": url, "HIVE_DATA": data},
        )
        self.lines = queue.Queue()
        self.log = b""
        self._readers = [threading.Thread(target=self._read_lines), threading.Thread(target=self._read_log)]
        for reader in self._readers:
            reader.start()
        self._last_id = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.end_of_streams()
        if not self.process.stdin.closed:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass

    def _read_lines(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))  # only protocol on standard output
        self.lines.put(None)

    def _read_log(self):
        self.log = self.process.stderr.read()

    def end_of_streams(self):
        self.process.wait(PATIENCE_S)
        for reader in self._readers:
            reader.join(PATIENCE_S)
        self.process.stdout.close()
        self.process.stderr.close()

    def send_bytes(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, message):
        self.send_bytes(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    def receive(self):
        line = self.lines.get(timeout=PATIENCE_S)
        assert line is not None, "the server has ended: " + self.log.decode()
        return line

    def ask(self, method, params=None):
        self._last_id += 1
        self.send({"id": self._last_id, "method": method, "params": params or {}})
        answer = self.receive()
        assert answer["id"] == self._last_id, answer
        return answer

    def initialize(self):
        answer = self.ask("initialize", {"protocolVersion": "2025-11-25", "clientInfo": {"name": "t", "version": "1"}})
        self.send({"method": "notifications/initialized"})
        return answer["result"]

    def call(self, name, **arguments):
        """Whether the call failed, and what it says: the text of an error, or the record."""
        result = self.ask("tools/call", {"name": name, "arguments": arguments})["result"]
        text = result["content"][0]["text"]
        if result["isError"]:
            return True, text
        assert json.loads(text) == result["structuredContent"]
        return False, result["structuredContent"]

    def close(self):
        """Closes the host's end, and waits for the exit status."""
        self.process.stdin.close()
        self.end_of_streams()
        return self.process.returncode


def leases_of(node):
    with urllib.request.urlopen(node.url + "/api/v1/gpus/leases", timeout=PATIENCE_S) as answer:
        return json.load(answer)["leases"]


def ended(node, lease):
    with urllib.request.urlopen(f"{node.url}/api/v1/gpus/history", timeout=PATIENCE_S) as answer:
        return [each["outcome"] for each in json.load(answer)["leases"] if each["id"] == lease]


def wait_until(what):
    end = time.monotonic() + PATIENCE_S
    while not (out := what()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
    return out


class ProtocolTest(unittest.TestCase):
    """None of these asks the node."""

    def test_ends_with_its_input(self):
        for sent in (b"", b"\n\n", b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n'):
            with self.subTest(sent), Server("http://127.0.0.1:9") as server:
                server.send_bytes(sent)
                self.assertEqual(server.close(), 0)
                self.assertIsNone(server.lines.get(timeout=PATIENCE_S))
                self.assertEqual(server.log, b"")

    def test_a_half_message_at_the_end_is_dropped_and_logged(self):
        with Server("http://127.0.0.1:9") as server:
            server.send_bytes(b'{"jsonrpc":"2.0","id":1,"meth')
            self.assertEqual(server.close(), 0)
            self.assertIsNone(server.lines.get(timeout=PATIENCE_S))
            self.assertIn(b"ended within a message", server.log)

    def test_a_message_that_arrives_byte_by_byte_is_read(self):
        with Server("http://127.0.0.1:9") as server:
            for byte in b'{"jsonrpc":"2.0","id":1,"method":"ping"}\r\n':
                server.send_bytes(bytes([byte]))
            self.assertEqual(server.receive(), {"jsonrpc": "2.0", "id": 1, "result": {}})

    def test_ends_in_order_when_it_is_told_to(self):
        for which in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(which), Server("http://127.0.0.1:9") as server:
                server.ask("ping")
                server.process.send_signal(which)
                server.end_of_streams()
                self.assertEqual(server.process.returncode, 0)

    def test_a_host_that_reads_nothing_more_ends_it(self):
        with subprocess.Popen(
            [os.environ["HIVECTL"], "mcp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            process.stdout.close()
            process.stdin.write(b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n' * 3)
            process.stdin.flush()
            self.assertEqual(process.wait(PATIENCE_S), 0)  # although standard input goes on
            self.assertIn(b"cannot write to standard output", process.stderr.read())

    def test_a_host_that_reads_nothing_does_not_keep_it_from_ending(self):
        with subprocess.Popen(
            [os.environ["HIVECTL"], "mcp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            asks = b'{"jsonrpc":"2.0","id":1,"method":"nonsense"}\n' * 1000
            os.set_blocking(process.stdin.fileno(), False)
            end = time.monotonic() + 2
            while time.monotonic() < end:
                try:
                    os.write(process.stdin.fileno(), asks)
                except BlockingIOError:
                    time.sleep(0.05)
            process.terminate()
            self.assertEqual(process.wait(PATIENCE_S), 0)

    def test_a_message_too_long_is_refused_and_the_next_one_read(self):
        with Server("http://127.0.0.1:9") as server:
            server.send_bytes(b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"' + b"y" * (8 << 20) + b'"}}\n')
            refused = server.receive()
            self.assertEqual((refused["id"], refused["error"]["code"]), (None, -32600))
            self.assertEqual(server.ask("ping")["result"], {})
            most = Path(f"/proc/{server.process.pid}/status").read_text(encoding="utf-8").split("VmHWM:")[1].split()[0]
            print(f"most memory after 8 MiB in one line: {most} kB")

    def test_garbage_is_refused_and_the_server_goes_on(self):
        with Server("http://127.0.0.1:9") as server:
            for line in (b"\xff\xfe\n", b"GET / HTTP/1.1\n", b"[" * 1000 + b"\n", b"{}\n", b"\x00\n"):
                server.send_bytes(line)
                self.assertIn(server.receive()["error"]["code"], (-32700, -32600))
            self.assertEqual(server.ask("ping")["result"], {})

    def test_a_request_under_way_keeps_its_id(self):
        with Node() as node, Server(node.url, node.data) as server:
            server.initialize()
            for _ in range(20):
                server.send({"id": "same", "method": "tools/call", "params": {"name": "best_tool", "arguments": {}}})
            answers = [server.receive() for _ in range(20)]
            self.assertEqual({answer["id"] for answer in answers}, {"same"})
            for answer in answers:
                self.assertTrue("result" in answer or answer["error"]["code"] == -32600, answer)


class NodeTest(unittest.TestCase):
    def test_without_a_node_it_says_how_to_start_one(self):
        with Server("http://127.0.0.1:9") as server:
            server.initialize()
            failed, text = server.call("best_tool", task_type="fix")
            self.assertTrue(failed)
            self.assertIn("cannot be reached", text)
            self.assertIn("start one with `hived`", text)
            self.assertIn("http://127.0.0.1:9", text)

    def test_without_a_token_it_names_the_file(self):
        with Node('[http]\nopen = "none"\n') as node:
            with Server(node.url, "/nowhere") as server:
                server.initialize()
                failed, text = server.call("best_tool", task_type="fix")
                self.assertTrue(failed)
                self.assertIn("/nowhere/operator.token (not there)", text)
                self.assertIn("--token-file", text)
            with Server(node.url, node.data) as server:
                server.initialize()
                self.assertIn("no task is recorded yet", server.call("best_tool", task_type="fix")[1])

    def test_a_node_that_starts_again_with_another_token_is_found(self):
        with Node('[http]\nopen = "none"\n') as node, Server(node.url, node.data) as server:
            server.initialize()
            record = {"task_type": "fix", "tool_name": "ruff", "completion_time_s": 1, "success": True}
            self.assertEqual(server.call("record_task", **record)[1]["recorded"], 1)
            node.kill()
            self.assertIn("cannot be reached", server.call("record_task", **record)[1])
            node.start()
            self.assertEqual(server.call("record_task", **record)[1]["recorded"], 1)
            self.assertEqual(len(list(Path(node.data).glob("operator.token"))), 1)

    def test_what_is_recorded_is_asked_for(self):
        with Node() as node, Server(node.url, node.data) as server:
            server.initialize()
            for tool, success in (("ruff", True), ("sed", False)):
                for _ in range(5):
                    answer = server.call(
                        "record_task", task_type="fix", tool_name=tool, completion_time_s=2, success=success
                    )
                    self.assertEqual(answer, (False, {"recorded": 1, "duplicates": 0, "rejected": []}))
            self.assertEqual(server.call("best_tool", task_type="fix", policy="threshold")[1]["tool_name"], "ruff")
            self.assertEqual(
                server.call("route_task", task_type="fix", available=["sed"], policy="threshold")[1]["tool_name"], "sed"
            )
            self.assertIn("did you mean fix?", server.call("best_tool", task_type="fx")[1])
            self.assertIn("wrong arguments: /task_type is required", server.call("best_tool")[1])
            self.assertEqual(len(node.records()), 10)

    def test_versions_and_agents_that_nobody_knows_are_told_with_those_that_are_known(self):
        with Node() as node, Server(node.url, node.data) as server:
            server.initialize()
            self.assertIn("no version has one", server.call("check_upgrade", old="v1.0", new="v1.1")[1])
            measured = {"bench": {"metrics": {"speed": {"value": 5, "unit": "req/s", "direction": "higher"}}}}
            for version in ("v1.0", "v1.1"):
                failed, snapshot = server.call("capture_snapshot", version=version, adapters=[], measurements=measured)
                self.assertFalse(failed, snapshot)
                self.assertEqual(snapshot["metrics"]["speed"]["value"], 5)
            failed, text = server.call("check_upgrade", old="v1.0", new="v1.O")
            self.assertTrue(failed)
            self.assertIn("version v1.O has no snapshot", text)
            self.assertIn("did you mean v1.0", text)
            check = server.call("check_upgrade", old="v1.0", new="v1.1", policy="threshold")[1]
            self.assertEqual((check["safe"], check["compared"]), (True, 1))
            self.assertIn("no agent is known yet", server.call("validate_agent", prompt_id="writer", flow_id="0")[1])
            body = json.dumps([{"action_id": "1", "outcome": "success"}]).encode()
            post = urllib.request.Request(
                node.url + "/api/v1/agents/writer/0/runs", body, {"Content-Type": "application/json"}
            )
            with urllib.request.urlopen(post, timeout=PATIENCE_S):
                pass
            self.assertIn("did you mean writer/0?", server.call("validate_agent", prompt_id="writr", flow_id="0")[1])
            validation = server.call("validate_agent", prompt_id="writer", flow_id="0", policy="threshold")[1]
            self.assertEqual((validation["passed"], validation["policy"]), (True, "threshold"))


class LeaseTest(unittest.TestCase):
    def setUp(self):
        self.node = Node(GPU)
        self.addCleanup(self.node.__exit__)

    def server(self):
        server = Server(self.node.url, self.node.data)
        self.addCleanup(server.__exit__)
        server.initialize()
        return server

    def take(self, server, **more):
        failed, lease = server.call("lease_gpu", vram_gb=4, shared=True, **more)
        self.assertFalse(failed, lease)
        self.assertEqual(lease["state"], "active")
        return lease

    def test_a_lease_outlives_its_ttl_and_ends_with_the_server(self):
        for end in ("eof", "SIGTERM"):
            with self.subTest(end):
                server = self.server()
                lease = self.take(server, ttl_s=1)
                time.sleep(2.5)  # more than the ttl: somebody must have renewed it
                self.assertEqual([each["id"] for each in leases_of(self.node)], [lease["id"]])
                if end == "eof":
                    self.assertEqual(server.close(), 0)
                else:
                    server.process.terminate()
                    server.end_of_streams()
                    self.assertEqual(server.process.returncode, 0)
                self.assertEqual(leases_of(self.node), [])
                self.assertEqual(ended(self.node, lease["id"]), ["released"])

    def test_a_lease_of_a_killed_server_expires(self):
        server = self.server()
        lease = self.take(server, ttl_s=1)
        server.process.kill()
        wait_until(lambda: ended(self.node, lease["id"]))
        self.assertEqual(ended(self.node, lease["id"]), ["expired"])

    def test_a_lease_is_given_back_without_its_token_only_by_its_server(self):
        server, other = self.server(), self.server()
        lease = self.take(server)
        failed, text = other.call("release_lease", id=lease["id"])
        self.assertTrue(failed)
        self.assertIn("/token is needed", text)
        self.assertEqual(other.call("renew_lease", id=lease["id"], token=lease["token"])[1]["state"], "active")
        self.assertEqual(server.call("release_lease", id=lease["id"])[1]["outcome"], "released")
        self.assertEqual(leases_of(self.node), [])

    def test_a_lease_that_is_handed_over_stays(self):
        server = self.server()
        lease = self.take(server, ttl_s=30)
        self.assertEqual(server.call("hand_over_lease", id=lease["id"])[1]["token"], lease["token"])
        self.assertIn("does not hold", server.call("hand_over_lease", id=lease["id"])[1])
        self.assertEqual(server.close(), 0)
        self.assertEqual([each["id"] for each in leases_of(self.node)], [lease["id"]])
        other = self.server()
        self.assertEqual(other.call("release_lease", id=lease["id"], token=lease["token"])[1]["outcome"], "released")

    def test_a_lost_lease_is_told(self):
        server = self.server()
        lease = self.take(server, ttl_s=1, max_duration_s=1.5)
        wait_until(lambda: ended(self.node, lease["id"]))
        wait_until(lambda: server.call("renew_lease", id=lease["id"], token=lease["token"])[0])
        wait_until(lambda: "is lost" in server.call("renew_lease", id=lease["id"], token=lease["token"])[1])

    def test_a_cancelled_request_leaves_the_queue_and_is_not_answered(self):
        server = self.server()
        held = server.call("lease_gpu", vram_gb=1)[1]
        self.assertEqual(held["state"], "active")
        params = {"name": "lease_gpu", "arguments": {"vram_gb": 1}, "_meta": {"progressToken": "p"}}
        server.send({"id": "waits", "method": "tools/call", "params": params})
        wait_until(lambda: [each for each in leases_of(self.node) if each["state"] == "queued"])
        news = server.receive()
        self.assertEqual((news["method"], news["params"]["progressToken"]), ("notifications/progress", "p"))
        server.send({"method": "notifications/cancelled", "params": {"requestId": "waits", "reason": "too long"}})
        wait_until(lambda: not [each for each in leases_of(self.node) if each["state"] == "queued"])
        self.assertEqual(server.ask("ping")["result"], {})  # the next line, so the request was not answered

    def test_the_end_of_the_server_withdraws_a_request_that_waits(self):
        server = self.server()
        server.call("lease_gpu", vram_gb=1)
        server.send({"id": 99, "method": "tools/call", "params": {"name": "lease_gpu", "arguments": {"vram_gb": 1}}})
        wait_until(lambda: [each for each in leases_of(self.node) if each["state"] == "queued"])
        self.assertEqual(server.close(), 0)
        self.assertEqual(leases_of(self.node), [])


if __name__ == "__main__":
    unittest.main()
