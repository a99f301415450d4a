"""An engine in a process of its own, to be stopped and killed: URL TOKEN_FILE NODE MARK. Spawns a command that runs for
long and ignores SIGTERM, as does a child of it, prints its id and waits."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "deploy/python"))

from hivemark import Client  # noqa: E402

url, token_file, node, mark = sys.argv[1:]
hive = Client(url, token_file=token_file, engine="doomed")
stubborn = "trap '' TERM; (trap '' TERM; sleep 600; : \"$0\") & sleep 600; :"
spawned = hive.spawn(["/bin/sh", "-c", stubborn, mark + "-child"], place=node)
print(spawned.id, flush=True)
while True:
    time.sleep(0.2)
    print(spawned.state, flush=True)
