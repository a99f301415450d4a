"""hive-fetch over HTTPS from git's own server, with a certificate that only a sandbox trusts."""

import http.server
import json
import os
import shutil
import ssl
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

from git_installs_test import GIT, SANDBOX, Repository

FETCH = Path(os.environ.get("HIVED", "hived")).with_name("hive-fetch")
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, headers, body=b""):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        out = b""
        while size := int(self.rfile.readline(), 16):
            out += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return out

    def do_GET(self):
        body = self.body()
        if self.path.startswith("/moved/"):
            return self.answer(301, [("Location", self.path.replace("/moved/", "/"))])
        if self.path.startswith("/private/"):
            return self.answer(401, [("WWW-Authenticate", "Basic realm=x")])
        path, _, query = self.path.partition("?")
        env = {
            **GIT,
            "GIT_PROJECT_ROOT": str(self.server.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
        }
        done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env=env, check=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n")]
        status = next((int(value.split()[0]) for name, value in headers if name == "Status"), 200)
        return self.answer(status, [each for each in headers if each[0] != "Status"], content)

    do_POST = do_GET

    def log_message(self, *_):
        pass


@unittest.skipUnless(SANDBOX and SANDBOX.returncode == 0, "sandboxes do not work here")
@unittest.skipUnless(shutil.which("openssl"), "openssl is missing")
@unittest.skipUnless(Path(AUTHORITIES).exists(), "there are no certificates of authorities to cover")
class HttpsFetchTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.place = Path(cls.directory.name)
        cls.key, cls.certificate = cls.place / "key.pem", cls.place / "certificate.pem"
        words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        words += ["-addext", "subjectAltName=DNS:localhost", "-keyout", cls.key, "-out", cls.certificate]
        subprocess.run(words, check=True, capture_output=True)
        repository = Repository(cls.place / "served/one").put("a", "1")
        cls.first = repository.commit()
        repository.put("b", "2")
        cls.second = repository.commit()
        bomb = Repository(cls.place / "served/bomb")
        with open(bomb.path / "zeros", "wb") as file:
            file.truncate(150_000_000)
        bomb.commit()
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        cls.server.root = cls.place / "served"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cls.certificate, cls.key)
        cls.server.socket = context.wrap_socket(cls.server.socket, server_side=True)
        cls.base = f"https://localhost:{cls.server.server_port}"
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()
        cls.directory.cleanup()

    def fetch(self, path, commit="", trusted=True):
        """What hive-fetch prints, and the names of the files that it wrote."""
        with tempfile.TemporaryDirectory(dir=self.place) as into:
            target = Path(into, "target")
            command = [FETCH, "--url", self.base + path, "--allow", self.base, "--commit", commit, "--into", target]
            sandbox = ["bwrap", "--bind", "/", "/", "--dev", "/dev", "--ro-bind", self.certificate, AUTHORITIES, "--"]
            done = subprocess.run((sandbox if trusted else []) + command, check=False, capture_output=True, timeout=300)
            answer = json.loads(done.stdout)
            self.assertEqual(done.returncode, 1 if answer.get("kind") else 0)
            return answer, sorted(str(file.relative_to(into)) for file in Path(into).rglob("*") if file.is_file())

    def refusal(self, path, **more):
        answer, files = self.fetch(path, **more)
        self.assertEqual(files, [])
        return answer["kind"], answer["error"]

    def test_head_branch_and_commits(self):
        for commit, expected in (("", self.second), ("main", self.second), (self.second, self.second)):
            answer, files = self.fetch("/one", commit)
            self.assertEqual((answer.get("commit"), files), (expected, ["target/a", "target/b"]), answer)
        # git's server gives no commit by its id unless it is the tip of a branch.
        answer, files = self.fetch("/one", self.first)
        self.assertEqual((answer.get("commit"), files), (self.first, ["target/a"]), answer)

    def test_what_does_not_exist(self):
        self.assertEqual(self.refusal("/one", commit="1" * 40)[0], "not_found")
        self.assertEqual(self.refusal("/one", commit="no-branch")[0], "not_found")
        self.assertEqual(self.refusal("/none")[0], "not_found")

    def test_an_unknown_certificate_is_refused(self):
        self.assertEqual(self.refusal("/one", trusted=False)[0], "unavailable")

    def test_redirects_are_not_followed(self):
        kind, text = self.refusal("/moved/one")
        self.assertEqual(kind, "forbidden")
        self.assertIn("redirects to /one/info/refs", text)

    def test_no_credentials_are_sent(self):
        kind, text = self.refusal("/private/one")
        self.assertEqual((kind, "credentials" in text), ("forbidden", True), text)

    def test_a_large_file_is_named_before_it_is_read(self):
        kind, text = self.refusal("/bomb")
        self.assertEqual(kind, "too_large")
        self.assertIn("zeros has 150000000 bytes", text)


if __name__ == "__main__":
    unittest.main()
