"""A store that an older hived left behind after kill -9 opens, and the node answers with all that the older one did.

tests/data/old_stores/COMMIT holds the data directory (data.tar.gz) and what the hived of that commit answered shortly
before: 201 task records, an imported delta, four captures, a registered command, observations, a research session.
"""

import json
import os
import re
import signal
import subprocess
import tarfile
import urllib.request
from pathlib import Path

import pytest

HIVED = os.environ["HIVED"]
STORES = Path(__file__).resolve().parents[1] / "data/old_stores"
PATHS = {
    "best": "/tools/best?task_type=bug_fix",
    "best-hive": "/tools/best?task_type=bug_fix&scope=hive",
    "benchmarks": "/benchmarks",
    "latest": "/results/latest",
    "research": "/autoresearch/study",
    "snapshot-v1": "/snapshots/v1",
    "snapshot-v2": "/snapshots/v2",
    "snapshot-v3": "/snapshots/v3",
    "snapshots": "/snapshots",
    "summary": "/tools/summary",
    "tasks": "/tasks?limit=1000",
}


class Node:
    def __init__(self, data, directory):
        self.process = subprocess.Popen(
            [HIVED, "--data", data, "--name", "old", "--http", "127.0.0.1:0"],
            cwd=directory,
            stdout=subprocess.PIPE,
            stderr=(directory / "log").open("w"),
            text=True,
        )
        self.ready = self.process.stdout.readline()
        assert self.ready.startswith("hived ready"), (directory / "log").read_text()

    def get(self, path):
        at = re.search(r"http=(\S+)", self.ready)[1]
        with urllib.request.urlopen(f"http://{at}/api/v1{path}", timeout=30) as answer:
            return json.load(answer)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=30) == 0


def in_one_order(summary):
    """The rows of a summary by name: they came by name once and come the best first today."""
    rows = sorted(summary["by_task_type"], key=lambda row: (row["task_type"], row["tool"]))
    return summary | {"by_task_type": rows}


def by_name(benchmarks):
    """The adapters by name: a newer node has more built-in ones."""
    return {each["name"]: each for each in benchmarks["benchmarks"]}


def missing(old, new, at=""):
    """What the old answer has and the new one lacks or tells otherwise; new members are welcome."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in old.items():
            yield from missing(value, new[key], f"{at}/{key}") if key in new else [f"{at}/{key} is gone"]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for place, pair in enumerate(zip(old, new, strict=True)):
            yield from missing(*pair, f"{at}/{place}")
    elif old != new:
        yield f"{at}: {old!r} became {new!r}"


@pytest.mark.parametrize("commit", sorted(path.name for path in STORES.iterdir()))
def test_everything_is_there_and_stays(commit, tmp_path):
    with tarfile.open(STORES / commit / "data.tar.gz") as packed:
        packed.extractall(tmp_path / "data")
    for _ in range(2):  # the first start takes the store over, the second reads what that wrote
        node = Node(tmp_path / "data", tmp_path)
        for name, path in PATHS.items():
            old = json.loads((STORES / commit / f"{name}.json").read_text(encoding="utf-8"))
            new = node.get(path)
            if name == "summary":
                old, new = in_one_order(old), in_one_order(new)
            if name == "benchmarks":
                old, new = by_name(old), by_name(new)
            assert list(missing(old, new)) == [], name
        node.stop()
