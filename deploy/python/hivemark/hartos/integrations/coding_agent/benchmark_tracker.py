"""Which tool is good at what, as HART OS's module of this name has it, kept by a node.

The default database stands for the node itself, any other path for a namespace of its own. Its file is neither read
nor written: `hivectl import hartos` takes over what it holds.
"""

from __future__ import annotations

import os
import threading
from typing import Any, Dict, Mapping, Optional

from ....client import BestTool, encode_record
from ..._errors import attempt
from ..._places import Place, place_of

_DB_PATH = os.path.join("agent_data", "coding_benchmarks.db")
# Records of a tool and task type before the tool counts as measured; that is the node's rule.
MIN_SAMPLES = 5


class BenchmarkTracker:
    """HART OS's class of this name. Safe to use from any number of threads."""

    def __init__(self, db_path: Any = _DB_PATH) -> None:
        self._db_path = os.fspath(db_path)

    def record(
        self,
        task_type: str,
        tool_name: str,
        completion_time_s: float,
        success: bool,
        model_name: Optional[str] = "",
        user_id: Optional[str] = "",
        offloaded: bool = False,
    ) -> None:
        """Records a task, and returns when that is durable on the node. Raises ValueError and TypeError for what no
        node takes."""
        line = encode_record(
            task_type, tool_name, completion_time_s, success, model_name or "", user_id or "", offloaded
        )
        attempt("record", lambda: self._place().sender.put(line), lambda _: None)

    def get_best_tool(self, task_type: str) -> Optional[BestTool]:
        """(tool, success rate, mean seconds) of the best tool with at least MIN_SAMPLES records; None without one."""
        return attempt("get_best_tool", lambda: self._place().client.get_best_tool(task_type), lambda _: None)

    def get_hive_best_tool(self, task_type: str) -> Optional[BestTool]:
        """The same over what other nodes measured."""
        return attempt("get_hive_best_tool", lambda: self._place().client.get_hive_best_tool(task_type), lambda _: None)

    def get_summary(self) -> Dict[str, Any]:
        """{total_benchmarks, by_tool, by_task_type}."""
        empty = {"total_benchmarks": 0, "by_tool": [], "by_task_type": []}
        return attempt("get_summary", lambda: self._place().client.get_summary(), lambda _: empty)

    def export_learning_delta(self) -> Optional[Dict[str, Any]]:
        """{coding_benchmarks, ts} for other nodes; None when no tool is measured yet."""
        return attempt("export_learning_delta", lambda: self._place().client.export_learning_delta(), lambda _: None)

    def import_hive_delta(self, aggregated: Mapping[str, Any]) -> None:
        """Takes over what other nodes measured."""

        def send() -> None:
            self._place().client.import_hive_delta(dict(aggregated))

        attempt("import_hive_delta", send, lambda _: None)

    def _place(self) -> Place:
        return place_of(self._db_path, _DB_PATH)


_tracker: Optional[BenchmarkTracker] = None
_tracker_lock = threading.Lock()


def get_benchmark_tracker() -> BenchmarkTracker:
    """The process's tracker."""
    global _tracker
    with _tracker_lock:
        if _tracker is None:
            _tracker = BenchmarkTracker()
        return _tracker
