"""Leases of GPUs: what the client asks of a node, and what it makes of the answers."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
import unittest
from unittest import mock

import scripted_node as script
from conftest import PACKAGE
from hivemark import AsyncClient, AsyncLease, Client, LeaseLost, NodeError, Unreachable, _lease
from scripted_node import ScriptedNode

PATIENCE_S = 30
HELD = {"id": "l1", "token": "t1", "state": "active", "device": "GPU-1", "vram_mib": 3814, "ttl_s": 0.06,
        "devices": [{"uuid": "GPU-1", "vram_mib": 3814}, {"uuid": "GPU-2", "vram_mib": 3814}]}
QUEUED = {"id": "l1", "state": "queued"}
ENDED = {"id": "l1", "state": "ended", "outcome": "revoked", "reason": "it is late"}


def problem(status, code):
    return status, {"status": status, "code": code, "detail": f"as the script says: {code}"}


class LeasingNode(ScriptedNode):
    """Grants at once and renews for ever, but for the answers that are in `takes`, `looks` and `renewals`; None among
    them hangs up."""

    def __init__(self):
        super().__init__(otherwise=self.serve)
        self.takes, self.looks, self.renewals = [], [], []
        self.asked = []  # (verb, path, body) of all but looks
        self.looked = []  # paths of looks
        self.renewed = threading.Semaphore(0)
        self.waiting = threading.Semaphore(0)  # for each look
        self.state = HELD

    @staticmethod
    def serve(node, connection, request):
        verb, path, _ = request.line.split(" ")
        out = node.answer_to(verb, path, json.loads(request.body) if request.body else None)
        if out is None:
            script.reset(connection)
            return False
        script.send(connection, *out, "application/json" if out[0] < 400 else "application/problem+json")
        return True

    def answer_to(self, verb, path, body):
        if verb == "GET" and path.startswith("/api/v1/gpus/leases/"):
            self.looked.append(path)
            self.waiting.release()
            return self.looks.pop(0) if self.looks else (200, self.state)
        self.asked.append((verb, path, body))
        if verb == "DELETE":
            return 200, {"id": "l1", "state": "releasing"}
        if verb == "GET":
            return 200, {"gpus": [{"uuid": "GPU-1"}], "leases": [HELD]}
        if path.endswith("/renew"):
            self.renewed.release()
            return self.renewals.pop(0) if self.renewals else (200, self.state)
        return self.takes.pop(0) if self.takes else (201, HELD)

    def count(self, verb):
        return sum(each[0] == verb for each in self.asked)


class LeaseTest(unittest.TestCase):
    def setUp(self):
        self.node = LeasingNode()
        self.node.__enter__()
        self.addCleanup(self.node.__exit__)
        fast = mock.patch.multiple(_lease, FIRST_PAUSE_S=0.01, LONGEST_PAUSE_S=0.02)
        fast.start()
        self.addCleanup(fast.stop)

    def client(self, **options):
        client = Client(self.node.url, **options)
        self.addCleanup(client.close, 1.0)
        return client

    def await_renewals(self, count):
        for _ in range(count):
            self.assertTrue(self.node.renewed.acquire(timeout=PATIENCE_S))

    def released_with(self):
        """The tokens of all DELETEs."""
        return [body["token"] for verb, path, body in self.node.asked if verb == "DELETE"]

    # -- taking -------------------------------------------------------------------------------------------------------

    def test_a_block_has_a_lease_that_is_renewed_and_given_back(self):
        with self.client().lease(vram_gb=4) as lease:
            self.assertEqual((lease.id, lease.token, lease.device), ("l1", "t1", "GPU-1"))
            self.assertEqual((lease.devices, lease.vram_mib), (["GPU-1", "GPU-2"], 3814))
            self.assertNotIn("t1", repr(lease))
            self.await_renewals(3)
            lease.check()
        self.assertEqual(self.released_with(), ["t1"])
        self.assertFalse(any("t1" in path for _, path, _ in self.node.asked), "no token in a URL")
        self.assertIn(("POST", "/api/v1/gpus/leases/l1/renew", {"token": "t1", "ready": False}), self.node.asked)

    def asked_for(self, *arguments, engine=None, **options):
        with self.client(engine=engine).lease(*arguments, **options):
            pass
        verb, path, body = next(each for each in reversed(self.node.asked) if each[1].endswith("?wait=false"))
        self.assertEqual((verb, path), ("POST", "/api/v1/gpus/leases?wait=false"))
        self.assertRegex(body.pop("key"), "^[0-9a-f]{32}$")
        return body

    def test_what_the_arguments_ask_for(self):
        plain = {"vram_gb": 4, "devices": 1, "shared": False, "timed": False, "priority": 0, "ttl_s": 30.0}
        self.assertEqual(self.asked_for(4), plain)
        self.assertEqual(self.asked_for(), {**plain, "vram_gb": 0.001})
        self.assertEqual(
            self.asked_for(2.5, devices=2, timed=True, priority=-3, max_duration_s=60, ttl_s=5, holder="me"),
            {**plain, "vram_gb": 2.5, "devices": 2, "timed": True, "priority": -3, "max_duration_s": 60, "ttl_s": 5,
             "holder": "me"},
        )
        self.assertEqual(self.asked_for(4, shared=True, engine="py"), {**plain, "shared": True, "holder": "py"})

    def test_what_cannot_be_meant_is_refused_without_a_request(self):
        for wrong in ({"shared": True}, {"vram_gb": 4, "shared": True, "timed": True}):
            with self.assertRaises(ValueError):
                self.client().lease(**wrong)
        self.assertEqual(self.node.requests, [])

    def test_a_request_waits_and_repeats_itself_for_the_token(self):
        self.node.takes = [(202, QUEUED)]
        self.node.looks = [(200, QUEUED), (200, QUEUED), (200, {**HELD, "token": ""})]
        with self.client().lease() as lease:
            self.assertEqual(lease.token, "t1")
        first, second = (body for verb, path, body in self.node.asked if path.endswith("?wait=false"))
        self.assertEqual(first, second)
        self.assertEqual(self.node.looked[0], "/api/v1/gpus/leases/l1?token=" + first["key"])

    def test_a_node_that_restarts_while_a_request_waits(self):
        self.node.takes = [(202, QUEUED), (202, QUEUED)]
        self.node.looks = [None, problem(503, "unavailable"), problem(404, "not_found")]
        with self.client().lease():
            pass
        self.assertEqual(self.node.count("DELETE"), 1)

    def test_refusals(self):
        for answer, error in ((problem(409, "unsupported"), NodeError), (problem(503, "overloaded"), NodeError),
                              (None, Unreachable), ((200, ENDED), LeaseLost)):
            with self.subTest(answer):
                self.node.takes = [answer, answer]
                with self.assertRaises(error):
                    self.client().lease()
        self.assertEqual(self.node.count("DELETE"), 0)

    def test_a_timeout_withdraws_the_request(self):
        self.node.takes = [(202, QUEUED)]
        self.node.state = QUEUED
        with self.assertRaises(TimeoutError):
            self.client().lease(timeout=0.1)
        self.assertEqual(self.released_with(), [self.node.asked[0][2]["key"]])

    def test_ctrl_c_withdraws_the_request(self):
        self.node.takes = [(202, QUEUED)]
        self.node.state = QUEUED
        with mock.patch.object(_lease.time, "sleep", side_effect=KeyboardInterrupt), self.assertRaises(KeyboardInterrupt):
            self.client().lease()
        self.assertEqual(self.released_with(), [self.node.asked[0][2]["key"]])

    def test_ctrl_c_before_the_answer_withdraws_what_was_heard(self):
        client = self.client()
        ask = client._transport.post
        with mock.patch.object(client._transport, "post", side_effect=[KeyboardInterrupt, mock.DEFAULT], wraps=ask):
            with self.assertRaises(KeyboardInterrupt):
                client.lease()
        self.assertEqual([each[0] for each in self.node.asked], ["POST", "DELETE"])

    # -- holding ------------------------------------------------------------------------------------------------------

    def test_ready_is_said_once(self):
        with self.client().lease(4, shared=True) as lease:
            lease.ready()
        said = [body for _, path, body in self.node.asked if path.endswith("/renew") and body["ready"]]
        self.assertEqual(said, [{"token": "t1", "ready": True}])

    def test_a_lease_goes_on_while_the_node_is_away(self):
        self.node.renewals = [None, problem(503, "unavailable"), problem(401, "unauthorized")]
        self.node.looks = [None, None]
        with self.assertLogs("hivemark", "INFO") as logs, self.client().lease() as lease:
            self.await_renewals(5)
            lease.check()
        self.assertIn("is tried again", logs.output[0])
        self.assertIn("is renewed again", logs.output[1])
        self.assertNotIn("t1", "".join(logs.output))

    def lost(self, lease):
        self.assertTrue(lease.lost.wait(PATIENCE_S))
        with self.assertRaises(LeaseLost) as caught:
            lease.check()
        return caught.exception.outcome, caught.exception.reason

    def test_a_revoked_lease_is_lost(self):
        with self.client().lease() as lease:
            self.node.state = {**ENDED, "state": "revoking"}
            self.assertEqual(self.lost(lease), ("revoked", "it is late"))
            with self.assertRaises(LeaseLost):
                lease.ready()
        self.assertEqual(self.node.count("DELETE"), 0)

    def test_a_lease_that_the_node_does_not_renew_is_lost(self):
        for answer in (problem(409, "conflict"), problem(404, "not_found"), problem(403, "forbidden")):
            self.node.renewals = [answer] * 9
            self.node.state = HELD
            with self.client().lease() as lease:
                self.assertEqual(self.lost(lease), ("ended", answer[1]["detail"]))
        self.node.renewals = [problem(409, "conflict")] * 9
        self.node.looks = [(200, ENDED)] * 9
        with self.client().lease() as lease:
            self.assertEqual(self.lost(lease), ("revoked", "it is late"))

    # -- the end ------------------------------------------------------------------------------------------------------

    def test_it_is_given_back_after_an_exception_and_once(self):
        with self.assertRaises(ZeroDivisionError), self.client().lease() as lease:
            raise ZeroDivisionError
        lease.release()
        self.assertEqual(self.released_with(), ["t1"])

    def test_a_node_that_is_gone_at_the_end_hides_no_exception(self):
        with self.assertLogs("hivemark", "WARNING"), self.assertRaises(ZeroDivisionError):
            with self.client().lease():
                self.node.answer_to = lambda *_: None
                raise ZeroDivisionError

    def test_a_client_that_is_closed_gives_back(self):
        client = self.client()
        client.lease()
        client.close()
        self.assertEqual(self.released_with(), ["t1"])

    def test_a_process_that_ends_gives_back(self):
        code = f"import hivemark; lease = hivemark.Client({self.node.url!r}).lease()"
        subprocess.run([sys.executable, "-c", code], cwd=PACKAGE, check=True, timeout=PATIENCE_S)
        self.assertEqual(self.released_with(), ["t1"])

    def test_a_forked_process_gives_nothing_back(self):
        with self.client().lease() as lease:
            child = os.fork()
            if child == 0:
                try:
                    lease.release()
                finally:
                    os._exit(0)
            self.assertEqual(os.waitpid(child, 0)[1], 0)
            self.assertEqual(self.node.count("DELETE"), 0)
        self.assertEqual(self.released_with(), ["t1"])

    def test_the_environment_is_set_on_demand_and_restored(self):
        with mock.patch.dict(os.environ, CUDA_VISIBLE_DEVICES="7"):
            with self.client().lease():
                self.assertEqual(os.environ["CUDA_VISIBLE_DEVICES"], "7")
            with self.client().lease(set_visible_devices=True):
                self.assertEqual(os.environ["CUDA_VISIBLE_DEVICES"], "GPU-1,GPU-2")
            self.assertEqual(os.environ["CUDA_VISIBLE_DEVICES"], "7")
            del os.environ["CUDA_VISIBLE_DEVICES"]
            with self.client().lease(set_visible_devices=True):
                pass
            self.assertNotIn("CUDA_VISIBLE_DEVICES", os.environ)

    # -- lists and single routes --------------------------------------------------------------------------------------

    def test_lists(self):
        self.assertEqual(self.client().gpus(), [{"uuid": "GPU-1"}])
        self.assertEqual(self.client().leases()[0]["id"], "l1")

    def test_a_token_is_sent_in_a_body(self):
        self.client().release_lease("l1", token="t1", now=True)
        self.assertEqual(self.node.asked[-1], ("DELETE", "/api/v1/gpus/leases/l1", {"token": "t1", "now": True}))
        self.client().release_lease("l1")
        self.assertEqual(self.node.asked[-1], ("DELETE", "/api/v1/gpus/leases/l1", None))

    # -- asyncio ------------------------------------------------------------------------------------------------------

    def run_async(self, work):
        async def with_client():
            async with AsyncClient(self.node.url) as hive:
                return await work(hive)

        return asyncio.run(asyncio.wait_for(with_client(), PATIENCE_S))

    def test_async_blocks(self):
        async def work(hive):
            async with hive.lease(vram_gb=4, shared=True) as lease:
                self.assertIsInstance(lease, AsyncLease)
                await lease.ready()
                lease.check()
                self.assertEqual((await hive.gpus(), len(await hive.leases())), ([{"uuid": "GPU-1"}], 1))
            held = await hive.lease()
            await held.release()

        self.run_async(work)
        self.assertEqual(self.released_with(), ["t1", "t1"])

    def test_an_async_lease_is_lost(self):
        async def work(hive):
            async with hive.lease() as lease:
                self.node.state = ENDED
                while not lease.lost.is_set():
                    await asyncio.sleep(0.01)
                with self.assertRaises(LeaseLost):
                    lease.check()

        self.run_async(work)

    def test_a_cancelled_task_withdraws_its_request(self):
        self.node.takes = [(202, QUEUED)]
        self.node.state = QUEUED

        async def work(hive):
            async def hold():
                async with hive.lease():
                    self.fail("it was granted")

            task = asyncio.ensure_future(hold())
            while not self.node.looked:
                await asyncio.sleep(0.01)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        self.run_async(work)
        self.assertEqual(self.released_with(), [self.node.asked[0][2]["key"]])

    def test_a_cancelled_block_gives_back(self):
        async def work(hive):
            async def hold():
                async with hive.lease():
                    await asyncio.sleep(PATIENCE_S)

            task = asyncio.ensure_future(hold())
            while not self.node.count("POST"):
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        self.run_async(work)
        self.assertEqual(self.released_with()[-1:], ["t1"])


if __name__ == "__main__":
    unittest.main()
