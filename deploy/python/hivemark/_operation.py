"""One route of a node's API, described by the signature of a function."""

from __future__ import annotations

import inspect
import json
import sys
from typing import Any, Callable, Dict, Generic, Iterator, List, NamedTuple, Optional, Sequence, TypeVar
from urllib.parse import quote, urlencode

from ._http import Answer, Transport
from .errors import NodeError

T = TypeVar("T")
if sys.version_info >= (3, 10):
    from typing import ParamSpec

    P = ParamSpec("P")
else:  # never evaluated there: all annotations are text
    P = TypeVar("P")

# The argument that never goes to the node: how long the caller waits beyond the client's timeout.
_PATIENCE = "patience_s"
# A node writes something into an idle event stream every 15 s.
_LONGEST_SILENCE_S = 60.0


class _Call(NamedTuple):
    """A request that is about to be sent."""

    path: str  # with its query
    body: Optional[bytes]
    patience_s: float


class Operation(Generic[P, T]):
    """A route: how arguments become a request, and what its answer is."""

    def __init__(
        self,
        describe: Callable[P, T],
        method: str,
        path: str,
        query: Sequence[str],
        body: Optional[str],
        text: bool,
        events: bool,
        patience: Optional[str],
        secret: bool,
    ) -> None:
        self.__doc__ = describe.__doc__
        self.__name__ = describe.__name__
        self.signature = inspect.signature(describe)
        self.method = method
        self.operation_path = path
        self.body = body
        self._text = text
        self._events = events
        self._patience = patience
        self._secret = secret
        names = [_field(name) for name in self.signature.parameters if name != _PATIENCE]
        self.in_path = [name for name in names if "{" + name + "}" in path]
        rest = [name for name in names if name not in self.in_path and name != body]
        self.in_query = [name for name in rest if name in query] if method in ("POST", "PUT") else rest
        self.in_body = [name for name in rest if name not in self.in_query]

    def perform(self, transport: Transport, *args: P.args, **kwargs: P.kwargs) -> T:
        """Asks the node. Raises Unreachable, NodeError, and TypeError for arguments that do not fit."""
        call = self._call(*args, **kwargs)
        if self._events:
            return _read_events(transport.lines(call.path, _LONGEST_SILENCE_S))  # type: ignore[return-value]
        answer = transport.request(self.method, call.path, call.body, patience_s=call.patience_s)
        return self._read(answer)  # type: ignore[no-any-return]

    def _call(self, *args: Any, **kwargs: Any) -> _Call:
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        given = {_field(name): value for name, value in bound.arguments.items() if value is not None}
        path = self.operation_path
        for name in self.in_path:
            path = path.replace("{" + name + "}", _segment(name, given[name]))
        query = {name: _as_text(given[name]) for name in self.in_query if name in given}
        patience_s = given.get(_PATIENCE, 0.0) + (given.get(self._patience, 0.0) if self._patience else 0.0)
        if self._secret and query:
            body = {name: given[name] for name in self.in_query if name in given}
            return _Call(path, json.dumps(body, allow_nan=False, default=_plain).encode("ascii"), patience_s)
        return _Call(path + ("?" + urlencode(query) if query else ""), self._body_of(given), patience_s)

    def _body_of(self, given: Dict[str, Any]) -> Optional[bytes]:
        if self.method not in ("POST", "PUT"):
            return None
        content = given[self.body] if self.body else {name: given[name] for name in self.in_body if name in given}
        return json.dumps(content, allow_nan=False, default=_plain).encode("ascii")

    def _read(self, answer: Answer) -> Any:
        if not 200 <= answer.status < 300:
            raise answer.error()
        if self._text:
            return answer.body.decode("utf-8")
        content = answer.json()
        if not isinstance(content, dict):
            raise NodeError(answer.status, "", "the answer is no JSON object")
        return content


def operation(
    method: str,
    path: str,
    *,
    query: Sequence[str] = (),
    body: Optional[str] = None,
    text: bool = False,
    events: bool = False,
    patience: Optional[str] = None,
    secret: bool = False,
) -> Callable[[Callable[P, T]], Operation[P, T]]:
    """Makes a route of a description. Its parameters are in the path where that names them; otherwise in the query for
    GET and DELETE, and in the body for POST and PUT.

    query: parameters that are in the query although there is a body.
    body: the parameter that is the whole body.
    text: the answer is text, not JSON.
    events: the answer is a stream of events.
    patience: the parameter that says for how many seconds the node may wait before it answers.
    secret: of DELETE: what would be in the query is in a body, because URLs are logged.
    """

    def describe(function: Callable[P, T]) -> Operation[P, T]:
        return Operation(function, method, path, query, body, text, events, patience, secret)

    return describe


def _field(parameter: str) -> str:
    """The field of the request: a name that Python keeps for itself, such as `from`, has an underscore as a parameter."""
    return parameter[:-1] if parameter.endswith("_") else parameter


def _segment(name: str, value: Any) -> str:
    text = _as_text(value)
    if not text:
        raise ValueError(f"{name} must not be empty")
    return quote(text, safe="")


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        parts = [_as_text(each) for each in value]
        for part in parts:
            if not part or "," in part:
                raise ValueError(f"what is in a list of the query must have no comma and not be empty, not {part!r}")
        return ",".join(parts)
    return str(value)


def _plain(value: Any) -> Any:
    """What json does not know: other mappings and sequences, and numbers such as numpy's."""
    if hasattr(value, "keys"):
        return dict(value)
    if hasattr(value, "__float__"):
        return float(value)
    if hasattr(value, "__iter__"):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be sent")


def _read_events(lines: Iterator[bytes]) -> Iterator[Dict[str, Any]]:
    data: List[str] = []
    for line in lines:
        text = line.decode("utf-8").rstrip("\r\n")
        if text.startswith("data:"):
            data.append(text[5:].lstrip(" "))
        elif not text and data:
            yield json.loads("\n".join(data))
            data = []
