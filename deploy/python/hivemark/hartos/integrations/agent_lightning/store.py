"""Spans of agents, as HART OS's module of this name has them: files of its form in its folder.

Unlike HART OS's, a store lists the spans of its own agent alone, and the newest ones of all its files. Spans in Redis
are not read: a HART OS that keeps them there keeps its own module, by HIVEMARK_HARTOS_KEEP.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from ..._errors import note
from ..._folder import Key, Unusable, files_in, read_object, write_object
from ..._host import of_hartos

log = logging.getLogger("hivemark")

_SPAN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_SPAN_FILE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,127})\.json")
# Spans kept in memory between two lists: the newest files, some KB each.
_MOST_CACHED = 5_000
_BACKENDS = ("json", "memory")


def _configured(name: str, variable: str, default: str) -> str:
    try:
        return str(of_hartos("integrations.agent_lightning.config", "AGENT_LIGHTNING_CONFIG").get(name) or default)
    except Exception as error:  # no HART OS, or one whose package stumbles over something
        log.debug("No configuration of Agent Lightning: %s", error)
        return os.environ.get(variable) or default


class LightningStore:
    """The spans of one agent."""

    def __init__(self, agent_id: str, backend: Optional[str] = None) -> None:
        """backend: "json" for files in a folder, "memory" for this object alone."""
        self.agent_id = agent_id
        self.backend = backend or _configured("store_backend", "AGENT_LIGHTNING_STORE", "json")
        if self.backend not in _BACKENDS:
            note("lightning", f"spans are kept as json: the backend {self.backend} is not replaced")
            self.backend = "json"
        self.storage_path = os.path.realpath(
            _configured("traces_path", "AGENT_LIGHTNING_TRACES_PATH", "./agent_data/lightning_traces")
        )
        self._memory: Dict[str, Dict[str, Any]] = {}

    def save_span(self, span: Any) -> bool:
        """Stores a span, an object with `to_dict`, or a dict; again when it has ended. Whether that worked."""
        document = dict(span) if isinstance(span, Mapping) else span.to_dict()
        try:
            path = self._path(document.get("span_id"))
            if self.backend == "memory":
                self._memory[document["span_id"]] = document
            else:
                write_object(path, document)
            return True
        except (OSError, ValueError, TypeError) as error:
            note("lightning", f"the span {document.get('span_id')!r} is not stored: {error}")
            return False

    def load_span(self, span_id: str) -> Optional[Dict[str, Any]]:
        """A span; None when there is none."""
        try:
            path = self._path(span_id)
            return self._memory.get(span_id) if self.backend == "memory" else read_object(path)
        except (FileNotFoundError, ValueError):
            return None
        except (Unusable, OSError) as error:
            note("lightning", error)
            return None

    def list_spans(
        self, limit: int = 100, span_type: Optional[str] = None, status: Optional[str] = None
    ) -> List[Dict[str, Any]]:
        """The agent's newest spans, newest first."""
        found = [
            span
            for span in self._all()
            if span.get("agent_id") in (None, self.agent_id)
            and (span_type is None or span.get("span_type") == span_type)
            and (status is None or span.get("status") == status)
        ]
        found.sort(key=_start_of, reverse=True)
        return found[:limit]

    def get_training_data(
        self, limit: int = 1000, min_reward: Optional[float] = None, max_reward: Optional[float] = None
    ) -> List[Dict[str, Any]]:
        """Prompts with their responses and rewards, of the spans that have all three."""
        out = []
        for span in self.list_spans(limit=limit):
            rewards = [data.get("reward") or 0 for data in _data_of(span, "reward")]
            prompts, responses = _data_of(span, "prompt"), _data_of(span, "response")
            total = sum(rewards)
            too_low = min_reward is not None and total < min_reward
            too_high = max_reward is not None and total > max_reward
            if not rewards or not prompts or not responses or too_low or too_high:
                continue
            out.append(
                {
                    "span_id": span.get("span_id"),
                    "agent_id": span.get("agent_id"),
                    "prompt": prompts[0].get("prompt", ""),
                    "response": responses[0].get("response", ""),
                    "reward": total,
                    "duration": span.get("duration"),
                    "status": span.get("status"),
                    "timestamp": span.get("start_time"),
                }
            )
        return out

    def delete_span(self, span_id: str) -> bool:
        """Removes a span. Whether it is gone."""
        try:
            path = self._path(span_id)
            self._memory.pop(span_id, None)
            if self.backend == "json" and os.path.lexists(path):
                os.unlink(path)
            return True
        except (OSError, ValueError) as error:
            note("lightning", f"the span {span_id!r} is not removed: {error}")
            return False

    def cleanup_old_spans(self, days: float = 30) -> int:
        """Removes the agent's spans that began more than `days` ago. How many."""
        oldest = time.time() - days * 86400
        old = [span for span in self.list_spans(limit=len(self._all())) if _start_of(span) < oldest]
        return sum(self.delete_span(str(span.get("span_id"))) for span in old)

    def get_statistics(self) -> Dict[str, Any]:
        """{agent_id, backend, total_spans}; `total_spans` counts the spans of all agents."""
        return {"agent_id": self.agent_id, "backend": self.backend, "total_spans": len(self._all())}

    def _path(self, span_id: Any) -> str:
        if not isinstance(span_id, str) or not _SPAN_ID.fullmatch(span_id):
            raise ValueError(f"{span_id!r} is no id of a span")
        return os.path.join(self.storage_path, span_id + ".json")

    def _all(self) -> List[Dict[str, Any]]:
        return list(self._memory.values()) if self.backend == "memory" else _files.read(self.storage_path)


class _Files:
    """The spans of a folder, which read again only what was written since."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: Dict[str, Tuple[Key, Dict[str, Any]]] = {}

    def read(self, directory: str) -> List[Dict[str, Any]]:
        found = files_in(directory, _SPAN_FILE)
        newest = sorted(found, key=lambda name: found[name], reverse=True)[:_MOST_CACHED]
        with self._lock:
            known, self._known = self._known, {}
            for name in newest:
                path = os.path.join(directory, name + ".json")
                entry = known.get(path)
                if entry is None or entry[0] != found[name]:
                    span = _read(path)
                    if span is None:
                        continue
                    entry = (found[name], span)
                self._known[path] = entry
            return [span for _, span in self._known.values()]


_files = _Files()


def _read(path: str) -> Optional[Dict[str, Any]]:
    try:
        return read_object(path)
    except FileNotFoundError:
        return None
    except (Unusable, OSError) as error:
        note("lightning", error)
        return None


def _start_of(span: Mapping[str, Any]) -> float:
    start = span.get("start_time")
    return float(start) if isinstance(start, (int, float)) else 0.0


def _data_of(span: Mapping[str, Any], kind: str) -> List[Mapping[str, Any]]:
    events: Iterable[Mapping[str, Any]] = span.get("events") or []
    return [event.get("data") or {} for event in events if event.get("type") == kind]
