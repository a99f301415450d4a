"""The token with which a node of this machine knows its operator."""

from __future__ import annotations

import ipaddress
import os
import stat
from typing import List, NamedTuple, Optional
from urllib.parse import urlsplit

# A token is a line; what is larger is none.
MAX_TOKEN_BYTES = 4096


class _Candidate(NamedTuple):
    path: str
    directory_of_root: bool = False  # only root makes it, so that its owner is the user of the node's systemd unit


def is_token(text: str) -> bool:
    """Whether the text, without spaces around it, can stand in a header."""
    return text.isascii() and text.isprintable() and bool(text.strip())


def read_token_file(path: str) -> str:
    """The token of a file that was named; ValueError when it holds none, OSError when it cannot be read."""
    with open(path, "rb") as file:
        token = file.read(MAX_TOKEN_BYTES + 1).decode("latin-1").strip()
    if not _is_one_token(token):
        raise ValueError(f"{path} does not hold one token of visible ASCII characters")
    return token


def find_operator_token(url: str) -> Optional[str]:
    """The token that a node left for its operator, in the first file that nobody but root, this user or the user of the
    node's unit can have written. None for a node that is not reached over the loopback."""
    return next(filter(None, map(_take, _candidates(url))), None)


def _is_one_token(text: str) -> bool:
    return is_token(text) and " " not in text and len(text) <= MAX_TOKEN_BYTES


def _candidates(url: str) -> List[_Candidate]:
    parts = urlsplit(url)
    if "@" in parts.netloc or not _is_loopback(parts.hostname or ""):
        return []
    file = f"{parts.port or (443 if parts.scheme == 'https' else 80)}.token"
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    data = os.environ.get("HIVE_DATA", "")
    out = [_Candidate(f"/run/hivemark/{file}", directory_of_root=True)]
    if os.path.isabs(runtime):  # as its specification demands
        out.append(_Candidate(f"{runtime}/hivemark/{file}"))
    if data:
        out.append(_Candidate(f"{data}/operator.token"))
    return [*out, _Candidate("hive-data/operator.token")]


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback


def _take(candidate: _Candidate) -> Optional[str]:
    try:
        file = os.open(candidate.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        about = os.fstat(file)
        if not stat.S_ISREG(about.st_mode) or about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return None
        if not _may_own(about.st_uid, candidate):
            return None
        token = os.read(file, MAX_TOKEN_BYTES + 1).decode("latin-1").strip()
    except OSError:
        return None
    finally:
        os.close(file)
    return token if _is_one_token(token) else None


def _may_own(owner: int, candidate: _Candidate) -> bool:
    if owner in (0, os.geteuid()):
        return True
    if not candidate.directory_of_root:
        return False
    directory = os.lstat(os.path.dirname(candidate.path))
    return stat.S_ISDIR(directory.st_mode) and directory.st_uid == owner
