"""Certificates of a hive of real nodes over mutual TLS: revoked, renewed and forgotten."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

from gate_hive import wait_until
from gate_node import GateNode

PATIENCE_S = 60
ROUND_S = 1.0  # the default interval of gossip
YEAR_S = 365 * 86_400
DAYS = 3_650

_hives = itertools.count(1)


class Hive:
    """Nodes n0, n1, ... with certificates of one CA. Each joins all others."""

    def __init__(self, size, wrapper_of=lambda i: ()):
        self._directory = tempfile.TemporaryDirectory()
        self.root = Path(self._directory.name)
        self.ca = self.root / "ca"
        self.net = f"127.{30 + os.getpid() % 200}.{next(_hives)}"
        self.hivectl("node", "init-ca", "--out", self.ca)
        self.nodes = [self.make_node(i, wrapper=wrapper_of(i)) for i in range(size)]

    def __enter__(self):
        for node in self.nodes:
            node.start()
        self.await_linked(self.nodes)
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            node.end()
        self._directory.cleanup()

    def make_node(self, number, tls=None, wrapper=()):
        node = GateNode(self.root / f"n{number}", f"n{number}", f"{self.net}.{number + 1}", wrapper=wrapper)
        node.tls = node.directory / "tls"
        if tls is None:
            self.hivectl("node", "issue", "--ca", self.ca, "--role", "node", "--name", node.name, "--out", node.tls,
                         "--days", DAYS // 2)
        else:
            shutil.copytree(tls, node.tls)
        others = [f"{self.net}.{i + 1}:7421" for i in range(8) if i != number]
        node.configure(f'[door]\nlisten = "{node.door}"\ntls = "{node.tls}"\njoin = {json.dumps(others)}\n')
        return node

    @staticmethod
    def hivectl(*words, node=None, status=0):
        """Its standard output, or its standard error when it is to fail with another status."""
        at = [] if node is None else ["--url", f"http://{node.endpoint}", "--token-file",
                                      str(node.data / "operator.token")]
        done = subprocess.run([os.environ["HIVECTL"], *at, *map(str, words)], capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False)
        if done.returncode != status:
            raise AssertionError(f"hivectl {words}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout if status == 0 else done.stderr

    def logs(self):
        return "".join(f"\n--- {node.name} {node.id}\n{node.log()[-3000:]}" for node in self.nodes)

    # -- what nodes see -------------------------------------------------------------

    @staticmethod
    def seen(node, other):
        """What a node's list says of another; None when it is not in it."""
        return next((each for each in node.get("/hive/nodes")["nodes"] if each["id"] == other.id), None)

    def is_linked(self, node, other):
        found = self.seen(node, other)
        return found is not None and found["linked"]

    def await_linked(self, nodes):
        wait_until(lambda: all(self.is_linked(a, b) for a in nodes for b in nodes if a is not b),
                   lambda: "the nodes do not link" + self.logs())

    @staticmethod
    def list_number(node):
        return max(each["number"] for each in node.get("/hive/revocations")["lists"])

    def await_list(self, nodes, number):
        wait_until(lambda: all(self.list_number(node) == number for node in nodes),
                   lambda: f"list {number} does not arrive: {[self.list_number(node) for node in nodes]}" + self.logs())

    def await_log(self, node, text):
        wait_until(lambda: text in node.log(), lambda: f"{node.name} does not say {text!r}" + self.logs())


def serial_of(tls):
    text = subprocess.run(["openssl", "x509", "-serial", "-noout", "-in", tls / "cert.pem"], capture_output=True,
                          text=True, check=True).stdout
    return text.strip().split("=")[1].lower()


