"""HTTPS, client certificates and the Unix socket of a real node, with curl, hivectl and the Python client."""

import json
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

from hivemark import Client, NodeError, Unreachable
from real_node_test import Node
from recorder_case import free_port

PATIENCE_S = 60
IS_ROOT = os.geteuid() == 0
BENCHMARK = {"name": "mine", "command": ["/bin/true"]}


def run(*words, **more):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=PATIENCE_S, **more)


def wait_until(true, what):
    end = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > end:
            raise AssertionError(what)
        time.sleep(0.02)


class Authority:
    """A CA of the hive, and certificates for HTTPS that it signs."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.file = self.directory / "ca/ca.pem"
        self._run(os.environ["HIVECTL"], "node", "init-ca", "--out", self.directory / "ca")

    def _run(self, *words):
        done = run(*words)
        if done.returncode != 0:
            raise AssertionError(f"{words}: {done.stderr}")

    def issue(self, name, role, *more):
        out = self.directory / name
        self._run(os.environ["HIVECTL"], "node", "issue", "--ca", self.directory / "ca", "--role", role, "--name", name, "--out", out, *more)
        return out

    def renew(self, directory):
        self._run(os.environ["HIVECTL"], "node", "issue", "--ca", self.directory / "ca", "--renew", directory)

    def server(self, name, days=30):
        """A certificate for 127.0.0.1."""
        out = self.directory / name
        out.mkdir(exist_ok=True)
        key = next((self.directory / "ca").glob("*key*"))
        self._run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                  "-keyout", out / "key.pem", "-out", out / "request.pem")
        (out / "names").write_text("subjectAltName=IP:127.0.0.1\n", encoding="utf-8")
        self._run("openssl", "x509", "-req", "-in", out / "request.pem", "-CA", self.file, "-CAkey", key, "-days", days,
                  "-extfile", out / "names", "-out", out / "cert.pem")
        os.chmod(out / "key.pem", 0o600)
        return out


class SecureNode(Node):
    @property
    def url(self):
        return f"https://{self.endpoint}"


class ExposedNode(SecureNode):
    """Listens on all addresses."""

    def start(self):
        self.endpoint = self.endpoint.replace("127.0.0.1", "0.0.0.0")
        super().start()

    @property
    def url(self):
        return f"https://127.0.0.1:{self.endpoint.split(':')[1]}"


class HttpsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory()
        cls.ca = Authority(cls.place.name)
        cls.server = cls.ca.server("first")
        cls.served = cls.ca.issue("served", "node", "--host", "127.0.0.1", "--host", "localhost")
        cls.alice, cls.spark, cls.node7 = cls.ca.issue("alice", "engine"), cls.ca.issue("spark", "engine"), cls.ca.issue("node7", "node")

    @classmethod
    def tearDownClass(cls):
        cls.place.cleanup()

    def config(self, files=None, more=""):
        files = files or self.server
        return (f'[http]\ncertificate = "{files}/cert.pem"\nkey = "{files}/key.pem"\nclient_ca = "{self.ca.file}"\n'
                'client_roles = { engine = "record", node = "read", "name:alice" = "operate" }\nopen = "none"\n' + more)

    def client(self, node, shown=None):
        context = ssl.create_default_context(cafile=str(self.ca.file))
        if shown:
            context.load_cert_chain(shown / "cert.pem", shown / "key.pem")
        return Client(node.url, ssl_context=context)

    def status(self, node, path, shown=None, **how):
        context = ssl.create_default_context(cafile=str(self.ca.file))
        if shown:
            context.load_cert_chain(shown / "cert.pem", shown / "key.pem")
        body = json.dumps(how["body"]).encode() if "body" in how else None
        request = urllib.request.Request(node.url + path, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S, context=context) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def test_certificates_have_roles(self):
        with SecureNode(self.config()) as node:
            self.assertEqual(self.status(node, "/healthz")[0], 200)
            self.assertEqual(self.status(node, "/api/v1/snapshots")[0], 403)
            self.assertEqual(self.status(node, "/api/v1/snapshots", self.node7)[0], 200)
            task = {"taskType": "bug_fix", "tool": "ruff", "durationS": 1, "success": True}
            refused = self.status(node, "/api/v1/benchmarks", self.spark, body=BENCHMARK)
            self.assertEqual(refused[0], 403)
            self.assertIn("certificate spark has role record", refused[1])
            self.assertEqual(self.status(node, "/api/v1/benchmarks", self.alice, body=BENCHMARK)[0], 201)
            self.assertEqual(self.status(node, "/api/v1/tasks", self.node7, body=task)[0], 403)
            who = json.loads(self.status(node, "/api/v1/whoami", self.spark)[1])
            self.assertEqual((who["role"], who["token"]), ("record", "spark"))

    def test_a_certificate_of_the_hive_serves_it_and_a_renewal_keeps_its_hosts(self):
        self.ca.renew(self.served)
        with SecureNode(self.config(self.served)) as node:
            self.assertEqual(self.status(node, "/healthz")[0], 200)  # known as 127.0.0.1
            done = run("curl", "-sS", "--cacert", self.ca.file, f"https://localhost:{node.endpoint.split(':')[1]}/healthz")
            self.assertEqual(done.returncode, 0, done.stderr)
        words = [os.environ["HIVECTL"], "node", "issue", "--ca", self.ca.directory / "ca", "--role", "node", "--name", "bad"]
        bad = run(*words, "--out", self.place.name + "/bad", "--host", "a,IP:10.0.0.1")
        self.assertEqual(bad.returncode, 65, bad.stderr)
        self.assertIn("neither a host name nor an IP address", bad.stderr)

    def test_certificates_of_others_are_refused(self):
        with SecureNode(self.config()) as node, tempfile.TemporaryDirectory() as place:
            stranger = Authority(place).issue("alice", "engine")
            with self.assertRaises(OSError) as refused:
                self.status(node, "/healthz", stranger)
            self.assertRegex(str(refused.exception), "(?i)alert|reset|eof")
            self.assertEqual(self.status(node, "/healthz")[0], 200)

    def test_expired_certificates_are_refused(self):
        expired = self.ca.server("expired", days=-1)
        with SecureNode(self.config()) as node:
            with self.assertRaises(OSError) as refused:
                self.status(node, "/healthz", expired)
            self.assertIn("EXPIRED", str(refused.exception))
        self.assertIn(f"{expired}/cert.pem expired at ", self.refused_start(self.config(expired)))

    def test_a_revoked_certificate_gets_nothing_from_its_next_request_on(self):
        tls = self.ca.issue("door", "node")
        mallory = self.ca.issue("mallory", "engine")
        door = f'[door]\nlisten = "127.0.0.1:0"\ntls = "{tls}"\n'
        with SecureNode(self.config(more=f'socket = "{self.place.name}/revoked.sock"\n') + door) as node:
            client, kept = self.client(node, mallory), self.client(node, self.alice)
            client.list_snapshots()
            kept.list_snapshots()
            done = run(os.environ["HIVECTL"], "--url", f"unix:{self.place.name}/revoked.sock", "node", "revoke", "--ca",
                       self.ca.directory / "ca", "--name", "mallory", "--send")
            self.assertEqual(done.returncode, 0, done.stderr)
            with self.assertRaises(NodeError) as refused:
                wait_until(lambda: client.list_snapshots() is None, "it is not refused")
            self.assertIn("revoked", str(refused.exception))
            with self.assertRaises(NodeError):
                self.client(node, mallory).list_snapshots()  # a new connection
            kept.list_snapshots()

    def test_hivectl_and_curl_speak_it(self):
        with SecureNode(self.config()) as node:
            listed = run(os.environ["HIVECTL"], "--url", node.url, "--tls", self.alice, "benchmark", "list")
            self.assertEqual(listed.returncode, 0, listed.stderr)
            unknown = run(os.environ["HIVECTL"], "--url", node.url, "benchmark", "list")
            self.assertEqual(unknown.returncode, 69, unknown.stderr)
            self.assertIn("certificate", unknown.stderr)
            half = Path(self.place.name, "half")
            half.mkdir()
            shutil.copy(self.ca.file, half / "ca.pem")
            shutil.copy(self.alice / "cert.pem", half / "cert.pem")
            lacking = run(os.environ["HIVECTL"], "--url", node.url, "--tls", half, "benchmark", "list")
            self.assertEqual(lacking.returncode, 66, lacking.stderr)
            self.assertIn("key.pem is not there", lacking.stderr)
            done = run("curl", "-sSv", "--cacert", self.ca.file, node.url + "/healthz")
            self.assertIn("TLSv1.3", done.stderr)
            old = run("curl", "-sS", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0", "--cacert", self.ca.file, node.url + "/healthz")
            self.assertEqual(old.returncode, 35, old.stderr)

    def test_a_request_without_tls_is_told(self):
        with SecureNode(self.config()) as node:
            done = run("curl", "-sS", f"http://{node.endpoint}/healthz")
            self.assertIn("serves HTTPS", done.stdout)

    def test_large_bodies_and_answers(self):
        with SecureNode(self.config(more=f'socket = "{self.place.name}/large.sock"\n')) as node:
            over_tls = self.status(node, "/openapi.json", self.alice)[1]
            plain = run("curl", "-sS", "--unix-socket", f"{self.place.name}/large.sock", "http://localhost/openapi.json").stdout
            self.assertGreater(len(plain), 100_000)
            self.assertEqual(over_tls, plain)
            body = Path(self.place.name, "body")
            body.write_bytes(b'{"a":"' + b"x" * (7 << 20) + b'"}')
            for way in ([], ["-H", "Expect: 100-continue"], ["-H", "Connection: close"]):
                done = run("curl", "-sS", "--cacert", self.ca.file, "--cert", self.alice / "cert.pem", "--key", self.alice / "key.pem",
                           "-H", "Content-Type: application/json", *way, "--data-binary", f"@{body}", node.url + "/api/v1/tasks")
                self.assertIn('"status":400', done.stdout.replace(" ", ""), done.stderr)

    def test_clients_that_do_not_greet_keep_nobody_out(self):
        with SecureNode(self.config()) as node:
            host, port = node.endpoint.split(":")
            silent = [socket.create_connection((host, int(port))) for _ in range(60)]
            for each in silent[:20]:
                each.sendall(b"\x16\x03\x01\x40\x00" + b"\x00" * 100)
            for each in silent[20:40]:
                each.sendall(os.urandom(400))
            for each in silent[40:50]:
                each.close()
            self.assertEqual(self.status(node, "/healthz")[0], 200)
            for each in silent:
                each.close()

    def test_a_new_certificate_without_an_interruption(self):
        used = Path(self.place.name, "used")
        shutil.copytree(self.server, used)
        with SecureNode(self.config(used)) as node:
            failures, counts, over = [], [0], threading.Event()

            def ask():
                client = self.client(node, self.alice)
                while not over.is_set():
                    try:
                        self.status(node, "/api/v1/snapshots", self.alice)  # a handshake each
                        client.list_snapshots()  # one connection
                        counts[0] += 2
                    except Exception as error:  # pylint: disable=broad-except
                        failures.append(repr(error))

            threads = [threading.Thread(target=ask) for _ in range(4)]
            for thread in threads:
                thread.start()
            shown = {self.shown_serial(node)}
            try:
                wait_until(lambda: counts[0] > 50 or failures, "no requests")
                second = self.ca.server("second")
                for name in ("key.pem", "cert.pem"):
                    shutil.copy(second / name, used / name)
                os.kill(node.pid, signal.SIGHUP)
                wait_until(lambda: self.shown_serial(node) not in shown, "the new certificate is not shown")
                begun = counts[0]
                wait_until(lambda: counts[0] > begun + 50 or failures, "no requests")
            finally:
                over.set()
                for thread in threads:
                    thread.join()
            self.assertEqual(failures, [])
            print(f"{counts[0]} requests over HTTPS while the certificate changed, none failed")
            # A key that is not the certificate's: what is served stays.
            now = self.shown_serial(node)
            shutil.copy(self.server / "key.pem", used / "key.pem")
            os.kill(node.pid, signal.SIGHUP)
            wait_until(lambda: "is not the key of" in node.log(), "no log line")
            self.assertIn(str(used / "key.pem"), node.log())
            self.assertEqual(self.shown_serial(node), now)

    def shown_serial(self, node):
        host, port = node.endpoint.split(":")
        context = ssl.create_default_context(cafile=str(self.ca.file))
        with socket.create_connection((host, int(port))) as plain, context.wrap_socket(plain, server_hostname=host) as tls:
            return tls.getpeercert()["serialNumber"]

    def refused_start(self, config):
        with self.assertRaises(RuntimeError) as refused:
            Node(config)
        return str(refused.exception)

    def test_files_that_cannot_be_used_are_named(self):
        second = self.ca.server("third")
        mixed = f'[http]\ncertificate = "{self.server}/cert.pem"\nkey = "{second}/key.pem"\n'
        self.assertIn(f"{second}/key.pem is not the key of {self.server}/cert.pem", self.refused_start(mixed))
        alone = f'[http]\ncertificate = "{self.server}/cert.pem"\n'
        self.assertIn("needs both certificate and key", self.refused_start(alone))
        os.chmod(second / "key.pem", 0o644)
        opened = f'[http]\ncertificate = "{second}/cert.pem"\nkey = "{second}/key.pem"\n'
        self.assertIn("chmod 600", self.refused_start(opened))
        self.assertIn("http.client_roles", self.refused_start(self.config().replace("node =", "nodes =")))
        no_ca = self.config(more='').replace(str(self.ca.file), "/dev/null")
        self.assertIn("/dev/null", self.refused_start(no_ca))

    def test_other_machines_need_tls_and_a_key(self):
        def refused(config):
            with tempfile.TemporaryDirectory() as place:
                file = Path(place, "hived.toml")
                file.write_text(config, encoding="utf-8")
                return run(os.environ["HIVED"], "--config", file, "--data", place + "/data", "--http", f"0.0.0.0:{free_port()}")

        open_to_all = refused(self.config().replace('open = "none"\n', ""))
        self.assertEqual(open_to_all.returncode, 64, open_to_all.stderr)
        self.assertIn("need no token", open_to_all.stderr)
        with ExposedNode(self.config()) as node:
            self.assertEqual(self.status(node, "/api/v1/snapshots", self.node7)[0], 200)
            self.assertEqual(self.status(node, "/api/v1/snapshots")[0], 403)


class UnixSocketTest(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        os.chmod(self.place.name, 0o755)
        self.socket = self.place.name + "/hived.sock"
        self.addCleanup(self.place.cleanup)

    def curl(self, path, *words, user=None):
        command = ["curl", "-sS", "--unix-socket", self.socket, *words, f"http://localhost{path}"]
        more = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
        return run(*command, **more)

    def register(self, name, user=None):
        body = json.dumps({**BENCHMARK, "name": name})
        return self.curl("/api/v1/benchmarks", "-H", "Content-Type: application/json", "-d", body, user=user)

    def test_the_owner_operates_without_a_token(self):
        with Node(f'[http]\nsocket = "{self.socket}"\n') as node:
            self.assertIn('"name"', self.register("a").stdout)
            done = run(os.environ["HIVECTL"], "--url", f"unix:{self.socket}", "benchmark", "remove", "a")
            self.assertEqual(done.returncode, 0, done.stderr)
            client = Client(f"unix:{self.socket}")
            client.record("bug_fix", "ruff", 1.0, success=True)
            client.close()
            self.assertEqual(len(node.records()), 1)
            self.assertEqual(client.who_am_i()["role"], "operate")
        self.assertFalse(os.path.exists(self.socket) and not IS_ROOT)

    def test_a_socket_left_behind_is_replaced_and_a_used_one_is_not(self):
        node = Node(f'[http]\nsocket = "{self.socket}"\n')
        with node:
            with self.assertRaises(RuntimeError) as refused:
                Node(f'[http]\nsocket = "{self.socket}"\n')
            self.assertIn("another process listens there", str(refused.exception))
            os.kill(node.pid, signal.SIGKILL)
            node.kill()
            self.assertTrue(os.path.exists(self.socket))
            node.start()
            self.assertEqual(self.curl("/healthz").returncode, 0)
            os.kill(node.pid, signal.SIGTERM)
            wait_until(lambda: not os.path.exists(self.socket), "the socket's file stays")
        Path(self.socket).write_text("mine", encoding="utf-8")
        with self.assertRaises(RuntimeError) as refused:
            Node(f'[http]\nsocket = "{self.socket}"\n')
        self.assertIn("no socket", str(refused.exception))
        self.assertEqual(Path(self.socket).read_text(encoding="utf-8"), "mine")

    def test_bad_settings_are_refused(self):
        for config, why in ((f'socket = "{"x" * 120}"', "absolute path"), ('socket_mode = "0660"', "without socket"),
                            (f'socket = "{self.socket}"\nsocket_mode = "rw"', "octal"),
                            (f'socket = "{self.socket}"\nsocket_roles = {{ "no-such-user-here" = "read" }}', "names no user"),
                            (f'socket = "{self.socket}"\nsocket_roles = {{ "@no-such" = "read" }}', "names no group"),
                            (f'socket = "{self.socket}"\nsocket_roles = {{ root = "all" }}', "read, record or operate")):
            with self.assertRaises(RuntimeError) as refused:
                Node("[http]\n" + config + "\n")
            self.assertIn(why, str(refused.exception))

    @unittest.skipUnless(IS_ROOT, "only root can act as other users")
    def test_users_have_roles(self):
        roles = 'socket_mode = "0666"\nopen = "none"\nsocket_roles = { root = "operate", nobody = "read", "@daemon" = "record" }\n'
        with Node(f'[http]\nsocket = "{self.socket}"\n' + roles):
            self.assertIn('"snapshots"', self.curl("/api/v1/snapshots", user="nobody").stdout)
            refused = self.register("b", user="nobody").stdout
            self.assertIn("user nobody has role read", refused)
            self.assertIn('"role":"record"', self.curl("/api/v1/whoami", user="daemon").stdout.replace(" ", ""))
            self.assertIn("user games has no role here", self.curl("/api/v1/snapshots", user="games").stdout)
            self.assertIn('"name"', self.register("c").stdout)

    @unittest.skipUnless(IS_ROOT, "only root can act as other users")
    def test_its_mode_decides_who_connects(self):
        with Node(f'[http]\nsocket = "{self.socket}"\n'):
            self.assertEqual(os.stat(self.socket).st_mode & 0o777, 0o660)
            self.assertNotEqual(self.curl("/healthz", user="nobody").returncode, 0)

    def test_no_node_behind_it(self):
        with self.assertRaises(Unreachable) as refused:
            Client(f"unix:{self.socket}").list_snapshots()
        self.assertIn(self.socket, str(refused.exception))
        done = run(os.environ["HIVECTL"], "--url", f"unix:{self.socket}", "benchmark", "list")
        self.assertEqual(done.returncode, 69, done.stderr)
        self.assertIn(self.socket, done.stderr)


if __name__ == "__main__":
    unittest.main()
