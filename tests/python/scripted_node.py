"""An HTTP server that takes task records as a node does, and misbehaves as its script says."""

import json
import socket
import struct
import threading
import time

# -- what a script may do with a request ------------------------------------------------------------------------------
# Each is a function of the node, the connection and the request; True says that the client has its whole answer.


def answer(node, connection, request):
    """What a good node does."""
    send(connection, 201, node.keep(request))
    return True


def hang_up_unread(_node, connection, _request):
    """The connection is reset; nothing was done."""
    reset(connection)
    return False


def keep_and_hang_up(node, connection, request):
    """The records are durable, but the answer is lost."""
    node.keep(request)
    reset(connection)
    return False


def keep_and_half_answer(node, connection, request):
    """The answer breaks off in its body."""
    send(connection, 201, node.keep(request), cut=10)
    return False


def keep_and_half_answer_of_unknown_length(node, connection, request):
    """The same without a Content-Length that would tell."""
    send(connection, 201, node.keep(request), cut=10, with_length=False)
    return False


def keep_and_half_head(node, connection, request):
    node.keep(request)
    connection.sendall(b"HTTP/1.1 201 Crea")
    return False


def keep_and_drip(node, connection, request):
    """The answer never ends, but something comes all the time. Ends when the client does."""
    node.keep(request)
    try:
        connection.sendall(b"HTTP/1.1 201 Created\r\nX-Drip: ")
        while not node.stopped.is_set():
            connection.sendall(b"x")
            time.sleep(0.01)
    except OSError:
        pass
    return False


def another_server(_node, connection, _request):
    """A login page of something in between."""
    send(connection, 200, "<html>Please log in</html>", "text/html")
    return False


def another_server_created(_node, connection, _request):
    send(connection, 201, "{}")
    return False


def unaccounted(_node, connection, request):
    """Speaks of fewer records than were sent."""
    send(connection, 201, {"recorded": len(request.records) - 1, "duplicates": 0, "rejected": []})
    return False


def proxy_refuses(_node, connection, _request):
    send(connection, 400, "Bad Request", "text/plain")
    return False


def refuse(status, code, headers=()):
    """A script's step: refuses the request as nodes do, and has done nothing."""

    def step(_node, connection, _request):
        problem = {"title": "No", "status": status, "detail": "as the script says", "code": code}
        send(connection, status, problem, "application/problem+json", headers=headers)
        return True

    return step


def busy(seconds, status=429):
    return refuse(status, "overloaded", [("Retry-After", str(seconds))])


# -- the server -------------------------------------------------------------------------------------------------------


def send(connection, status, body, content_type="application/json", headers=(), cut=0, with_length=True):
    data = (body if isinstance(body, str) else json.dumps(body)).encode()
    head = [f"HTTP/1.1 {status} Status", f"Content-Type: {content_type}", "Connection: close"]
    head += [f"{name}: {value}" for name, value in headers]
    if with_length:
        head.append(f"Content-Length: {len(data)}")
    connection.sendall("\r\n".join([*head, "", ""]).encode() + data[: len(data) - cut])


def reset(connection):
    """Closes so that the client sees a reset, not an end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class Request:
    """A request as it came. `records` is empty when the body is no NDJSON of objects."""

    def __init__(self, head, body):
        self.line, *fields = head.decode("latin-1").split("\r\n")
        self.headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        self.body = body
        self.records = []
        if self.headers.get("content-type") == "application/x-ndjson":
            self.records = [json.loads(line) for line in body.splitlines()]


class ScriptedNode:
    """Takes one step of its script for each request, then `otherwise` for all that follow."""

    def __init__(self, script=(), otherwise=answer):
        self.script = list(script)
        self.otherwise = otherwise
        self.requests = []
        self.times = []  # when each request was there, time.monotonic
        self.kept = []  # records in the order they became durable
        self.keys = set()
        self.repeated = []  # keys that were sent although they had been acknowledged
        self.stopped = threading.Event()
        self._acknowledged = set()
        self._lock = threading.RLock()
        self._threads = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._acceptor = threading.Thread(target=self._accept)
        self._acceptor.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def keep(self, request):
        """Makes the records durable and returns the answer. A record with a field `user_id` of `bad` is rejected."""
        out = {"recorded": 0, "duplicates": 0, "rejected": []}
        for line, record in enumerate(request.records, 1):
            if record.get("user_id") == "bad":
                out["rejected"].append({"line": line, "reason": "the script finds it bad"})
            elif record["idempotency_key"] in self.keys:
                out["duplicates"] += 1
            else:
                self.keys.add(record["idempotency_key"])
                self.kept.append(record)
                out["recorded"] += 1
        return out

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,))
            thread.start()
            self._threads.append(thread)

    def _serve(self, connection):
        with connection:
            connection.settimeout(30)
            with self._lock:
                step = self.script[0] if self.script else self.otherwise
                if step is hang_up_unread:
                    self.script = self.script[1:]
                    step(self, connection, None)
                    return
            request = self._read(connection)
            if request is None:
                return
            with self._lock:
                step = self.script.pop(0) if self.script else self.otherwise
                self._note(request)
            if step(self, connection, request) and step is answer:
                with self._lock:
                    self._acknowledged.update(record["idempotency_key"] for record in request.records)

    def _note(self, request):
        self.times.append(time.monotonic())
        self.requests.append(request)
        self.repeated += [
            record["idempotency_key"]
            for record in request.records
            if record["idempotency_key"] in self._acknowledged
        ]

    @staticmethod
    def _read(connection):
        data = b""
        while b"\r\n\r\n" not in data:
            part = connection.recv(65536)
            if not part:
                return None
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        request = Request(head, b"")
        length = int(request.headers.get("content-length", "0"))
        while len(body) < length:
            part = connection.recv(65536)
            if not part:
                return None
            body += part
        return Request(head, body)