class RevocationTest(unittest.TestCase):
    def make_hive(self, size, **more):
        hive = Hive(size, **more)
        self.addCleanup(hive.__exit__)
        return hive.__enter__()

    def test_a_stolen_certificate_is_of_no_use(self):
        """On every node: one that was asked, one whose clock is a year ahead, one that was down."""
        jump_file = Path(tempfile.mkdtemp()) / "jump"
        self.addCleanup(shutil.rmtree, jump_file.parent)
        jumps = "HIVE_CLOCK_JUMP" in os.environ
        ahead = ["/usr/bin/env", "LD_PRELOAD=" + os.environ.get("HIVE_CLOCK_JUMP", ""), f"CLOCK_JUMP={jump_file}",
                 "ASAN_OPTIONS=verify_asan_link_order=0"] if jumps else []
        hive = self.make_hive(4, wrapper_of=lambda i: ahead if i == 1 else ())
        asked, off, down, victim = hive.nodes
        down.end(signal.SIGTERM)
        victim.end(signal.SIGTERM)
        thief = hive.make_node(5, tls=victim.tls)
        hive.nodes.append(thief)
        thief.start()
        hive.await_linked([asked, off, thief])
        if jumps:
            jump_file.write_text(str(YEAR_S), encoding="utf-8")
            wait_until(lambda: off.get("/hive/status").get("clock_warning"), "the clock is not ahead")
        said = hive.hivectl("node", "revoke", "--ca", hive.ca, "--name", victim.name, "--send", node=asked)
        self.assertIn(serial_of(victim.tls), said)
        began = time.monotonic()
        wait_until(lambda: not hive.is_linked(asked, thief) and not hive.is_linked(off, thief),
                   lambda: "the thief is still linked" + hive.logs())
        print(f"links cut after {(time.monotonic() - began) / ROUND_S:.2f} rounds, clock off by a year: {jumps}")
        self.assertTrue(hive.is_linked(asked, off))
        self.assertTrue(hive.seen(asked, thief)["revoked"])
        self.assertIn("is revoked by the CA hive", hive.seen(asked, thief)["reason"])
        self.assertIn("revoked", hive.hivectl("node", "list", node=asked))
        down.start()
        began = time.monotonic()
        hive.await_list([asked, off, down], 1)
        print(f"a node that was down has the list after {(time.monotonic() - began) / ROUND_S:.2f} rounds")
        # It refuses the thief, which goes on dialling.
        wait_until(lambda: not hive.is_linked(down, thief), lambda: "the thief is linked" + hive.logs())
        hive.await_log(thief, "refused by the other end: the certificate of n3")
        # The list is on the disk: a node has it without any other.
        for node in hive.nodes:
            node.end()
        asked.start()
        self.assertEqual(hive.list_number(asked), 1)
        # The machine gets another certificate, and is back with what it measured.
        hive.hivectl("node", "issue", "--ca", hive.ca, "--renew", victim.tls)
        victim.start()
        down.start()
        hive.await_linked([asked, down, victim])
        wait_until(lambda: hive.seen(asked, victim).get("revoked") is None, lambda: "still revoked" + hive.logs())

    def test_lists_that_are_refused(self):
        hive = self.make_hive(2)
        first, second = hive.nodes
        for name in ("engine1", "engine2"):
            hive.hivectl("node", "issue", "--ca", hive.ca, "--role", "engine", "--name", name, "--out",
                         hive.root / name)
        hive.hivectl("node", "revoke", "--ca", hive.ca, "--name", "engine1", "--send", node=first)
        older = hive.root / "older.pem"
        shutil.copy(hive.ca / "crl.pem", older)
        hive.hivectl("node", "revoke", "--ca", hive.ca, "--serial", serial_of(hive.root / "engine2").upper(), "--send",
                     node=second)
        hive.await_list(hive.nodes, 2)
        forger = hive.root / "forger"
        hive.hivectl("node", "init-ca", "--out", forger)
        for serial in ("01", "02", "03"):
            hive.hivectl("node", "revoke", "--ca", forger, "--serial", serial)
        large = hive.root / "large.pem"
        large.write_text("-----BEGIN X509 CRL-----\n" + ("A" * 64 + "\n") * 15_600 + "\n-----END X509 CRL-----\n",
                         encoding="utf-8")
        said = hive.hivectl("node", "revoke", "--list", older, "--send", node=first, status=65)
        self.assertIn("list 1 of the CA hive is older than list 2", said)
        said = hive.hivectl("node", "revoke", "--list", forger / "crl.pem", "--send", node=first, status=65)
        self.assertIn("does not bear the signature of a CA in ca.pem", said)
        said = hive.hivectl("node", "revoke", "--list", large, "--send", node=first, status=65)
        self.assertIn("bytes, more than 65536", said)
        print("1 MB:", said.strip())
        for node in hive.nodes:
            self.assertEqual(hive.list_number(node), 2)
        # The same from a file in the TLS directory.
        for bad, text in ((forger / "crl.pem", "crl.pem: the revocation list does not bear the signature"),
                          (large, "crl.pem: the revocation list has")):
            shutil.copy(bad, second.tls / "crl.pem")
            os.kill(second.pid, signal.SIGHUP)
            hive.await_log(second, text)
        self.assertEqual(hive.list_number(second), 2)
        hive.hivectl("node", "revoke", "--ca", hive.ca, "--serial", "0abc")
        shutil.copy(hive.ca / "crl.pem", second.tls / "crl.pem")
        os.kill(second.pid, signal.SIGHUP)
        hive.await_list(hive.nodes, 3)
        # No one but an operator gives lists.
        text = (hive.ca / "crl.pem").read_text(encoding="utf-8")
        anonymous = urllib.request.Request(f"http://{second.endpoint}/api/v1/hive/revocations", method="POST",
                                           data=json.dumps({"list": text}).encode(),
                                           headers={"Content-Type": "application/json"})
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(anonymous, timeout=PATIENCE_S)
        self.assertIn(refused.exception.code, (401, 403))
        listed = json.loads(hive.hivectl("--json", "node", "certificates", "--ca", hive.ca))["certificates"]
        self.assertEqual({each["name"] for each in listed if each.get("revoked")}, {"engine1", "engine2"})

    def test_renewal_on_both_ends_at_once(self):
        hive = self.make_hive(2)
        first, second = hive.nodes
        before = {node.name: serial_of(node.tls) for node in hive.nodes}
        for node in hive.nodes:
            hive.hivectl("node", "issue", "--ca", hive.ca, "--renew", node.tls, "--days", 90)
        for node in hive.nodes:
            os.kill(node.pid, signal.SIGHUP)
        for node in hive.nodes:
            hive.await_log(node, "Certificates reloaded")
        for a, b in ((first, second), (second, first)):
            wait_until(lambda: hive.seen(a, b)["certificate_serial"] == serial_of(b.tls),
                       lambda: "the new certificate does not arrive" + hive.logs())
            self.assertTrue(hive.is_linked(a, b))
        for node in hive.nodes:
            self.assertNotIn("Link lost", node.log())
            self.assertNotIn("Link closed", node.log())
        # The link still has the old certificates. Without them it is made anew, with the new ones.
        for serial in before.values():
            hive.hivectl("node", "revoke", "--ca", hive.ca, "--serial", serial)
        hive.hivectl("node", "revoke", "--ca", hive.ca, "--send", node=first)
        hive.await_log(first, "Link lost: the certificate of n1")
        hive.await_linked(hive.nodes)
        # A pair that does not fit is not taken.
        key = (second.tls / "key.pem").read_bytes()
        (second.tls / "key.pem").write_bytes((first.tls / "key.pem").read_bytes())
        os.kill(second.pid, signal.SIGHUP)
        hive.await_log(second, "Certificates not reloaded, the previous ones stay in use: "
                       f"{second.tls}/key.pem is not the key of {second.tls}/cert.pem")
        self.assertTrue(hive.is_linked(first, second))
        (second.tls / "key.pem").write_bytes(key)

    def test_another_ca_without_a_restart(self):
        hive = self.make_hive(3)
        new_ca = hive.root / "new-ca"
        hive.hivectl("node", "init-ca", "--out", new_ca)
        old, new = ((each / "ca.pem").read_text(encoding="utf-8") for each in (hive.ca, new_ca))

        def reload(sign):
            seen = [node.log().count("Certificates reloaded") for node in hive.nodes]
            for node in hive.nodes:
                sign(node)
                os.kill(node.pid, signal.SIGHUP)
            for node, count in zip(hive.nodes, seen):
                wait_until(lambda: node.log().count("Certificates reloaded") > count, hive.logs)
            hive.await_linked(hive.nodes)

        reload(lambda node: (node.tls / "ca.pem").write_text(new + old, encoding="utf-8"))
        (new_ca / "ca.pem").write_text(new + old, encoding="utf-8")
        reload(lambda node: hive.hivectl("node", "issue", "--ca", new_ca, "--renew", node.tls))
        for a in hive.nodes:
            for b in hive.nodes:
                wait_until(lambda: hive.seen(a, b)["certificate_serial"] == serial_of(b.tls), hive.logs)
        # Links with certificates of the old CA end with it, and are made anew.
        reload(lambda node: (node.tls / "ca.pem").write_text(new, encoding="utf-8"))
        stranger = hive.make_node(6)
        hive.nodes.append(stranger)
        (stranger.tls / "ca.pem").write_text(new + old, encoding="utf-8")
        stranger.start()
        hive.await_log(hive.nodes[0], "Refused a connection")
        self.assertIsNone(hive.seen(hive.nodes[0], stranger))

    def test_a_forgotten_node_stays_away(self):
        hive = self.make_hive(3)
        first, second, gone = hive.nodes
        gone.request("POST", "/tasks", [{"task_type": "code", "tool_name": "t", "completion_time_s": 1.0,
                                         "success": True}] * 5)
        wait_until(lambda: first.ask("GET", f"/hive/nodes?node={gone.id}")[1]["nodes"][0].get("task_records") == 5,
                   hive.logs)
        said = hive.hivectl("node", "forget", gone.name, "--ca", hive.ca, node=first, status=65)
        self.assertIn("is active: stop it first", said)
        self.assertFalse((hive.ca / "crl.pem").exists())
        gone.end(signal.SIGTERM)
        wait_until(lambda: hive.seen(first, gone)["state"] != "active", hive.logs)
        said = hive.hivectl("node", "forget", gone.name, "--ca", hive.ca, node=first)
        self.assertIn("5 task records of n2 count no more", said)
        wait_until(lambda: hive.seen(first, gone) is None and hive.seen(second, gone) is None,
                   lambda: "it is still known" + hive.logs())
        second.end()
        second.start()
        hive.await_linked([first, second])
        self.assertIsNone(hive.seen(second, gone))
        gone.start()
        hive.await_log(gone, "refused by the other end")
        # Nor with a certificate of its own that is good.
        hive.hivectl("node", "issue", "--ca", hive.ca, "--renew", gone.tls)
        os.kill(gone.pid, signal.SIGHUP)
        hive.await_log(gone, f"refused by the other end: its CA has forgotten node {gone.id}")
        for node in (first, second):
            self.assertIsNone(hive.seen(node, gone))
        # The machine is welcome as another node.
        gone.end()
        shutil.rmtree(gone.data)
        gone.start()
        hive.await_linked(hive.nodes)


if __name__ == "__main__":
    unittest.main()
