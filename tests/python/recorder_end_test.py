"""Records reach the node when the client or the process ends, where no thread can start, and through forks."""

import logging
import os
import subprocess
import sys
import threading
import unittest
from unittest import mock

import scripted_node as script
from conftest import PACKAGE
from hivemark import Client, Closed
from recorder_case import PATIENCE_S, RecorderCase, free_port, record


class RecorderEndTest(RecorderCase):
    # -- the end ------------------------------------------------------------------------------------------------------

    def test_close_sends_what_waits_and_takes_no_more(self):
        node = self.node(script.hang_up_unread, script.keep_and_hang_up)
        with Client(node.url) as client:
            for number in range(100):
                record(client, number)
        self.expect_kept(node, range(100))
        with self.assertRaises(Closed):
            record(client, 100)
        self.assertTrue(client.close())

    def test_close_gives_up_in_time_and_says_what_is_lost(self):
        client = Client(f"http://127.0.0.1:{free_port()}")
        for number in range(5):
            record(client, number)
        with self.assertLogs("hivemark", logging.WARNING) as logs:
            self.assertFalse(client.close(0.1))
        self.assertTrue(any("5 task records" in line for line in logs.output), logs.output)
        self.assertEqual(client.counts(), (0, 0, 0, 5, 0))

    def run_engine(self, code, **env):
        """Runs an engine of its own to its end."""
        env = {**os.environ, "PYTHONPATH": str(PACKAGE), **env}
        command = [sys.executable, "-c", "import hivemark, os, sys\n" + code]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False)

    def test_a_process_that_just_ends_loses_nothing(self):
        node = self.node()
        for ending in ("", "sys.exit(3)", "raise RuntimeError"):
            engine = self.run_engine(
                f"hive = hivemark.Client({node.url!r})\n"
                f"for n in range(100): hive.record('t', 'tool', n, True)\n{ending}"
            )
            self.assertNotIn("hivemark", engine.stderr.replace("import hivemark", ""))
        self.expect_kept(node, [*range(100)] * 3)

    def test_what_is_recorded_while_the_process_ends_is_sent(self):
        # From 3.12.0 to 3.12.2 Python starts no thread any more when functions of atexit run. On other versions the
        # second engine acts it out.
        node = self.node(script.hang_up_unread, script.answer, script.keep_and_hang_up)
        at_exit = (
            "import atexit, threading\n"
            f"hive = hivemark.Client({node.url!r})\n"
            "def end():\n"
            "    for n in range(3): hive.record('t', 'tool', n, True)\n"
            "    print(hive.flush(30), *hive.counts())\n"
            "    hive.record('t', 'tool', 3, True)\n"  # the package's own function at exit sends this one
            "atexit.register(end)\n"
        )
        no_thread = (
            "def refuse(*_): raise RuntimeError(\"can't create new thread at interpreter shutdown\")\n"
            "atexit.register(setattr, threading.Thread, 'start', refuse)\n"
        )
        for code in (at_exit, at_exit + no_thread):
            engine = self.run_engine(code)
            self.assertEqual(engine.stdout.split()[0], "True", engine.stderr)
        self.expect_kept(node, [0, 1, 2, 3] * 2)

    def test_a_process_can_end_while_the_node_is_away(self):
        engine = self.run_engine(
            "import hivemark._recorder as r\n"
            "r.EXIT_TIMEOUT_S = 0.1\n"
            f"hivemark.Client('http://127.0.0.1:{free_port()}').record('t', 'tool', 1, True)"
        )
        self.assertEqual(engine.returncode, 0)
        self.assertIn("1 task records that", engine.stderr)

    # -- without a thread ---------------------------------------------------------------------------------------------

    def without_threads(self):
        """From here on no thread can start that sends records."""
        really_start = threading.Thread.start

        def start(thread):
            if thread.name == "hivemark-recorder":
                raise RuntimeError("can't start new thread")
            really_start(thread)

        patch = mock.patch.object(threading.Thread, "start", start)
        patch.start()
        return patch

    def test_flush_sends_where_no_thread_can_start(self):
        node = self.node(script.hang_up_unread, script.refuse(503, "unavailable"), script.keep_and_hang_up)
        client = self.client(node)
        patch = self.without_threads()
        for number in range(2_500):
            record(client, number)
        self.assertEqual(node.requests, [])
        self.assertTrue(client.flush(PATIENCE_S))
        self.expect_kept(node, range(2_500))
        patch.stop()
        record(client, 2_500)  # there is a thread again
        self.assertTrue(client.flush(PATIENCE_S))
        self.expect_kept(node, range(2_501))
        self.assertEqual(client.counts().waiting, 0)

    def test_several_flushes_without_a_thread_send_each_record_once(self):
        node = self.node()
        client = self.client(node)
        patch = self.without_threads()
        for number in range(3_000):
            record(client, number)
        results = []
        flushes = [threading.Thread(target=lambda: results.append(client.flush(PATIENCE_S))) for _ in range(8)]
        for each in flushes:
            each.start()
        for each in flushes:
            each.join()
        patch.stop()
        self.assertEqual(results, [True] * 8)
        self.expect_kept(node, range(3_000))

    def test_flush_and_close_without_a_thread_keep_to_their_time(self):
        silent = self.node(otherwise=script.keep_and_drip)
        away = f"http://127.0.0.1:{free_port()}"
        patch = self.without_threads()
        for url in (silent.url, away):
            client = Client(url, timeout_s=10 * PATIENCE_S)  # a test that waits for it fails by its own time limit
            record(client, 1)
            self.assertFalse(client.flush(0.2))
            self.assertFalse(client.close(0.2))
            self.assertEqual(client.counts().dropped, 1)
        patch.stop()

    # -- forks --------------------------------------------------------------------------------------------------------

    def test_a_forked_process_sends_its_own_records_and_none_of_its_parents(self):
        node = self.node(otherwise=script.refuse(503, "unavailable"))
        client = self.client(node)
        for number in range(3):
            record(client, number)
        child = os.fork()
        if child == 0:
            try:
                record(client, 100)
                record(client, 101)
                settled = client.flush(PATIENCE_S)
                os._exit(0 if settled and client.counts().recorded == 2 else 1)
            finally:
                os._exit(2)
        node.otherwise = script.answer
        _, status = os.waitpid(child, 0)
        self.assertEqual(status, 0)
        self.assertTrue(client.flush(PATIENCE_S))
        self.assertEqual(sorted(kept["completion_time_s"] for kept in node.kept), [0, 1, 2, 100, 101])
        self.assertEqual(node.repeated, [])
        self.assertEqual(client.counts(), (3, 0, 0, 0, 0))

    def test_a_fork_in_the_middle_of_recording_blocks_nobody(self):
        node = self.node()
        client = self.client(node)
        stop = threading.Event()
        threads = [threading.Thread(target=lambda: [record(client, 1) for _ in iter(stop.is_set, True)])]
        threads[0].start()
        try:
            for _ in range(20):
                child = os.fork()
                if child == 0:
                    record(client, 2)
                    os._exit(0 if client.flush(PATIENCE_S) else 1)
                self.assertEqual(os.waitpid(child, 0)[1], 0)
        finally:
            stop.set()
            threads[0].join()
        self.assertTrue(client.flush(PATIENCE_S))
        self.assertEqual(sum(kept["completion_time_s"] == 2 for kept in node.kept), 20)
        self.assertEqual(node.repeated, [])


if __name__ == "__main__":
    unittest.main()
