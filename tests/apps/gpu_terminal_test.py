"""`hivectl gpu run` on a terminal, in a shell with job control: its command has the keyboard."""

import http.server
import json
import os
import pty
import select
import signal
import threading
import time
import unittest

PATIENCE_S = 60
LEASE = {"id": "l1", "token": "t1", "state": "active", "device": "GPU-1", "vram_mib": 10, "ttl_s": 1}


class Granting(http.server.BaseHTTPRequestHandler):
    """A node that grants and renews everything."""

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = json.dumps(LEASE).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


class Shell:
    """An interactive shell on a terminal of its own."""

    def __init__(self):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execve("/bin/bash", ["bash", "--norc", "-i"], {"PS1": "ready> ", "PATH": "/usr/bin:/bin", "TERM": "dumb"})
        self.printed = b""

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.close(self.terminal)
        os.waitpid(self.pid, 0)

    def type(self, keys):
        os.write(self.terminal, keys)

    def expect(self, text):
        """Waits until it prints this, and forgets what came before."""
        deadline = time.monotonic() + PATIENCE_S
        while text not in self.printed:
            if time.monotonic() > deadline:
                raise AssertionError(f"{text!r} did not come after {self.printed!r}")
            if select.select([self.terminal], [], [], 0.1)[0]:
                self.printed += os.read(self.terminal, 4096)
        self.printed = self.printed.split(text, 1)[1]


class GpuTerminalTest(unittest.TestCase):
    def setUp(self):
        node = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Granting)
        thread = threading.Thread(target=node.serve_forever)
        thread.start()
        self.addCleanup(node.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(node.shutdown)
        self.run_command = f"{os.environ['HIVECTL']} --url http://127.0.0.1:{node.server_port} gpu run -- sh -c "
        self.shell = Shell()
        self.addCleanup(self.shell.close)
        self.shell.expect(b"ready> ")

    def start(self, script, trap=":"):
        # $((…)) so that the echo of the line typed is not taken for what it prints.
        self.shell.type(f"{self.run_command}'{trap}; echo began $((40 + 2)); {script}'; echo status $?\n".encode())
        self.shell.expect(b"began 42\r\n")

    def test_the_command_reads_the_keyboard(self):
        self.start('read line; echo "<$line>"')
        self.shell.type(b"hello\n")
        self.shell.expect(b"<hello>\r\n")
        self.shell.expect(b"status 0\r\n")

    def test_ctrl_c_reaches_the_command(self):
        self.start("while :; do sleep 0.05; done", trap='trap "exit 3" INT')
        self.shell.type(b"\x03")
        self.shell.expect(b"status 3\r\n")

    def test_ctrl_z_gives_the_terminal_to_the_shell_and_fg_takes_it_back(self):
        self.start('read line; echo "<$line>"')
        self.shell.type(b"\x1a")
        self.shell.expect(b"Stopped")
        self.shell.expect(b"ready> ")
        self.shell.type(b"fg\n")
        self.shell.expect(b"gpu run")
        self.shell.type(b"again\n")
        self.shell.expect(b"<again>\r\n")
        self.shell.expect(b"ready> ")


if __name__ == "__main__":
    unittest.main()
