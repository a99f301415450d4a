"""POST /v1/traces of a real node: what exporters of OpenTelemetry may send, and what they must not."""

import gzip
import http.client
import json
import threading
import unittest
import urllib.request

from real_node_test import PATIENCE_S, Node

JSON = {"Content-Type": "application/json"}
PROTOBUF = {"Content-Type": "application/x-protobuf"}
GZIP = {"Content-Encoding": "gzip"}
START_NS = 1_790_000_000_000_000_000


def attributes(values):
    def value(each):
        return {"intValue": str(each)} if isinstance(each, int) else {"stringValue": each}

    return [{"key": key, "value": value(each)} for key, each in values.items()]


def span(number, parent=0, failed=False, **values):
    """Span `number` of trace 1, two seconds long; `values` has its attributes, with '__' for '.'."""
    return {
        "traceId": f"{1:032x}",
        "spanId": f"{number:016x}",
        "parentSpanId": f"{parent:016x}" if parent else "",
        "name": "whatever",
        "startTimeUnixNano": str(START_NS + number),
        "endTimeUnixNano": str(START_NS + number + 2_000_000_000),
        "status": {"code": 2} if failed else {},
        "attributes": attributes({key.replace("__", "."): each for key, each in values.items()}),
    }


def run(number, agent="coder", **more):
    return span(number, gen_ai__operation__name="invoke_agent", gen_ai__agent__name=agent, **more)


def export(spans, service="shop"):
    resource = {"attributes": attributes({"service.name": service})}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}


def varint(number):
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def fixed64(number, value):
    return varint(number << 3 | 1) + value.to_bytes(8, "little")


def protobuf_export(count):
    """Runs of agent coder in protobuf, written by hand."""

    def attribute(key, value):
        return field(9, field(1, key) + field(2, field(1, value)))

    spans = b""
    for number in range(1, count + 1):
        times = fixed64(7, START_NS) + fixed64(8, START_NS + 1_000_000_000)
        ids = field(1, b"\x07" * 16) + field(2, number.to_bytes(8, "big"))
        names = attribute(b"gen_ai.operation.name", b"invoke_agent") + attribute(b"gen_ai.agent.name", b"coder")
        spans += field(2, ids + times + names)
    return field(1, field(2, spans))


