"""Records reach the node exactly once and in order, whatever the node and the network do."""

import logging
import os
import random
import threading
import time
import unittest
from decimal import Decimal
from fractions import Fraction
from unittest import mock

import scripted_node as script
from hivemark import Client, _recorder
from hivemark._http import Answer
from recorder_case import PATIENCE_S, RecorderCase, free_port, record

LOST_ANSWERS = [
    script.keep_and_hang_up,
    script.keep_and_half_answer,
    script.keep_and_half_answer_of_unknown_length,
    script.keep_and_half_head,
    script.keep_and_drip,
]
NOTHING_DONE = [
    script.hang_up_unread,
    script.another_server,
    script.another_server_created,
    script.unaccounted,
    script.proxy_refuses,
    script.refuse(401, "unauthorized"),
    script.refuse(500, "internal"),
    script.refuse(503, "unavailable"),
    script.refuse(507, "storage_failed"),
]
TEXTS = ("task_type", "tool_name", "model_name", "user_id")
NO_TIMES = (float("nan"), float("inf"), -float("inf"), -0.001, 604_800.001, 10**400)
NO_NUMBERS = (None, [], 1j, "fast", "1.5", b"1.5", True)


class RecorderTest(RecorderCase):
    # -- without faults -----------------------------------------------------------------------------------------------

    def test_a_record_carries_everything_that_was_said(self):
        node = self.node()
        client = self.client(node)
        client.record("bug_fix", "a \"tool\"\n\u00e9\U0001f600", 1.5, False, "gpt-4o", "u1", True)
        self.assertTrue(client.flush(PATIENCE_S))
        kept = dict(node.kept[0])
        self.assertRegex(kept.pop("idempotency_key"), r"^[0-9a-f]{32}$")
        self.assertRegex(kept.pop("timestamp"), r"^\d{4}-\d\d-\d\dT.*\+00:00$")
        self.assertEqual(
            kept,
            {
                "task_type": "bug_fix",
                "tool_name": "a \"tool\"\n\u00e9\U0001f600",
                "completion_time_s": 1.5,
                "success": False,
                "model_name": "gpt-4o",
                "user_id": "u1",
                "offloaded": True,
            },
        )
        self.assertEqual(node.requests[0].line, "POST /api/v1/tasks HTTP/1.1")

    def test_many_threads_lose_and_double_nothing(self):
        node = self.node()
        client = self.client(node)
        threads = [
            threading.Thread(target=lambda base=base: [record(client, base + i) for i in range(500)])
            for base in range(0, 4000, 500)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertTrue(client.flush(PATIENCE_S))
        times = [kept["completion_time_s"] for kept in node.kept]
        self.assertEqual(sorted(times), list(range(4000)))
        for base in range(0, 4000, 500):  # each thread's own records are in its order
            own = [time for time in times if base <= time < base + 500]
            self.assertEqual(own, sorted(own))
        self.assertEqual(client.counts(), (4000, 0, 0, 0, 0))

    def test_records_that_come_within_the_time_to_gather_travel_together(self):
        node = self.node()
        client = self.client(node, gather_s=1.0)
        for number in range(20):
            record(client, number)
        self.assertTrue(client.flush(PATIENCE_S))
        self.expect_kept(node, range(20))
        self.assertEqual(len(node.requests), 1)

    def test_close_sends_what_gathers(self):
        node = self.node()
        client = self.client(node, gather_s=1.0)
        record(client, 1)
        self.assertTrue(client.close(PATIENCE_S))
        self.expect_kept(node, [1])

    def test_a_token_goes_with_every_request(self):
        node = self.node()
        client = self.client(node, token="secret")
        record(client, 1)
        self.assertTrue(client.flush(PATIENCE_S))
        self.assertEqual(node.requests[0].headers["authorization"], "Bearer secret")

    def test_a_path_before_the_api_is_kept(self):
        node = self.node()
        client = Client(node.url + "/hive/")
        record(client, 1)
        self.assertTrue(client.close(PATIENCE_S))
        self.assertEqual(node.requests[0].line, "POST /hive/api/v1/tasks HTTP/1.1")

    # -- faults -------------------------------------------------------------------------------------------------------

    def test_what_got_no_whole_answer_is_sent_again_with_the_same_key(self):
        for step in LOST_ANSWERS:
            with self.subTest(step.__name__):
                node = self.node(step)
                client = self.client(node, timeout_s=0.5)
                record(client, 1)
                self.assertTrue(client.flush(PATIENCE_S))
                first, again = node.requests
                self.assertEqual(first.body, again.body)
                self.expect_kept(node, [1])
                self.assertEqual(client.counts(), (0, 1, 0, 0, 0))

    def test_what_was_not_taken_is_sent_again(self):
        for step in NOTHING_DONE:
            with self.subTest(step):
                node = self.node(step)
                client = self.client(node)
                record(client, 1)
                self.assertTrue(client.flush(PATIENCE_S))
                self.expect_kept(node, [1])
                self.assertEqual(client.counts(), (1, 0, 0, 0, 0))

    def test_records_stay_in_order_through_random_faults(self):
        seed = int(os.environ.get("HIVE_SEED") or random.SystemRandom().randrange(2**32))
        print("seed", seed)
        choose = random.Random(seed)
        # Dripping ends by the client's timeout only and would take long.
        steps = [step for step in LOST_ANSWERS if step is not script.keep_and_drip] + NOTHING_DONE
        node = self.node(*[choose.choice([*steps, script.answer, script.answer]) for _ in range(200)])
        client = self.client(node)
        for number in range(3000):
            record(client, number)
            if choose.random() < 0.05:
                self.assertTrue(client.flush(PATIENCE_S))
        self.assertTrue(client.flush(PATIENCE_S))
        self.assertEqual(node.script, [], "faults were left over: the test shows less than it should")
        self.expect_kept(node, range(3000))
        counts = client.counts()
        self.assertEqual(counts.recorded + counts.duplicates, 3000)
        self.assertGreater(counts.duplicates, 0)

    def test_a_node_that_is_not_there_yet_gets_everything_later(self):
        client = Client(f"http://127.0.0.1:{free_port()}")
        self.addCleanup(client.close, 0.0)
        for number in range(100):
            record(client, number)
        self.assertFalse(client.flush(0.05))
        self.assertEqual(client.counts().waiting, 100)
        node = self.node()
        with mock.patch.multiple(client._transport, _port=node.port):
            self.assertTrue(client.flush(PATIENCE_S))
        self.expect_kept(node, range(100))

    # -- pauses -------------------------------------------------------------------------------------------------------

    def test_a_busy_node_is_left_alone_for_as_long_as_it_asks(self):
        for status in (429, 503):
            with self.subTest(status):
                node = self.node(script.busy(1, status))
                client = self.client(node)
                record(client, 1)
                self.assertTrue(client.flush(PATIENCE_S))
                self.assertGreaterEqual(node.times[1] - node.times[0], 1.0)
                self.expect_kept(node, [1])

    def test_close_does_not_hurry_a_node_that_asked_for_time(self):
        node = self.node(script.busy(1))
        client = self.client(node)
        record(client, 1)
        self.assertTrue(client.close(PATIENCE_S))
        self.assertGreaterEqual(node.times[1] - node.times[0], 1.0)

    def test_retry_after_is_read_in_all_its_forms(self):
        def seconds(text, status=429):
            return Answer(status, {"Retry-After": text}, b"").retry_after_s()

        self.assertEqual(seconds("7"), 7)
        self.assertEqual(seconds(" 7 "), 7)
        self.assertGreater(seconds("Fri, 31 Dec 9998 23:59:59 GMT"), 1e9)
        self.assertEqual(seconds("Fri, 31 Dec 1999 23:59:59 GMT"), 0)
        self.assertEqual(seconds("7", status=500), 0)
        for unreadable in ("", "-1", "soon", "1.5", "\u0664", "Fri, 31 Dec 99999999 23:59:59 GMT"):
            self.assertEqual(seconds(unreadable), 0, unreadable)

    def test_pauses_grow_and_are_bounded_and_differ(self):
        client = self.client(self.node())
        pauses = []
        recorder = client._recorder
        with mock.patch.multiple(_recorder, FIRST_PAUSE_S=0.1, LONGEST_PAUSE_S=10.0):
            with mock.patch.object(
                recorder._changed, "wait_for", side_effect=lambda _condition, pause_s: pauses.append(pause_s)
            ):
                for _ in range(2000):
                    recorder._pause(0.0)
                recorder._pause(1e9)
        for attempt, pause_s in enumerate(pauses[:7]):
            self.assertGreaterEqual(pause_s, 0.05 * 2**attempt)
            self.assertLessEqual(pause_s, 0.1 * 2**attempt)
        self.assertLessEqual(max(pauses[:2000]), 10.0)
        self.assertGreater(len(set(pauses)), 1900)
        self.assertLessEqual(pauses[-1], _recorder.LONGEST_RETRY_AFTER_S + 10.0)

    # -- what is lost, and how one knows ------------------------------------------------------------------------------

    def test_what_the_node_rejects_is_named_and_counted_and_the_rest_goes_in(self):
        node = self.node(script.refuse(503, "unavailable"))
        client = self.client(node)
        with self.assertLogs("hivemark", logging.WARNING) as logs:
            for number in range(10):
                record(client, number, user_id="bad" if number in (0, 7) else "u")
            self.assertTrue(client.flush(PATIENCE_S))
        self.expect_kept(node, [1, 2, 3, 4, 5, 6, 8, 9])
        self.assertEqual(client.counts(), (8, 0, 2, 0, 0))
        told = [line for line in logs.output if "the script finds it bad" in line]
        self.assertEqual(len(told), 2)
        self.assertIn('"completion_time_s":7.0', told[1])

    def test_a_request_refused_as_a_whole_costs_only_the_records_that_are_to_blame(self):
        for status in (400, 413, 422):
            with self.subTest(status):
                self.expect_only_culprits_lost(status)

    def expect_only_culprits_lost(self, status):
        def strict(node, connection, request):
            culprits = [entry for entry in request.records if entry.get("user_id") == "culprit"]
            step = script.refuse(status, "invalid") if culprits else script.answer
            return step(node, connection, request)

        def hold(_node, connection, _request):
            ready.wait(PATIENCE_S)
            script.reset(connection)

        ready = threading.Event()
        node = self.node(hold, otherwise=strict)
        client = self.client(node)
        with self.assertLogs("hivemark", logging.WARNING):
            for number in range(50):
                record(client, number, user_id="culprit" if number in (0, 13, 14, 49) else "")
            ready.set()
            self.assertTrue(client.flush(PATIENCE_S))
        self.expect_kept(node, [n for n in range(50) if n not in (0, 13, 14, 49)])
        self.assertEqual(client.counts(), (46, 0, 4, 0, 0))

    def test_a_full_buffer_drops_the_oldest_and_says_so(self):
        node = self.node(otherwise=script.refuse(503, "unavailable"))
        client = self.client(node, buffer_records=10)
        with self.assertLogs("hivemark", logging.WARNING) as logs:
            record(client, 0)
            while not node.requests:  # the first is being sent: it is not among those that may be dropped
                time.sleep(0.001)
            for number in range(1, 31):
                record(client, number)
            self.assertEqual(client.counts().waiting, 11)
            node.otherwise = script.answer
            self.assertTrue(client.flush(PATIENCE_S))
        self.expect_kept(node, [0, *range(21, 31)])
        self.assertEqual(client.counts(), (11, 0, 0, 20, 0))
        about_drops = [line for line in logs.output if "dropped" in line]
        self.assertEqual(len(about_drops), 2, about_drops)  # where it begins, and how many it were
        self.assertIn("20 task records", about_drops[1])

    def test_what_no_node_could_take_is_refused_at_once_by_its_name(self):
        client = self.client(self.node())
        good = {"task_type": "t", "tool_name": "tool", "completion_time_s": 1.0, "success": True}
        for name, wrong, error in (
            *(("completion_time_s", time, ValueError) for time in NO_TIMES),
            *(("completion_time_s", time, TypeError) for time in NO_NUMBERS),
            *((name, text, ValueError) for name in TEXTS for text in ("x" * 129, "\u00e9" * 65, "\udc80", "a\0b")),
            *((name, text, TypeError) for name in TEXTS for text in (None, b"x", 7)),
            *((name, "", ValueError) for name in ("task_type", "tool_name")),
            *((name, value, TypeError) for name in ("success", "offloaded") for value in ("yes", "", None, 2, [True])),
        ):
            with self.subTest(name=name, wrong=wrong), self.assertRaisesRegex(error, name):
                client.record(**{**good, name: wrong})
        self.assertEqual(client.counts(), (0, 0, 0, 0, 0))

    def test_what_a_node_takes_at_its_bounds_is_taken(self):
        node = self.node()
        client = self.client(node)
        longest = "\u00e9" * 64
        client.record(longest, longest, 0, 1, longest, longest, 0)
        client.record("t", "tool", 604_800, 0)
        self.assertTrue(client.flush(PATIENCE_S))
        self.assertEqual([kept["completion_time_s"] for kept in node.kept], [0, 604_800])
        self.assertEqual([kept["success"] for kept in node.kept], [True, False])
        self.assertEqual([kept["offloaded"] for kept in node.kept], [False, False])
        self.assertEqual(node.kept[0]["user_id"], longest)

    def test_a_time_may_be_any_kind_of_number(self):
        node = self.node()
        client = self.client(node)
        for time_s in (Fraction(3, 2), Decimal("2.5"), 3):
            client.record("t", "tool", time_s, True)
        self.assertTrue(client.flush(PATIENCE_S))
        self.assertEqual([kept["completion_time_s"] for kept in node.kept], [1.5, 2.5, 3.0])

    def test_options_that_make_no_sense_are_refused(self):
        for url in ("ftp://node", "127.0.0.1:7420", "http://", "http://node:port"):
            with self.assertRaises(ValueError, msg=url):
                Client(url)
        for options in ({"timeout_s": 0}, {"buffer_records": 0}, {"gather_s": -1}, {"gather_s": 2}, {"token": "two\nlines"}, {"token": ""}):
            with self.assertRaises(ValueError, msg=options):
                Client(**options)


if __name__ == "__main__":
    unittest.main()
