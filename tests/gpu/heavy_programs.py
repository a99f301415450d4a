"""What the tests of the heavy benchmarks share: running one, a package hevolveai in its form, and an HTTP server."""

import contextlib
import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def run(program, *arguments, path=None, timeout=100):
    """Runs a program. `path`: a directory for PYTHONPATH."""
    elsewhere = ("PYTHONPATH", "PYTHONUNBUFFERED")  # whose value would change what a package's output is taken for
    environment = {name: value for name, value in os.environ.items() if name not in elsewhere}
    if path:
        environment["PYTHONPATH"] = str(path)
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=timeout, check=False,
                          env=environment)


def measurement(result):
    """The one JSON object that a program printed."""
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert len(lines) == 1, result.stdout
    return json.loads(lines[0])


def values(measured):
    return {name: metric["value"] for name, metric in measured["metrics"].items()}


def failure(result):
    """What a program that failed says; it prints no measurement."""
    assert (result.returncode, result.stdout) == (1, ""), result.stdout
    return result.stderr


def package(directory, modules):
    """Writes a package hevolveai with these modules, by their dotted names without the package's."""
    for name, text in modules.items():
        file = directory / "hevolveai" / (name.replace(".", "/") + ".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        for parent in [file.parent, *file.parent.parents]:
            if parent == directory:
                break
            (parent / "__init__.py").touch()
    return directory


@contextlib.contextmanager
def server(answer):
    """A server on the loopback. `answer(handler, body)` answers a POST; a GET gets an empty object. Gives its URL."""

    class handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.reply(200, "{}")

        def do_POST(self):
            answer(self, self.rfile.read(int(self.headers["Content-Length"])).decode())

        def reply(self, status, text):
            data = text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(data)

        def log_message(self, *_):
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    listening.daemon_threads = True
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}"
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()


def completion(text, finish="stop"):
    return json.dumps({"model": "served-model", "choices": [
        {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}]})
