"""GPU leases of a real node, with real processes that use the memory of a scripted driver library."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

from hivemark import Client, NodeError
from real_node_test import PATIENCE_S, Node

LIBRARY = os.environ["HIVE_FAKE_NVML"]
HIVECTL = os.environ["HIVECTL"]
# From asking a holder to give a lease back to its end: asking, killing and draining, and a busy machine.
END_S = 10 + 5 + 15 + 30

# Uses MIB of device DEVICE from the start on, until it is told to stop. On SIGTERM it takes its time, or ignores it.
HOLDER = """
import os, signal, sys, time
registry, device, mib, free_ms, obeys = sys.argv[1:6]
if obeys == "no":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
with open(registry, "a") as file:
    file.write(f"device={device} pid={os.getpid()} mib={mib} free_ms={free_ms}\\n")
print("using", os.environ.get("CUDA_VISIBLE_DEVICES"), os.environ.get("HIVE_LEASE_TOKEN"), flush=True)
time.sleep(float(sys.argv[6]))
"""


def wait_until(what, limit_s=END_S):
    end = time.monotonic() + limit_s
    while not (out := what()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {limit_s} s: {what.__doc__ or what}")
        time.sleep(0.1)
    return out


class Machine:
    """The devices of a test: a world of the scripted library."""

    def __init__(self, devices=1, total=8192):
        self._directory = tempfile.TemporaryDirectory()
        self.world = Path(self._directory.name, "world")
        self.registry = Path(self._directory.name, "registry")
        self.devices = {f"GPU-{i}": f"total={total} reserved=256" for i in range(devices)}
        self.lines = []
        self.write()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._directory.cleanup()

    def write(self):
        lines = [f"registry file={self.registry}", *self.lines]
        lines += [f"device uuid={uuid} {more}" for uuid, more in self.devices.items()]
        new = self.world.with_suffix(".new")
        new.write_text("\n".join(lines) + "\n", encoding="utf-8")
        new.rename(self.world)

    def config(self, more=""):
        return f'[gpu]\nlibrary = "{LIBRARY}"\n{more}'

    def holder(self, mib, seconds=600, device="GPU-0", free_ms=0, obeys="yes"):
        words = [sys.executable, "-c", HOLDER, self.registry, device, mib, free_ms, obeys, seconds]
        return [str(word) for word in words]


class LeasesTest(unittest.TestCase):
    devices = 1
    more = ""

    def setUp(self):
        self.machine = self.enter(Machine(self.devices))
        environment = mock.patch.dict(os.environ, FAKE_NVML_WORLD=str(self.machine.world))
        environment.start()
        self.addCleanup(environment.stop)
        self.node = self.enter(Node(self.machine.config(self.more)))
        os.environ["HIVE_DATA"] = self.node.data
        self.client = Client(self.node.url, timeout_s=PATIENCE_S)
        self.addCleanup(self.client.close)
        wait_until(lambda: self.gpus() and all(each["state"] == "ok" for each in self.gpus().values()))

    def enter(self, what):
        out = what.__enter__()
        self.addCleanup(what.__exit__, None, None, None)
        return out

    # -- questions --------------------------------------------------------------

    def gpus(self):
        return {each["uuid"]: each for each in self.client.gpus()}

    def leases(self):
        return self.client.leases()

    def lease_in(self, *states):
        return next((each for each in self.leases() if each["state"] in states), None)

    def history(self):
        return self.request("GET", "/api/v1/gpus/history")["leases"]

    def request(self, method, path, body=None):
        import urllib.request

        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.node.url + path, data, {"Content-Type": "application/json"}, method=method)
        token = Path(self.node.data, "operator.token")
        if token.exists():
            request.add_header("Authorization", "Bearer " + token.read_text(encoding="utf-8").strip())
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)

    # -- commands under a lease ---------------------------------------------------

    def run_under_lease(self, command, *options, ttl="30"):
        words = [HIVECTL, "--url", self.node.url, "gpu", "run", *options, "--", *command]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    def started(self, process):
        """What the holder prints once it uses the memory: the devices that it sees, and its token."""
        line = process.stdout.readline().split()
        if line[:1] != ["using"]:
            self.fail(f"{line} {process.communicate()}")
        return line[1], line[2]

    def ended(self, outcome, holder_of=lambda lease: True):
        found = [each for each in self.history() if each["outcome"] == outcome and holder_of(each)]
        return found[0] if found else None

    def expect_all_free(self):
        wait_until(lambda: all(gpu["leased_mib"] == 0 and gpu["state"] == "ok" for gpu in self.gpus().values()))


class HoldersTest(LeasesTest):
    def test_a_command_sees_its_device_and_gives_it_back(self):
        process = self.run_under_lease(self.machine.holder(2000, seconds=1.5), "--vram", "4")
        device, token = self.started(process)
        lease = self.lease_in("active")
        self.assertEqual(device, "GPU-0")
        self.assertEqual(lease["device"], "GPU-0")
        self.assertNotIn("token", lease)
        self.assertTrue(token.startswith(self.node.id[:8] + "."))
        self.assertEqual(process.wait(PATIENCE_S), 0, process.stderr.read())
        self.expect_all_free()
        done = wait_until(lambda: self.ended("released"))
        self.assertEqual(done["devices"][0]["peak_mib"], 2000)

    def test_two_on_one_device_run_one_after_the_other_with_tokens_that_grow(self):
        first = self.run_under_lease(self.machine.holder(5000, seconds=6), "--vram", "4")
        _, one = self.started(first)
        second = self.run_under_lease(self.machine.holder(5000, seconds=1), "--vram", "4")
        waiting = wait_until(lambda: self.lease_in("queued"))
        self.assertIsNotNone(waiting["promised_at"])
        self.assertIn("next in line", self.request("GET", f"/api/v1/gpus/leases/{waiting['id']}/why")["explanation"])
        _, two = self.started(second)
        self.assertIsNotNone(first.poll(), "both run at once")
        self.assertEqual((first.wait(PATIENCE_S), second.wait(PATIENCE_S)), (0, 0))
        numbers = [tuple(int(part) for part in token.split(".")[1:3]) for token in (one, two)]
        self.assertLess(numbers[0], numbers[1])
        self.expect_all_free()

    def test_a_killed_holder_gives_its_lease_back_at_once(self):
        process = self.run_under_lease(self.machine.holder(3000, free_ms=1500), "--vram", "4")
        self.started(process)
        holder = self.lease_in("active")["process"]["pid"]
        os.killpg(holder, signal.SIGKILL)
        os.killpg(process.pid, signal.SIGKILL)
        draining = wait_until(lambda: self.lease_in("draining"), limit_s=10)
        self.assertGreater(self.gpus()["GPU-0"]["leased_mib"], 0, draining)
        self.expect_all_free()
        self.assertIsNotNone(self.ended("holder_gone"))

    def test_one_that_stops_renewing_is_asked_and_then_killed(self):
        process = self.run_under_lease(self.machine.holder(3000, obeys="no"), "--vram", "4", "--ttl", "3")
        self.started(process)
        holder = self.lease_in("active")["process"]["pid"]
        os.kill(process.pid, signal.SIGSTOP)
        wait_until(lambda: self.lease_in("revoking"))
        wait_until(lambda: self.ended("expired"))
        self.assertFalse(Path(f"/proc/{holder}/status").exists() and "Z" not in status_of(holder))
        self.expect_all_free()

    def test_one_that_uses_more_than_its_lease_loses_it(self):
        process = self.run_under_lease(self.machine.holder(3000), "--vram", "1", "--shared")
        self.started(process)
        process.wait(END_S)
        done = wait_until(lambda: self.ended("overused"))
        self.assertIn("3000 MiB", done["reason"])
        self.expect_all_free()

    def test_memory_that_never_comes_back_is_handed_out_to_nobody(self):
        process = self.run_under_lease(self.machine.holder(3000, seconds=1, free_ms="never"), "--vram", "4")
        self.started(process)
        self.assertEqual(process.wait(PATIENCE_S), 0)
        wait_until(lambda: self.gpus()["GPU-0"]["state"] == "quarantined")
        with self.assertRaises(NodeError) as refused:
            self.client.lease(vram_gb=1).__enter__()
        self.assertEqual(refused.exception.status, 409)
        cleared = self.request("POST", "/api/v1/gpus/GPU-0/clear", {})
        self.assertEqual(cleared["state"], "ok")
        gpu = wait_until(lambda: self.gpus()["GPU-0"] if self.gpus()["GPU-0"]["foreign_mib"] == 3000 else None)
        self.assertEqual(gpu["free_mib"], 8192 - 256 - 3000)


class DevicesTest(LeasesTest):
    devices = 2

    def test_a_lost_device_takes_its_leases_along_and_refuses_who_needs_it(self):
        gang = self.run_under_lease(self.machine.holder(1000), "--vram", "4", "--devices", "2")
        self.started(gang)
        waiting = self.run_under_lease(self.machine.holder(1000), "--vram", "4", "--devices", "2")
        wait_until(lambda: self.lease_in("queued"))
        self.machine.devices["GPU-1"] += " state=lost"
        self.machine.write()
        self.assertNotEqual(waiting.wait(END_S), 0)
        self.assertIn("2 devices", waiting.stderr.read())
        gang.wait(END_S)
        lost = wait_until(lambda: self.ended("device_lost"))
        self.assertIn("GPU-1", lost["reason"])
        wait_until(lambda: self.gpus()["GPU-0"]["leased_mib"] == 0)
        self.assertEqual(self.gpus()["GPU-1"]["state"], "lost")
        self.assertEqual(self.gpus()["GPU-0"]["state"], "ok")

    def test_while_the_driver_hangs_leases_go_on_and_none_begins(self):
        held = self.run_under_lease(self.machine.holder(1000), "--vram", "4")
        self.started(held)
        self.machine.devices["GPU-1"] += " state=hang"
        self.machine.write()
        wait_until(lambda: all(gpu["state"] == "unknown" for gpu in self.gpus().values()))
        late = self.run_under_lease(self.machine.holder(1000, seconds=1, device="GPU-1"), "--vram", "4")
        wait_until(lambda: self.lease_in("queued"))
        time.sleep(3)
        self.assertEqual(self.lease_in("active")["devices"][0]["uuid"], "GPU-0")
        self.assertIsNotNone(self.lease_in("queued"))
        self.machine.devices["GPU-1"] = self.machine.devices["GPU-1"].replace(" state=hang", "")
        self.machine.write()
        self.started(late)
        self.assertEqual(late.wait(PATIENCE_S), 0)


class RestartTest(LeasesTest):
    def restart(self):
        self.node.kill()
        self.node.start()

    def test_a_lease_goes_on_over_a_kill_of_the_node(self):
        process = self.run_under_lease(self.machine.holder(3000), "--vram", "4")
        self.started(process)
        before = self.lease_in("active")
        self.restart()
        after = wait_until(lambda: self.lease_in("active"))
        self.assertEqual((after["id"], after["device"]), (before["id"], before["device"]))
        self.assertEqual(self.client.gpus()[0]["leased_mib"], before["vram_mib"])
        os.killpg(after["process"]["pid"], signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE_S), 128 + signal.SIGTERM, process.stderr.read())
        self.expect_all_free()
        self.assertIsNotNone(wait_until(lambda: self.ended("released")))

    def test_who_died_meanwhile_loses_the_lease(self):
        process = self.run_under_lease(self.machine.holder(3000, free_ms=500), "--vram", "4")
        self.started(process)
        holder = self.lease_in("active")["process"]["pid"]
        self.node.kill()
        os.killpg(holder, signal.SIGKILL)
        os.killpg(process.pid, signal.SIGKILL)
        self.node.start()
        self.expect_all_free()
        self.assertIsNotNone(wait_until(lambda: self.ended("holder_gone")))

    def test_tokens_grow_over_a_restart_and_old_ones_do_nothing(self):
        with self.client.lease(vram_gb=1) as lease:
            old = lease.token
        self.restart()
        wait_until(lambda: self.gpus() and self.gpus()["GPU-0"]["state"] == "ok")
        with self.client.lease(vram_gb=1) as lease:
            self.assertLess(*(tuple(int(part) for part in each.split(".")[1:3]) for each in (old, lease.token)))
            with self.assertRaises(NodeError) as refused:
                self.client.renew_lease(lease.id, token=old)
            self.assertEqual(refused.exception.code, "forbidden")

    def test_a_request_that_waits_is_there_after_a_restart(self):
        first = self.run_under_lease(self.machine.holder(3000), "--vram", "4")
        self.started(first)
        second = self.run_under_lease(self.machine.holder(3000, seconds=1), "--vram", "4")
        waiting = wait_until(lambda: self.lease_in("queued"))
        self.restart()
        again = wait_until(lambda: self.lease_in("queued"))
        self.assertEqual(again["id"], waiting["id"])
        os.killpg(wait_until(lambda: self.lease_in("active"))["process"]["pid"], signal.SIGTERM)
        self.started(second)
        self.assertEqual(second.wait(PATIENCE_S), 0)


class SharedTest(LeasesTest):
    def test_the_next_one_on_a_device_starts_when_the_last_one_has_loaded(self):
        with self.client.lease(vram_gb=1, shared=True) as one:
            taken = []
            waiter = threading.Thread(target=lambda: taken.append(self.client.lease(vram_gb=1, shared=True).__enter__()))
            waiter.start()
            wait_until(lambda: self.lease_in("queued"))
            one.ready()
            waiter.join(PATIENCE_S)
            self.assertEqual(taken[0].device, "GPU-0")
            self.assertEqual(self.gpus()["GPU-0"]["mode"], "shared")
            taken[0].__exit__(None, None, None)
        self.expect_all_free()


def status_of(pid):
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return "Z"
    return text.rsplit(")", 1)[1].split()[0]


if __name__ == "__main__":
    unittest.main()
