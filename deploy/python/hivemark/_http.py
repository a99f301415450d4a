"""One HTTP request at a time, each with a deadline for the whole of it."""

from __future__ import annotations

import email.utils
import encodings.idna  # noqa: F401  # the first look-up of a host imports it; a process forked during that has half of it
import functools
import http.client
import io
import json
import math
import socket
import ssl
import time
from email.message import Message
from typing import Any, Dict, List, NamedTuple, Optional
from urllib.parse import urlencode, urlsplit

from ._token import find_operator_token, is_token
from .errors import NodeError, Unreachable

# Far above the largest answer of a node, the summary of all its tools; a stream without end must not fill the memory.
MAX_ANSWER_BYTES = 128 << 20
_READ_BYTES = 64 << 10


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

    Each request has a connection of its own: beside a write to disk a connection costs nothing, and there is none that
    could have died unnoticed or be shared by mistake between threads or with a forked process. Proxies are not used.
    """

    def __init__(
        self, url: str, token: Optional[str], timeout_s: float, ssl_context: Optional[ssl.SSLContext]
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"url must look like http://127.0.0.1:7420, not {url!r}")
        if not timeout_s > 0:
            raise ValueError(f"timeout_s must be positive, not {timeout_s!r}")
        if token is not None and not is_token(token):
            raise ValueError("token must be printable ASCII")
        self.url = url.rstrip("/")
        self._host = parts.hostname
        self._port = parts.port
        self._path = parts.path.rstrip("/")
        self._token = token
        self._timeout_s = timeout_s
        # Reading the machine's certificates takes long: once, and only where they are needed.
        self._ssl_context = ssl_context or ssl.create_default_context() if parts.scheme == "https" else None

    def get(self, path: str, **query: str) -> Answer:
        """Raises Unreachable without a whole answer within the timeout."""
        return self._request("GET", path + ("?" + urlencode(query) if query else ""), None, {}, self._timeout_s)

    def get_late(self, path: str, wait_s: float, **query: str) -> Answer:
        """As `get`, for an answer for which the node waits up to `wait_s` first."""
        return self._request("GET", path + "?" + urlencode(query), None, {}, self._timeout_s + wait_s)

    def delete(self, path: str) -> Answer:
        """As `get`. The node may have done what it was asked also when there is no answer."""
        return self._request("DELETE", path, None, {}, self._timeout_s)

    def post(self, path: str, body: bytes, content_type: str, within_s: float = math.inf) -> Answer:
        """As `get`, and within `within_s` if that is shorter than the timeout. The node may have done what it was asked
        also when there is no answer."""
        within_s = min(self._timeout_s, within_s)
        return self._request("POST", path, body, {"Content-Type": content_type}, within_s)

    def _request(
        self, method: str, path: str, body: Optional[bytes], headers: Dict[str, str], within_s: float
    ) -> Answer:
        connection = self._connection(within_s)
        try:
            connection.request(method, self._path + path, body, {**self._headers(), **headers})
            response = connection.getresponse()
            read = _read_body(response)
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            raise Unreachable(f"no answer from {self.url}: {type(error).__name__}: {error}") from error
        finally:
            connection.close()
        return Answer(response.status, response.headers, read)

    def _headers(self) -> Dict[str, str]:
        # Looked for each time: every start of a node writes another one.
        token = self._token or find_operator_token(self.url)
        authorization = {} if token is None else {"Authorization": f"Bearer {token.strip()}"}
        return {"Connection": "close", **authorization}

    def _connection(self, timeout_s: float) -> http.client.HTTPConnection:
        deadline = time.monotonic() + timeout_s
        if self._ssl_context is None:
            out = http.client.HTTPConnection(self._host, self._port, timeout=timeout_s)
        else:
            out = http.client.HTTPSConnection(self._host, self._port, timeout=timeout_s, context=self._ssl_context)
        out.response_class = functools.partial(_PunctualResponse, deadline=deadline)  # type: ignore[assignment]
        return out


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
