"""One HTTP request at a time, each with a deadline for the whole of it."""

from __future__ import annotations

import email.utils
import encodings.idna  # noqa: F401  # the first look-up of a host imports it; a process forked during that has half of it
import functools
import http.client
import io
import json
import math
import os
import re
import select
import socket
import ssl
import time
from collections import deque
from email.message import Message
from typing import Any, Deque, Dict, Iterator, List, NamedTuple, Optional
from urllib.parse import urlencode, urlsplit

from ._token import find_operator_token, is_token
from .errors import NodeError, Unreachable

# Far above the largest answer of a node, the summary of all its tools; a stream without end must not fill the memory.
MAX_ANSWER_BYTES = 128 << 20
_READ_BYTES = 64 << 10
# Of an event stream: an event is bounded by 1 MiB on the node.
MAX_LINE_BYTES = 2 << 20
# Connections that wait for their next request, and for how long: a node closes one that is silent for a minute.
_MOST_KEPT = 16
_KEPT_S = 20.0
# What may be asked again when it is not known whether it was heard (RFC 9110, 9.2.2).
_REPEATABLE = ("GET", "PUT", "DELETE")
_FAILURES = (OSError, http.client.HTTPException, UnicodeError)
# As messages/ids.hpp has it.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


class Answer(NamedTuple):
    """A whole answer, of whatever status."""

    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        """The body's content; NodeError when it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise NodeError(self.status, "", f"the answer is no JSON ({error})") from error

    def error(self) -> NodeError:
        """What the body says is wrong; without a code unless a node wrote it."""
        problem = self._problem()
        detail = problem.get("detail") or self.body[:200].decode("utf-8", "replace")
        return NodeError(self.status, str(problem.get("code") or ""), str(detail))

    def _problem(self) -> Dict[str, Any]:
        if self.headers.get_content_type() != "application/problem+json":
            return {}
        try:
            read = json.loads(self.body)
        except ValueError:
            return {}
        return read if isinstance(read, dict) else {}

    def retry_after_s(self) -> float:
        """Seconds that a busy server (429, 503) asks to wait; 0 when it does not say, or not in a readable way."""
        text = self.headers.get("Retry-After", "").strip()
        if self.status not in (429, 503) or not text:
            return 0.0
        if text.isascii() and text.isdigit():
            return float(text)
        try:
            return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
        except (TypeError, ValueError, OverflowError):
            return 0.0


class Transport:
    """Where the node is and how to speak to it.

    Connections are kept for the next request, each for one request at a time, so that any number of threads may use
    it. A forked process opens its own. Proxies are not used.
    """

    def __init__(
        self,
        url: str,
        token: Optional[str],
        timeout_s: float,
        ssl_context: Optional[ssl.SSLContext],
        namespace: Optional[str] = None,
    ) -> None:
        parts = urlsplit(url)
        is_unix = parts.scheme == "unix" and parts.path.startswith("/") and not parts.netloc
        is_http = parts.scheme in ("http", "https") and bool(parts.hostname)
        if not (is_unix or is_http) or parts.query or parts.fragment:
            raise ValueError(f"url must look like http://127.0.0.1:7420 or unix:/run/hivemark/hived.sock, not {url!r}")
        if not timeout_s > 0:
            raise ValueError(f"timeout_s must be positive, not {timeout_s!r}")
        if token is not None and not is_token(token):
            raise ValueError("token must be printable ASCII")
        if namespace is not None and not _ID.fullmatch(namespace):
            raise ValueError(f"namespace must match {_ID.pattern}, not {namespace!r}")
        self.url = url.rstrip("/")
        self._socket = parts.path if is_unix else None
        self._host = parts.hostname or "localhost"
        self._port = parts.port
        self._path = "" if is_unix else parts.path.rstrip("/")
        self._token = token
        self._timeout_s = timeout_s
        self._namespace = namespace
        # Reading the machine's certificates takes long: once, and only where they are needed.
        self._ssl_context = ssl_context or ssl.create_default_context() if parts.scheme == "https" else None
        # Without a lock, which a fork could copy while it is held: adding and taking are atomic.
        self._kept: Deque[_Kept] = deque(maxlen=_MOST_KEPT)

    def get(self, path: str, **query: str) -> Answer:
        """Raises Unreachable without a whole answer within the timeout."""
        return self.request("GET", path + ("?" + urlencode(query) if query else ""))

    def get_late(self, path: str, wait_s: float, **query: str) -> Answer:
        """As `get`, for an answer for which the node waits up to `wait_s` first."""
        return self.request("GET", path + "?" + urlencode(query), patience_s=wait_s)

    def delete(self, path: str) -> Answer:
        """As `get`. The node may have done what it was asked also when there is no answer."""
        return self.request("DELETE", path)

    def post(self, path: str, body: bytes, content_type: str, within_s: float = math.inf) -> Answer:
        """As `get`, and within `within_s` if that is shorter than the timeout. The node may have done what it was asked
        also when there is no answer."""
        return self.request("POST", path, body, content_type, min(self._timeout_s, within_s))

    def request(
        self,
        method: str,
        path: str,
        body: Optional[bytes] = None,
        content_type: str = "application/json",
        timeout_s: Optional[float] = None,
        patience_s: float = 0.0,
    ) -> Answer:
        """One request, and its whole answer within `timeout_s` (that of the client when None) and `patience_s` more, for
        questions that wait on purpose. Raises Unreachable without one."""
        limit_s = (self._timeout_s if timeout_s is None else timeout_s) + patience_s
        headers = self._headers() if body is None else {**self._headers(), "Content-Type": content_type}
        deadline = time.monotonic() + limit_s
        kept = self._take(limit_s, deadline)
        if kept is not None:
            try:
                return self._ask(kept, method, path, body, headers)
            except _Stale as error:
                # The node closed it meanwhile. Whether it had read the request is not known.
                if method not in _REPEATABLE:
                    raise self._unreachable(error.reason) from error
            except _FAILURES as error:
                raise self._unreachable(error) from error
        try:
            return self._ask(self._connection(limit_s, deadline), method, path, body, headers)
        except (_Stale, *_FAILURES) as error:
            raise self._unreachable(error.reason if isinstance(error, _Stale) else error) from error

    def lines(self, path: str, silence_s: float) -> Iterator[bytes]:
        """The lines of an answer without end, over a connection of its own. Raises Unreachable when nothing comes for
        `silence_s`, NodeError when the node refuses."""
        connection = self._new_connection(silence_s)
        try:
            connection.request("GET", self._path + path, None, {**self._headers(), "Connection": "close"})
            response = connection.getresponse()
            if response.status != 200:
                raise Answer(response.status, response.headers, _read_body(response)).error()
            while line := response.readline(MAX_LINE_BYTES):
                yield line
        except _FAILURES as error:
            raise self._unreachable(error) from error
        finally:
            connection.close()

    def _unreachable(self, error: BaseException) -> Unreachable:
        return Unreachable(f"no answer from {self.url}: {type(error).__name__}: {error}")

    def _ask(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: Optional[bytes],
        headers: Dict[str, str],
    ) -> Answer:
        """Keeps the connection for later if it is still good."""
        is_good = False
        try:
            try:
                connection.request(method, self._path + path, body, headers)
                response = connection.getresponse()
            except (http.client.RemoteDisconnected, ConnectionError) as error:
                raise _Stale(error) from error
            read = _read_body(response)
            is_good = not response.will_close
        finally:
            if is_good:
                self._kept.append(_Kept(os.getpid(), time.monotonic(), connection))
            else:
                connection.close()
        return Answer(response.status, response.headers, read)

    def _headers(self) -> Dict[str, str]:
        # Looked for each time: every start of a node writes another one.
        token = self._token or find_operator_token(self.url)
        out = {} if token is None else {"Authorization": f"Bearer {token.strip()}"}
        if self._namespace is not None:
            out["Hivemark-Namespace"] = self._namespace
        return out

    def _take(self, timeout_s: float, deadline: float) -> Optional[http.client.HTTPConnection]:
        """A kept connection that the node has not closed, ready for the next request."""
        while self._kept:
            try:
                process, since, connection = self._kept.pop()
            except IndexError:  # another thread was faster
                return None
            if process == os.getpid() and time.monotonic() - since < _KEPT_S and _is_quiet(connection.sock):
                connection.sock.settimeout(timeout_s)
                connection.response_class = _punctual(deadline)
                return connection
            connection.close()
        return None

    def _connection(self, timeout_s: float, deadline: float) -> http.client.HTTPConnection:
        out = self._new_connection(timeout_s)
        out.response_class = _punctual(deadline)
        return out

    def _new_connection(self, timeout_s: float) -> http.client.HTTPConnection:
        if self._socket is not None:
            return _UnixConnection(self._socket, timeout_s)
        if self._ssl_context is None:
            return _Connection(self._host, self._port, timeout=timeout_s)
        return _SecureConnection(self._host, self._port, timeout=timeout_s, context=self._ssl_context)


class _Connection(http.client.HTTPConnection):
    """Sends a request as one piece. http.client sends its head and its body apart, and the node would wake for each."""

    _pieces: Optional[List[bytes]] = None

    def request(self, *args: Any, **kwargs: Any) -> None:
        pieces: List[bytes] = []
        self._pieces = pieces
        try:
            super().request(*args, **kwargs)
        finally:
            self._pieces = None
        self.send(b"".join(pieces))

    def send(self, data: Any) -> None:
        if self._pieces is None:
            super().send(data)
        else:
            self._pieces.append(data)


class _SecureConnection(_Connection, http.client.HTTPSConnection):
    pass


class _UnixConnection(_Connection):
    """To a node's Unix socket, over which it knows this process by its user."""

    def __init__(self, path: str, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._place = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._place)


