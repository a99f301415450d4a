"""The bridge between HART OS's folders and the node: files that the node lacks are imported before a read, and what it
stores is written as HART OS would after a capture, for those who walk the folders."""

from __future__ import annotations

import os
import re
import threading
from typing import Callable, Dict, Iterator, List, Set, Tuple

from ..errors import NodeError
from . import _form, _settings
from ._errors import is_missing, may_pass, note
from ._folder import Key, Unusable, files_in, folders_in, read_object, write_object
from ._form import Flow, Json
from ._places import Place

# Files whose content is known to be on the node: some 200 bytes each. Beyond that all are looked at again.
_MOST_SEEN = 200_000
_VERSION_FILE = re.compile(r"v([1-9][0-9]{0,8})\.json")
_SNAPSHOT_FILE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,63})\.json")
_AGENT_FOLDER = re.compile(r"([A-Za-z0-9_-]+)_([A-Za-z0-9-]+)")
_PAGE = 1000


class Seen:
    """Which files need no import, by their state: the node has them, or could not take them."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._keys: Dict[str, Key] = {}
        self._refused: Set[str] = set()

    def unseen(self, directory: str, found: Dict[str, Key], file_of: Callable[[str], str]) -> List[str]:
        return [name for name, key in found.items() if self._keys.get(os.path.join(directory, file_of(name))) != key]

    def on_node(self, path: str) -> bool:
        return path in self._keys and path not in self._refused

    def add(self, path: str, key: Key, taken: bool = True) -> None:
        if len(self._keys) >= _MOST_SEEN:
            self._keys.clear()
            self._refused.clear()
        self._keys[path] = key
        (self._refused.discard if taken else self._refused.add)(path)

    def forget(self, directory: str) -> None:
        for path in [path for path in self._keys if os.path.dirname(path) == directory]:
            del self._keys[path]


# By node: another one may lack what this one has.
_seen: Dict[str, Seen] = {}


def _seen_by(place: Place) -> Seen:
    return _seen.setdefault(place.client.url, Seen())


# -- baselines --------------------------------------------------------------------------------------------------------


def import_baselines(place: Place, prompt: str, flow: Flow) -> None:
    """Gives the node the baselines of an agent that are in the folder alone. A file that is none is left out, and
    named in the log. Raises Unreachable."""
    if not _settings.mirrors():
        return
    directory = _agent_folder(place, prompt, flow)
    found = files_in(directory, _VERSION_FILE)
    seen = _seen_by(place)
    if not seen.unseen(directory, found, _version_file):
        return
    with seen.lock:
        new = sorted(seen.unseen(directory, found, _version_file), key=int)
        known = set(versions(place, prompt, flow))
        name = prompt, str(flow)
        for version in new:
            path = os.path.join(directory, _version_file(version))
            taken = int(version) in known or _take(
                path, lambda file: place.client.import_baseline(*name, int(version), _form.baseline_from_hartos(file))
            )
            seen.add(path, found[version], taken)


def import_agents(place: Place) -> None:
    """The same for all agents of the folder."""
    for prompt, flow in agents_in(place):
        import_baselines(place, prompt, flow)


def agents_in(place: Place) -> List[Tuple[str, Flow]]:
    """The agents that have a folder."""
    if not _settings.mirrors():
        return []
    found = folders_in(place.path, _AGENT_FOLDER).values()
    return [(match.group(1), _form.to_flow(match.group(2))) for match in found]


def write_baseline(place: Place, prompt: str, flow: Flow, baseline: Json) -> None:
    """Writes v{N}.json. The node has the baseline whatever happens here, so a failure is counted and logged alone."""
    if _settings.mirrors():
        path = os.path.join(_agent_folder(place, prompt, flow), _version_file(str(baseline["version"])))
        _write(_seen_by(place), path, baseline)


def forget_agent(place: Place, prompt: str, flow: Flow) -> bool:
    """Looks at the agent's files again, because the node may have lost what it had. Whether there are any."""
    directory = _agent_folder(place, prompt, flow)
    if not _settings.mirrors() or not files_in(directory, _VERSION_FILE):
        return False
    seen = _seen_by(place)
    with seen.lock:
        seen.forget(directory)
    return True


def versions(place: Place, prompt: str, flow: Flow) -> Iterator[int]:
    return (line["version"] for line in summaries(place, prompt, flow))


def summaries(place: Place, prompt: str, flow: Flow, after: int = 0) -> Iterator[Json]:
    """The entries of an agent's list, oldest first; none for an unknown agent."""
    position = after
    while True:
        try:
            page = place.client.list_baselines(prompt, str(flow), limit=_PAGE, after=position or None)
        except NodeError as error:
            if not is_missing(error):
                raise
            return
        yield from page["baselines"]
        position = page.get("next", 0)
        if not position:
            return


def _agent_folder(place: Place, prompt: str, flow: Flow) -> str:
    return os.path.join(place.path, f"{prompt}_{flow}")


def _version_file(version: str) -> str:
    return f"v{version}.json"


# -- snapshots --------------------------------------------------------------------------------------------------------


def import_snapshots(place: Place) -> None:
    """Gives the node the snapshots that are in the folder alone."""
    if not _settings.mirrors():
        return
    folder = os.path.realpath(place.path)  # the folder itself may be a link, what is in it may not
    found = files_in(folder, _SNAPSHOT_FILE)
    seen = _seen_by(place)
    if not seen.unseen(folder, found, _snapshot_file):
        return
    with seen.lock:
        new = seen.unseen(folder, found, _snapshot_file)
        known = _snapshot_versions(place)
        for version in sorted(new):
            path = os.path.join(folder, _snapshot_file(version))
            taken = version in known or _take(
                path, lambda file: place.client.import_snapshot(version, _form.snapshot_from_hartos(file, version))
            )
            seen.add(path, found[version], taken)


def write_snapshot(place: Place, snapshot: Json) -> None:
    """Writes {version}.json, as `write_baseline` does."""
    if _settings.mirrors():
        path = os.path.join(os.path.realpath(place.path), _snapshot_file(snapshot["version"]))
        _write(_seen_by(place), path, snapshot, replaces=True)


def _snapshot_versions(place: Place) -> Set[str]:
    out: Set[str] = set()
    after = None
    while True:
        page = place.client.list_snapshots(limit=_PAGE, after=after)
        out.update(line["version"] for line in page["snapshots"])
        after = page.get("next")
        if not after:
            return out


def _snapshot_file(version: str) -> str:
    return f"{version}.json"


# -- both -------------------------------------------------------------------------------------------------------------


def _take(path: str, send: Callable[[Json], object]) -> bool:
    """Whether the file was sent. One that cannot be costs itself alone. Raises what may pass: Unreachable, and NodeError
    of a node that is busy."""
    try:
        send(read_object(path))
        return True
    except FileNotFoundError:  # gone since the folder was listed
        return False
    except (Unusable, NodeError, OSError) as error:
        if isinstance(error, NodeError) and may_pass(error):
            raise
        note("import", error if isinstance(error, Unusable) else f"{path}: {error}")
        return False


def _write(seen: Seen, path: str, document: Json, replaces: bool = False) -> None:
    with seen.lock:
        try:
            # A file that no import could read must not be lost either.
            seen.add(path, write_object(path, document, keeps=not replaces and not seen.on_node(path)))
        except OSError as error:
            note("mirror", f"{path} cannot be written: {error}")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_seen.clear)  # another thread of the parent may hold a lock
