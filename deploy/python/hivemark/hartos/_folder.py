"""HART OS's files: read with care, because anybody may have written them, and written whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import threading
from typing import Any, Dict, NamedTuple, Pattern

# The largest body that a node takes.
MAX_BYTES = 8 << 20


class Key(NamedTuple):
    """A file that was not written since has the same."""

    mtime_ns: int
    size: int


class Unusable(Exception):
    """A file that is none of HART OS's, or broken. The text names it."""


def files_in(directory: str, pattern: Pattern[str]) -> Dict[str, Key]:
    """The files of a folder whose names match, with the first group of the match as their name. Nothing where there is
    no folder; links are no files."""
    found: Dict[str, Key] = {}
    try:
        if not stat.S_ISDIR(os.lstat(directory).st_mode):
            return found
        with os.scandir(directory) as entries:
            for entry in entries:
                match = pattern.fullmatch(entry.name)
                if match is None or not entry.is_file(follow_symlinks=False):
                    continue
                about = entry.stat(follow_symlinks=False)
                found[match.group(1)] = Key(about.st_mtime_ns, about.st_size)
    except (FileNotFoundError, NotADirectoryError):  # also when it goes meanwhile
        pass
    return found


def folders_in(directory: str, pattern: Pattern[str]) -> Dict[str, "re.Match[str]"]:
    """The folders of a folder whose names match."""
    found: Dict[str, "re.Match[str]"] = {}
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                match = pattern.fullmatch(entry.name)
                if match is not None and entry.is_dir(follow_symlinks=False):
                    found[entry.name] = match
    except (FileNotFoundError, NotADirectoryError):
        pass
    return found


def key_of(path: str) -> Key:
    about = os.lstat(path)
    return Key(about.st_mtime_ns, about.st_size)


def read_object(path: str) -> Dict[str, Any]:
    """The JSON object in a file. Unusable when there is none, FileNotFoundError when there is no file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}") from error
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Unusable(f"{path} is no file")
        text = file.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise Unusable(f"{path} has more than {MAX_BYTES} bytes")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unusable(f"{path} is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise Unusable(f"{path} holds no JSON object")
    return document


def write_object(path: str, document: Dict[str, Any], keeps: bool = False) -> Key:
    """Replaces the file at once, with its folders where they are missing. OSError when that fails.

    keeps: a file that is there is kept, under its name with .broken behind it.
    """
    directory = os.path.dirname(path)
    os.makedirs(directory, exist_ok=True)
    if os.path.islink(directory):
        raise NotADirectoryError(f"{directory} is a link; nothing is written where it leads")
    # A name that no reader takes for one of its files, and no other writer has.
    unfinished = os.path.join(directory, f".{os.path.basename(path)}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        with open(unfinished, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=2)
        if keeps and os.path.lexists(path):
            os.replace(path, path + ".broken")
        os.replace(unfinished, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(unfinished)
        raise
    return key_of(path)

