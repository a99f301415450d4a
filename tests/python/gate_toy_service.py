"""A service for tests: does tasks and records them at its node. Version bad fails a tenth of them. It becomes the
version that stands in DIRECTORY/wanted, and writes into DIRECTORY/running which one it is.

    gate_toy_service.py DIRECTORY URL TOKEN_FILE
"""

import json
import os
import sys
import time
import urllib.request
from pathlib import Path

EVERY_S = 0.25
BATCH = 25
FAILING = {"bad": 10}  # every tenth task; others: one of a hundred


def put(path, text):
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.rename(path)


def record(url, token, tasks):
    request = urllib.request.Request(url + "/api/v1/tasks", json.dumps(tasks).encode(),
                                     {"Content-Type": "application/json", "Authorization": "Bearer " + token})
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()


def main(directory, url, token_file):
    directory = Path(directory)
    version = (directory / "wanted").read_text(encoding="utf-8").strip()
    put(directory / "running", version)
    every = FAILING.get(version, 100)
    number = 0
    while os.getppid() != 1:  # it ends with the test
        if (directory / "wanted").read_text(encoding="utf-8").strip() != version:
            os.execv(sys.executable, [sys.executable, *sys.argv])
        tasks = []
        for number in range(number + 1, number + 1 + BATCH):
            tasks.append({"task_type": "toy", "tool_name": version, "completion_time_s": 0.01,
                          "success": number % every != 0})
        record(url, Path(token_file).read_text(encoding="utf-8").strip(), tasks)
        time.sleep(EVERY_S)


if __name__ == "__main__":
    main(*sys.argv[1:])
