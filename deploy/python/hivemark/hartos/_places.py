"""Which store of the node a folder of HART OS stands for."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections import OrderedDict
from typing import NamedTuple, Optional, Set, Tuple

from ..client import Client
from . import _settings
from ._group import GroupSender
from ._host import of_hartos

# The address of a node, its timeout, the state of the token's file, and the namespace.
_Key = Tuple[str, float, Tuple[str, int, int], Optional[str]]
# Nodes and namespaces that are spoken to at once; each has some connections. A test run uses one per folder.
_MOST = 64


class Place(NamedTuple):
    """A folder or file of HART OS, and the node's store for it."""

    path: str  # absolute
    client: Client
    sender: GroupSender
    namespace: Optional[str]


_lock = threading.Lock()
_open: "OrderedDict[_Key, Tuple[Client, GroupSender]]" = OrderedDict()
# What this process used, for the tests' plugin.
_used: Set[str] = set()
_MOST_REMEMBERED = 10_000


def place_of(path: str, default: str) -> Place:
    """The default path stands for the node itself, any other one for a namespace with an id of its own: whoever
    measures into another folder wants other statistics and versions."""
    absolute = os.path.abspath(path)
    namespace = None if path == default or absolute == os.path.abspath(default) else id_of(absolute)
    client, sender = _client_of(namespace)
    if namespace is not None and len(_used) < _MOST_REMEMBERED:
        _used.add(namespace)
    return Place(absolute, client, sender, namespace)


def id_of(absolute: str) -> str:
    return "hartos-" + hashlib.sha256(os.fsencode(absolute)).hexdigest()[:32]


def client_of(namespace: Optional[str]) -> Client:
    return _client_of(namespace)[0]


def used_namespaces() -> Set[str]:
    """Those that this process has used, 10,000 at most."""
    return set(_used)


def data_folder(name: str) -> str:
    """The folder in which HART OS keeps what is named `name`, by its rules."""
    database = os.environ.get("HEVOLVE_DB_PATH", "")
    if database and database != ":memory:" and os.path.isabs(database):
        return os.path.join(os.path.dirname(database), "agent_data", name)
    if os.environ.get("NUNBA_BUNDLED") or getattr(sys, "frozen", False):
        return os.path.join(_bundled_data(), name)
    return os.path.join("agent_data", name)


def _bundled_data() -> str:
    try:
        return str(of_hartos("core.platform_paths", "get_agent_data_dir")())
    except ImportError:
        return os.path.join(os.path.expanduser("~"), "Documents", "Nunba", "data", "agent_data")


def _client_of(namespace: Optional[str]) -> Tuple[Client, GroupSender]:
    key = (_settings.url(), _settings.timeout_s(), _token_file(), namespace)
    with _lock:
        known = _open.get(key)
        if known is None:
            client = Client(key[0], timeout_s=key[1], namespace=namespace)
            known = _open[key] = (client, GroupSender(client._transport))
            if len(_open) > _MOST:
                _open.popitem(last=False)
        _open.move_to_end(key)
        return known


def _token_file() -> Tuple[str, int, int]:
    """A node writes another token at each start."""
    path = os.environ.get("HIVE_TOKEN_FILE", "")
    try:
        about = os.stat(path)
        return path, about.st_mtime_ns, about.st_size
    except OSError:
        return path, 0, 0


def _forget_parent() -> None:
    """In a forked process: a lock of the parent may be held there by a thread that does not exist here."""
    global _lock
    _lock = threading.Lock()
    _open.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_parent)
