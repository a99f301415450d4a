"""Records of several threads that travel together, against a transport that the test holds."""

import json
import signal
import threading
import unittest
from unittest import mock

from conftest import PACKAGE  # noqa: F401  # the path of the package under test
from hivemark._http import Answer
from hivemark.errors import NodeError, Unreachable
from hivemark.hartos import _group
from hivemark.hartos._group import GroupSender

PATIENCE_S = 60


class Transport:
    """Answers when the test says so."""

    def __init__(self):
        self.requests = []
        self.asked = threading.Semaphore(0)
        self.may_answer = threading.Semaphore(0)
        self.answer = self.accept

    def post(self, _path, body, _content_type):
        lines = body.decode().splitlines()
        self.requests.append(lines)
        self.asked.release()
        assert self.may_answer.acquire(timeout=PATIENCE_S)
        return self.answer(lines)

    @staticmethod
    def accept(lines, rejected=()):
        body = {"recorded": len(lines) - len(rejected), "duplicates": 0, "rejected": list(rejected)}
        return Answer(201, {}, json.dumps(body).encode())


class GroupTest(unittest.TestCase):
    def setUp(self):
        self.transport = Transport()
        self.sender = GroupSender(self.transport)
        self.results = {}

    def put(self, name):
        """In a thread of its own."""

        def run():
            try:
                self.sender.put(name.encode())
                self.results[name] = None
            except BaseException as error:
                self.results[name] = error

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def start(self, *names):
        """The first one is on its way, and the others wait."""
        threads = [self.put(names[0])]
        self.assertTrue(self.transport.asked.acquire(timeout=PATIENCE_S))
        for count, name in enumerate(names[1:], 1):
            threads.append(self.put(name))
            while len(self.sender._waiting) < count:
                pass
        return threads

    def let(self, answers, threads):
        for _ in range(answers):
            self.transport.may_answer.release()
        for thread in threads:
            thread.join(PATIENCE_S)
            self.assertFalse(thread.is_alive())

    def test_what_comes_during_a_request_goes_with_the_next_one(self):
        self.let(2, self.start("a", "b", "c", "d"))
        self.assertEqual(self.transport.requests, [["a"], ["b", "c", "d"]])
        self.assertEqual(self.results, dict.fromkeys("abcd"))
        self.let(1, [self.put("e")])
        self.assertEqual(self.transport.requests[-1], ["e"])

    def gathering(self, *names):
        """These have been sent together, and the next request waits for as many."""
        self.let(2, self.start("first", *names))
        self.transport.requests.clear()
        patient = mock.patch.multiple(_group, _GATHERS=1e9, _LONGEST_GATHER_S=PATIENCE_S)
        patient.start()
        self.addCleanup(patient.stop)
        self.sender._gather_s = PATIENCE_S

    def test_threads_that_come_back_travel_together_again(self):
        self.gathering("a", "b", "c")
        threads = [self.put(name) for name in "def"]
        self.let(1, threads)
        self.assertEqual([sorted(lines) for lines in self.transport.requests], [["d", "e", "f"]])
        self.assertEqual(self.results, dict.fromkeys(("first", *"abcdef")))

    def test_one_that_comes_back_alone_is_sent_alone_and_then_at_once(self):
        self.let(2, self.start("a", "b", "c", "d"))
        self.let(1, [self.put("e")])
        self.assertEqual(self.sender._expected, 1)
        self.assertEqual(self.transport.requests[-1], ["e"])

    def test_an_interrupt_while_gathering_leaves_the_others_their_turn(self):
        self.gathering("a", "b", "c")
        others = [self.put("d")]
        while self.sender._gathering is None:
            pass
        main = threading.main_thread()

        def interrupt():
            while len(self.sender._waiting) < 2:
                pass
            signal.pthread_kill(main.ident, signal.SIGINT)

        waits = threading.Thread(target=interrupt)
        waits.start()
        with self.assertRaises(KeyboardInterrupt):
            self.sender.put(b"interrupted")  # waits for its turn
        waits.join(PATIENCE_S)
        self.let(1, [*others, self.put("e"), self.put("f")])
        self.assertEqual([sorted(lines) for lines in self.transport.requests], [["d", "e", "f"]])

        def interrupt_the_sender():
            while self.sender._gathering is None:
                pass
            signal.pthread_kill(main.ident, signal.SIGINT)

        waits = threading.Thread(target=interrupt_the_sender)
        waits.start()
        with self.assertRaises(KeyboardInterrupt):
            self.sender.put(b"interrupted")  # gathers
        waits.join(PATIENCE_S)
        self.let(1, [self.put(name) for name in "ghi"])
        self.assertEqual([sorted(lines) for lines in self.transport.requests[1:]], [["g", "h", "i"]])

    def test_nothing_returns_before_the_answer(self):
        threads = self.start("a", "b")
        self.assertEqual(self.results, {})
        self.let(2, threads)

    def test_a_rejected_record_costs_itself_alone(self):
        threads = self.start("a", "b", "c", "d")
        self.transport.answer = lambda lines: self.transport.accept(
            lines, [{"line": 2, "reason": "too long"}] if len(lines) > 1 else [])
        self.let(2, threads)
        self.assertIsInstance(self.results.pop("c"), NodeError)
        self.assertEqual(self.results, dict.fromkeys("abd"))

    def test_all_hear_of_a_failure_and_the_next_ones_are_sent(self):
        def fail(_lines):
            self.transport.answer = self.transport.accept
            raise NodeError(507, "storage_failed", "full")

        self.transport.answer = fail
        self.let(2, self.start("a", "b", "c"))
        self.assertIsInstance(self.results.pop("a"), NodeError)
        self.assertEqual(self.results, dict.fromkeys("bc"))

    def test_an_answer_of_no_node_is_no_success(self):
        self.transport.answer = lambda lines: Answer(201, {}, b'{"recorded": 9, "duplicates": 0, "rejected": []}')
        threads = self.start("a")
        self.transport.answer = lambda lines: Answer(200, _Headers(), b"hello")
        self.let(1, threads)
        self.assertIsInstance(self.results["a"], NodeError)

    def test_an_interrupted_sender_leaves_no_record_for_durable(self):
        def interrupt(_lines):
            self.transport.answer = self.transport.accept
            raise KeyboardInterrupt

        threads = self.start("a", "b", "c")
        self.let(1, threads[:1])  # a is done, and one of the others sends both
        self.assertTrue(self.transport.asked.acquire(timeout=PATIENCE_S))
        self.transport.answer = interrupt
        self.let(1, threads[1:])
        self.assertEqual({type(self.results[name]) for name in "bc"}, {KeyboardInterrupt, Unreachable})
        self.let(1, [self.put("d")])
        self.assertIsNone(self.results["d"])


class _Headers:
    @staticmethod
    def get_content_type():
        return "text/plain"


if __name__ == "__main__":
    unittest.main()
