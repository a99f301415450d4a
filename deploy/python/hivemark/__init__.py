"""Client of Hivemark for agent engines: records coding tasks, spawns on the hive's nodes, leases GPUs, and
asks a node all it answers.

    from hivemark import Client

    with Client() as hive:
        hive.record("bug_fix", "ruff", 1.8, success=True)
        print(hive.get_best_tool("bug_fix"))

`AsyncClient` is the same for asyncio. `measure`, `Client.register_adapter` and `Worker` are for benchmark adapters
written in Python. Needs nothing but the standard library. Logs to the logger "hivemark".
"""

from ._lease import AsyncLease, Lease, LeaseLost
from ._measure import measure
from ._recorder import Counts
from ._spawned import Command, Place, Research, Spawned, SpawnedSession, SpawnFailed
from ._upgrade_wait import is_approved
from .async_client import AsyncClient
from .client import BestTool, Client, Route
from .errors import Closed, HivemarkError, NodeError, Unreachable
from .worker import Worker

__version__ = "0.1.0"

__all__ = [
    "AsyncClient",
    "AsyncLease",
    "BestTool",
    "Client",
    "Closed",
    "Command",
    "Counts",
    "HivemarkError",
    "Lease",
    "LeaseLost",
    "NodeError",
    "Place",
    "Research",
    "Route",
    "SpawnFailed",
    "Spawned",
    "SpawnedSession",
    "Unreachable",
    "Worker",
    "is_approved",
    "measure",
    "__version__",
]
