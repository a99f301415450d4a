"""A worker that is a process, for worker_test.py: python3 worker_process.py URL ADAPTER…"""

import logging
import signal
import sys
import threading

import conftest  # noqa: F401  # finds the package
from hivemark import Client, Worker


class Adapter:
    tier = "fast"

    def __init__(self, name):
        self.name = name

    def run(self):
        if self.name == "holds":
            print("holds", flush=True)
            threading.Event().wait()
        return {"metrics": {f"{self.name}_score": {"value": 1.0, "direction": "higher", "unit": "ratio"}}}


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    worker = Worker(Client(sys.argv[1]))
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    worker.serve([Adapter(name) for name in sys.argv[2:]])
