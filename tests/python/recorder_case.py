"""What the tests of the recorder share: a scripted node, a client without long pauses, and what the node has kept."""

import socket
import unittest
from unittest import mock

import scripted_node as script
from hivemark import Client, _recorder
from scripted_node import ScriptedNode

PATIENCE_S = 60  # until a test gives up; no test needs it


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def record(client, number, **fields):
    client.record("bug_fix", "ruff", number, success=number % 3 != 0, **fields)


class RecorderCase(unittest.TestCase):
    def setUp(self):
        # Scripts have many failures; the pauses between them are another test's.
        patch = mock.patch.multiple(_recorder, FIRST_PAUSE_S=0.001, LONGEST_PAUSE_S=0.01)
        patch.start()
        self.addCleanup(patch.stop)

    def node(self, *steps, otherwise=script.answer):
        node = ScriptedNode(steps, otherwise)
        self.addCleanup(node.__exit__)
        return node

    def client(self, node, **options):
        client = Client(node.url, **{"timeout_s": PATIENCE_S, **options})
        self.addCleanup(client.close, 0.0)
        return client

    def expect_kept(self, node, numbers):
        self.assertEqual([kept["completion_time_s"] for kept in node.kept], list(numbers))
        self.assertEqual(node.repeated, [], "acknowledged records were sent again")
