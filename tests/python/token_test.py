"""Which token a request carries: the one that was named, or the one that a node of this machine left for its operator."""

import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import scripted_node as script
from hivemark import Client
from hivemark import _token
from scripted_node import ScriptedNode

VARIABLES = ("HIVE_TOKEN_FILE", "HIVE_DATA", "XDG_RUNTIME_DIR")


class TokenTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        here = os.getcwd()
        self.addCleanup(os.chdir, here)
        os.chdir(self.folder)
        environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
        patch = mock.patch.dict(os.environ, environment, clear=True)
        patch.start()
        self.addCleanup(patch.stop)

    def put(self, name, text="secret\n", mode=0o600):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return str(path)

    def sent(self, host="127.0.0.1", **options):
        """The Authorization field of one question."""
        with ScriptedNode([script.refuse(404, "no_data")]) as node:
            client = Client(f"http://{host}:{node.port}", **options)
            client.get_best_tool("t")
            client.close()
            return node.requests[0].headers.get("authorization")

    def test_none_is_sent_where_none_lies(self):
        self.assertIsNone(self.sent())

    def test_the_operators_is_found_in_the_data_directory(self):
        self.put("hive-data/operator.token", "here\n")
        self.assertEqual(self.sent(), "Bearer here")
        self.assertEqual(self.sent(host="localhost"), "Bearer here")
        self.put("elsewhere/operator.token", "there\n")
        os.environ["HIVE_DATA"] = str(self.folder / "elsewhere")
        self.assertEqual(self.sent(), "Bearer there")

    def test_the_operators_is_found_by_its_port(self):
        os.environ["XDG_RUNTIME_DIR"] = str(self.folder)
        self.put("hivemark/7420.token", "mine\n")
        self.assertEqual(_token.find_operator_token("http://127.0.0.1:7420"), "mine")
        self.assertIsNone(_token.find_operator_token("http://127.0.0.1:7421"))
        os.environ["XDG_RUNTIME_DIR"] = "."
        self.assertIsNone(_token.find_operator_token("http://127.0.0.1:7420"))

    def test_each_request_reads_it_anew(self):
        with ScriptedNode([script.refuse(404, "no_data")] * 2) as node, Client(node.url) as client:
            for secret in ("first", "second"):
                self.put("hive-data/operator.token", secret)
                client.get_best_tool("t")
            fields = [request.headers.get("authorization") for request in node.requests]
        self.assertEqual(fields, ["Bearer first", "Bearer second"])

    def test_it_is_for_nodes_of_this_machine_alone(self):
        self.put("hive-data/operator.token")
        for url in ("http://127.0.0.1:1", "http://localhost", "http://[::1]:7420/x", "http://127.9.9.9"):
            self.assertEqual(_token.find_operator_token(url), "secret", url)
        for url in (
            "http://node7:7420",
            "http://10.0.0.7",
            "http://0.0.0.0:7420",
            "http://localhost.evil.example",
            "http://localhost@evil.example",
            "http://user@localhost",
            "http://127.0.0.1.evil.example",
        ):
            self.assertIsNone(_token.find_operator_token(url), url)

    def test_a_file_that_others_may_have_written_is_not_used(self):
        path = self.put("hive-data/operator.token")
        for mode in (0o660, 0o602, 0o666):
            os.chmod(path, mode)
            self.assertIsNone(self.sent(), oct(mode))
        os.chmod(path, 0o644)
        self.assertEqual(self.sent(), "Bearer secret")
        os.rename(path, path + ".real")
        os.symlink(path + ".real", path)
        self.assertIsNone(self.sent())

    @unittest.skipUnless(os.geteuid() == 0, "only root can give files away")
    def test_a_file_of_another_user_is_not_used(self):
        os.chown(self.put("hive-data/operator.token"), 65534, 0)
        self.assertIsNone(self.sent())

    def test_what_holds_no_token_is_passed_over(self):
        for text in ("", "\n", "two words", "t\u00f6ken", "x" * 5000):
            self.put("hive-data/operator.token", text)
            self.assertIsNone(self.sent(), text)
        os.unlink("hive-data/operator.token")
        os.mkfifo("hive-data/operator.token", 0o600)
        self.assertIsNone(self.sent())

    def test_one_that_was_named_comes_first(self):
        self.put("hive-data/operator.token")
        self.assertEqual(self.sent(token="given"), "Bearer given")
        self.assertEqual(self.sent(token_file=self.put("named", "named\n")), "Bearer named")
        os.environ["HIVE_TOKEN_FILE"] = self.put("variable", "variable\n")
        self.assertEqual(self.sent(), "Bearer variable")
        self.assertEqual(self.sent(token="given"), "Bearer given")

    def test_a_named_file_that_cannot_be_used_is_an_error(self):
        with self.assertRaises(FileNotFoundError):
            Client(token_file="missing")
        with self.assertRaisesRegex(ValueError, "empty"):
            Client(token_file=self.put("empty", "\n"))
        with self.assertRaises(ValueError):
            Client(token="a", token_file=self.put("b"))


if __name__ == "__main__":
    unittest.main()
