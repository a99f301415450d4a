"""An HTTP server that answers about one proposal as a node does, with the answers that a test names."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "data/upgrades"


def answer_of(name, **changes):
    """The ClusterUpgrade in tests/data/upgrades/NAME.json; a test of hivectl checks that these fit the schema."""
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8")) | changes


class UpgradeServer:
    """Answers a proposal and each look at it with the next of `answers`, and then with the last one again. An answer is
    a ClusterUpgrade, or a number: a problem with that HTTP status; 0 hangs up."""

    def __init__(self, *answers, token=None):
        self.answers = list(answers)
        self.token = token
        self.requests = []  # (method, path with query, parsed body)
        owner = self

        class Handler(BaseHTTPRequestHandler):
            """One request."""

            def do_GET(self):
                owner.answer(self)

            def do_POST(self):
                owner.answer(self)

            def log_message(self, format, *args):  # pylint: disable=redefined-builtin
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, handler):
        """Handles a request."""
        length = int(handler.headers.get("Content-Length") or 0)
        body = json.loads(handler.rfile.read(length)) if length else None
        self.requests.append((handler.command, handler.path, body))
        if self.token and handler.headers.get("Authorization") != f"Bearer {self.token}":
            return self._problem(handler, 401)
        if not handler.path.startswith("/api/v1/upgrades"):
            return self._problem(handler, 404)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if found == 0:
            handler.close_connection = True
            return None
        if isinstance(found, int):
            return self._problem(handler, found)
        return self._send(handler, 202 if handler.command == "POST" else 200, found)

    def _problem(self, handler, status):
        content = {"title": "No", "status": status, "detail": "as the test says", "code": CODES.get(status, "invalid")}
        self._send(handler, status, content, "application/problem+json")

    @staticmethod
    def _send(handler, status, content, content_type="application/json"):
        data = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)


CODES = {401: "unauthorized", 403: "forbidden", 404: "not_found", 409: "conflict", 422: "invalid", 503: "unavailable"}
