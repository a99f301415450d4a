"""What clients of other makers met at a node's HTTP server, done to a real node. The inputs are in tests/data/cases."""

import http.client
import json
import socket
import unittest
from pathlib import Path
from urllib.parse import urlsplit

from hivemark import Client, NodeError
from real_node_test import PATIENCE_S, Node

CASES = Path(__file__).resolve().parents[1] / "data/cases"


class HttpCasesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = Node()
        cls.addClassCleanup(cls.node.__exit__)

    def address(self):
        url = urlsplit(self.node.url)
        return url.hostname, url.port

    def test_head_and_get_share_a_kept_connection(self):
        connection = http.client.HTTPConnection(*self.address(), timeout=PATIENCE_S)
        connection.connect()
        first = connection.sock
        for _ in range(3):
            connection.request("HEAD", "/healthz")
            head = connection.getresponse()
            self.assertEqual((head.status, head.read()), (200, b""))
            connection.request("GET", "/healthz")
            got = connection.getresponse()
            self.assertEqual(got.status, 200)
            self.assertEqual(json.loads(got.read())["status"], "ok")
            self.assertIs(connection.sock, first)
        connection.close()

    def test_who_waits_for_100_is_told_to_go_on_and_then_answered(self):
        head = (CASES / "expect-100-continue.http").read_bytes().replace(b"Host: a", b"Host: localhost")
        head = head.replace(b"\r\n", b"\n").rstrip(b"\n").replace(b"\n", b"\r\n") + b"\r\n\r\n"
        with socket.create_connection(self.address(), PATIENCE_S) as client:
            client.sendall(head)
            self.assertTrue(client.recv(4096).startswith(b"HTTP/1.1 100 "))
            client.sendall(b"[]")
            answer = client.recv(4096)
            self.assertTrue(answer.startswith(b"HTTP/1.1 400 "), answer)
            self.assertIn(b"no record is given", answer)

    def test_who_waits_for_100_as_another_site_gets_the_refusal_instead(self):
        head = (CASES / "expect-100-continue.http").read_bytes()
        head = head.replace(b"\r\n", b"\n").rstrip(b"\n").replace(b"\n", b"\r\n") + b"\r\n\r\n"
        with socket.create_connection(self.address(), PATIENCE_S) as client:
            client.sendall(head)
            self.assertTrue(client.recv(4096).startswith(b"HTTP/1.1 421 "))

    def test_a_url_that_is_too_long_is_refused_and_not_taken_for_a_node_that_is_away(self):
        tools = [f"tool-{i:03d}-{'x' * 22}" for i in range(300)]
        with Client(self.node.url) as client, self.assertRaises(NodeError) as refused:
            client.route("bug_fix", tools)
        self.assertEqual(refused.exception.status, 414)


if __name__ == "__main__":
    unittest.main()
