"""Client of Hivemark for agent engines: records coding tasks, asks which tool to use, and spawns on the hive's nodes.

    from hivemark import Client

    with Client() as hive:
        hive.record("bug_fix", "ruff", 1.8, success=True)
        print(hive.get_best_tool("bug_fix"))

Needs nothing but the standard library. Logs to the logger "hivemark".
"""

from ._recorder import Counts
from ._spawned import Command, Place, Research, Spawned, SpawnedSession, SpawnFailed
from .client import BestTool, Client, Route
from .errors import Closed, HivemarkError, NodeError, Unreachable

__version__ = "0.1.0"

__all__ = [
    "BestTool",
    "Client",
    "Closed",
    "Command",
    "Counts",
    "HivemarkError",
    "NodeError",
    "Place",
    "Research",
    "Route",
    "SpawnFailed",
    "Spawned",
    "SpawnedSession",
    "Unreachable",
    "__version__",
]