class OtlpTest(unittest.TestCase):
    config = ""

    def setUp(self):
        self.node = Node(self.config)
        self.addCleanup(self.node.__exit__)

    def send(self, body, headers, method="POST", path="/v1/traces"):
        """Status, headers and body of the answer."""
        connection = http.client.HTTPConnection(self.node.endpoint, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def send_json(self, document, headers=None):
        status, answer_headers, body = self.send(json.dumps(document).encode(), {**JSON, **(headers or {})})
        self.assertEqual(answer_headers["Content-Type"], "application/json", body)
        return status, json.loads(body)

    def get(self, path):
        with urllib.request.urlopen(f"{self.node.url}/api/v1{path}", timeout=PATIENCE_S) as answer:
            return json.load(answer)

    def runs_of(self, agent="coder/0"):
        return self.get(f"/agents/{agent}/explain")["metrics"]


class ExportTest(OtlpTest):
    def test_an_agent_has_runs_tokens_tools_and_a_baseline(self):
        spans = [
            span(2, 1, gen_ai__operation__name="chat", gen_ai__usage__input_tokens=90, gen_ai__usage__output_tokens=10),
            span(3, 1, gen_ai__operation__name="execute_tool", gen_ai__tool__name="grep"),
            run(1),
            run(4, failed=True),
            span(5, name="GET /"),
        ]
        self.assertEqual(self.send_json(export(spans)), (200, {}))
        metrics = self.runs_of()
        self.assertEqual((metrics["runs"], metrics["successes"], metrics["tokens_per_success"]), (2, 1, 100))
        self.assertEqual(metrics["trajectory"]["steps"], 1)
        self.assertEqual(metrics["trajectory"]["tools"]["grep"]["calls"], 1)
        baselines = self.get("/agents/coder/0/baselines")["baselines"]
        self.assertEqual([(each["version"], each["trigger"]) for each in baselines], [(1, "creation")])
        record = self.node.records()[0]
        self.assertEqual((record["tool_name"], record["task_type"], record["user_id"]), ("grep", "execute_tool", "coder"))
        baseline = self.get("/agents/coder/0/baselines/latest")
        self.assertEqual(baseline["run_metrics"]["runs"], 2)
        self.assertEqual(baseline["lightning_metrics"]["execution_count"], 1)
        self.send_json(export([run(6)]))
        self.assertEqual(len(self.get("/agents/coder/0/baselines")["baselines"]), 1)

    def test_an_export_that_is_sent_again_counts_once(self):
        tool = span(2, 1, gen_ai__operation__name="execute_tool", gen_ai__tool__name="grep")
        first = export([run(1), tool])
        for later in range(15):
            self.assertEqual(self.send_json(first)[0], 200)
            self.assertEqual(self.send_json(export([run(10 + later)]))[0], 200)
        self.assertEqual(self.send_json(first)[0], 200)
        self.assertEqual(self.runs_of()["runs"], 16)
        self.assertEqual(len(self.node.records()), 1)
        self.node.kill()
        self.node.start()
        self.assertEqual(self.send_json(first)[0], 200)
        self.assertEqual(self.runs_of()["runs"], 16)
        # The bound: a node remembers the newest 16 exports of an agent.
        for later in range(100, 116):
            self.send_json(export([run(later)]))
        self.send_json(first)
        self.assertEqual(self.runs_of()["runs"], 16 + 16 + 1)
        self.assertEqual(len(self.node.records()), 1)

    def test_what_was_answered_is_there_after_a_crash(self):
        for number in range(1, 11):
            self.assertEqual(self.send_json(export([run(number)]))[0], 200)
        self.node.kill()
        self.node.start()
        self.assertEqual(self.runs_of()["runs"], 10)
        self.assertEqual(self.get("/agents/coder/0")["latest"], 1)

    def test_two_exports_at_once_make_one_baseline(self):
        def send(number):
            self.assertEqual(self.send_json(export([run(number)]))[0], 200)

        threads = [threading.Thread(target=send, args=[number]) for number in range(1, 21)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.runs_of()["runs"], 20)
        self.assertEqual(self.get("/agents/coder/0")["latest"], 1)

    def test_protobuf_and_gzip_are_read_and_answered_in_kind(self):
        status, headers, body = self.send(protobuf_export(3), PROTOBUF)
        self.assertEqual((status, headers["Content-Type"], body), (200, "application/x-protobuf", b""))
        self.assertEqual(self.runs_of()["runs"], 3)
        status, _, body = self.send(gzip.compress(protobuf_export(4)), {**PROTOBUF, **GZIP})
        self.assertEqual((status, body), (200, b""))
        text = gzip.compress(json.dumps(export([run(1)])).encode())
        status, _, body = self.send(text, {"Content-Type": "application/json; charset=utf-8", **GZIP})
        self.assertEqual((status, body), (200, b"{}"))
        self.assertEqual(self.runs_of()["runs"], 8)

    def test_spans_that_cannot_be_used_are_told(self):
        bad = run(1)
        bad["spanId"] = "12"
        status, answer = self.send_json(export([bad, run(2)]))
        self.assertEqual(status, 200)
        self.assertEqual(answer["partialSuccess"]["rejectedSpans"], 1)
        self.assertIn("span_id is not valid", answer["partialSuccess"]["errorMessage"])
        self.assertEqual(self.runs_of()["runs"], 1)
        status, answer = self.send_json(export([run(3, agent="???")], service=""))
        self.assertEqual(answer["partialSuccess"]["rejectedSpans"], 1)

    def test_many_spans_in_one_export(self):
        spans = [run(number, agent=f"agent {number % 50}") for number in range(1, 5_001)]
        self.assertEqual(self.send_json(export(spans)), (200, {}))
        self.assertEqual(self.get("/agents?limit=1")["known"], 50)
        self.assertEqual(self.runs_of("agent-0/0")["runs"], 100)


class RefusalTest(OtlpTest):
    def status_of(self, body, headers):
        """Status, code and message: both encodings must say the same."""
        status, answer_headers, answer = self.send(body, headers)
        if headers.get("Content-Type") == "application/x-protobuf":
            self.assertEqual(answer_headers["Content-Type"], "application/x-protobuf")
            self.assertEqual(answer[0], 0x08)  # code
            self.assertEqual(answer[2], 0x12)  # message
            return status, answer[1], answer[4:].decode(errors="replace")
        self.assertEqual(answer_headers["Content-Type"], "application/json")
        said = json.loads(answer)
        return status, said["code"], said["message"]

    def test_malformed_exports(self):
        for body, headers in (
            (b"{", JSON),
            (b"[]", JSON),
            (b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"x"}]}]}]}', JSON),
            (b"\x0a\xff", PROTOBUF),
            (b"{}", PROTOBUF),
            (protobuf_export(2)[:-1], PROTOBUF),
            (b"not gzip", {**PROTOBUF, **GZIP}),
            (gzip.compress(protobuf_export(2))[:-1], {**PROTOBUF, **GZIP}),
            (gzip.compress(b"{"), {**JSON, **GZIP}),
        ):
            with self.subTest(body=body[:40], headers=headers):
                status, code, message = self.status_of(body, headers)
                self.assertEqual((status, code), (400, 3))
                self.assertTrue(message)
        self.assertEqual(self.send_json(export([run(1)]))[0], 200)

    def test_exports_that_are_too_large(self):
        huge = b" " * (9 << 20)
        self.assertEqual(self.status_of(huge, JSON)[:2], (413, 8))
        bomb = gzip.compress(b" " * (64 << 20))
        status, code, message = self.status_of(bomb, {**JSON, **GZIP})
        self.assertEqual((status, code), (413, 8))
        self.assertIn("16777216 bytes", message)
        empty = b"\x12\x00" * 600_000  # spans of which each takes a hundred times its size
        parts = gzip.compress(field(1, field(2, empty)))
        self.assertLess(len(parts), 10_000)
        self.assertEqual(self.status_of(parts, {**PROTOBUF, **GZIP})[:2], (413, 8))
        with open(f"/proc/{self.node.pid}/status", encoding="utf-8") as status_file:
            print("most memory of the node:", [line.split()[1] for line in status_file if line.startswith("VmHWM")], "kB")

    def test_other_content_is_refused(self):
        self.assertEqual(self.status_of(b"x", {"Content-Type": "text/plain"})[:2], (415, 3))
        self.assertEqual(self.status_of(b"x", {})[:2], (415, 3))
        status, headers, _ = self.send(b"x", {**JSON, "Content-Encoding": "br"})
        self.assertEqual((status, headers["Accept-Encoding"]), (415, "identity"))

    def test_other_methods_and_places(self):
        status, headers, _ = self.send(None, {}, method="GET")
        self.assertEqual((status, headers["Allow"]), (405, "POST, OPTIONS"))
        self.assertEqual(self.send(b"{}", JSON, path="/v1/metrics")[0], 404)
        self.assertEqual(self.send(b"{}", JSON, path="/v1/logs")[0], 404)
        # Compressed bodies are for this route alone.
        status, _, _ = self.send(gzip.compress(b"{}"), {**JSON, **GZIP}, path="/api/v1/tasks")
        self.assertEqual(status, 415)

    def test_many_at_once_are_answered_or_to_be_sent_again(self):
        body = gzip.compress(json.dumps(export([run(n) for n in range(1, 2_000)])).encode())
        answers = []

        def send():
            answers.append(self.send(body, {**JSON, **GZIP}))

        threads = [threading.Thread(target=send) for _ in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for status, headers, _ in answers:
            self.assertIn(status, (200, 429, 503))
            self.assertTrue(status == 200 or headers["Retry-After"])
        print("of 40 at once:", sorted(status for status, _, _ in answers))
        self.assertEqual(self.runs_of()["runs"], 1_999)  # each of them has the same spans


class TokenTest(OtlpTest):
    config = '[http]\nopen = "read"\n'

    def test_role_record_is_needed(self):
        status, answer = self.send_json(export([run(1)]))
        self.assertEqual((status, answer["code"]), (403, 7))  # open for role read
        self.assertIn("record", answer["message"])
        status, headers, _ = self.send(protobuf_export(1), PROTOBUF)
        self.assertEqual((status, headers["Content-Type"]), (403, "application/x-protobuf"))
        unknown = {"Authorization": "Bearer " + "x" * 32}
        status, answer = self.send_json(export([run(1)]), unknown)
        self.assertEqual((status, answer["code"]), (401, 16))
        with open(self.node.data + "/operator.token", encoding="ascii") as file:
            token = {"Authorization": "Bearer " + file.read().strip()}
        self.assertEqual(self.send_json(export([run(1)]), token), (200, {}))


if __name__ == "__main__":
    unittest.main()
