"""Client of Hivemark for agent engines: records coding tasks, and asks which tool to use.

    from hivemark import Client

    with Client() as hive:
        hive.record("bug_fix", "ruff", 1.8, success=True)
        print(hive.get_best_tool("bug_fix"))

Needs nothing but the standard library. Logs to the logger "hivemark".
"""

from ._recorder import Counts
from .client import BestTool, Client, Route
from .errors import Closed, HivemarkError, NodeError, Unreachable

__version__ = "0.1.0"

__all__ = ["BestTool", "Client", "Closed", "Counts", "HivemarkError", "NodeError", "Route", "Unreachable", "__version__"]