class _Kept(NamedTuple):
    process: int
    since: float
    connection: http.client.HTTPConnection


class _Stale(Exception):
    """The connection ended before there was an answer."""

    def __init__(self, reason: BaseException) -> None:
        super().__init__(str(reason))
        self.reason = reason


def _is_quiet(sock: Optional[socket.socket]) -> bool:
    """Whether the other end has neither closed nor said anything: before a request it has nothing to say."""
    if sock is None:
        return False
    if hasattr(select, "poll"):  # not on Windows, whose select takes any socket; elsewhere it takes small numbers only
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return not poll.poll(0)
    return not select.select([sock], [], [], 0)[0]


def _punctual(deadline: float) -> Any:
    return functools.partial(_PunctualResponse, deadline=deadline)


def _read_body(response: http.client.HTTPResponse) -> bytes:
    # Of such an answer, and of one that broke off in its head, nobody could tell whether it is whole.
    if response.length is None and not response.chunked:
        raise http.client.HTTPException("the answer does not tell its length")
    parts: List[bytes] = []
    size = 0
    while part := response.read(_READ_BYTES):
        parts.append(part)
        size += len(part)
        if size > MAX_ANSWER_BYTES:
            raise http.client.HTTPException(f"the answer has more than {MAX_ANSWER_BYTES} bytes")
    body = b"".join(parts)
    # `read` with a bound leaves it to the caller to see that the connection broke off.
    if response.length:
        raise http.client.IncompleteRead(body, response.length)
    return body


class _PunctualResponse(http.client.HTTPResponse):
    """A response that must be there by its deadline. A socket's own timeout begins anew with every byte that drips."""

    def __init__(self, sock: socket.socket, *args: Any, deadline: float, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_PunctualReader(sock, self.fp.detach(), deadline))


class _PunctualReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, raw: io.RawIOBase, deadline: float) -> None:
        self._sock = sock
        self._raw = raw
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> Optional[int]:
        left_s = self._deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the answer takes too long")
        self._sock.settimeout(left_s)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
