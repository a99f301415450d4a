"""Tasks that nodes of a hive do, with a share of failures for each, as long as this lasts."""

import threading

from gate_node import Refused

EVERY_S = 0.25
BATCH = 25


class Traffic:
    """`failing_of(node)`: share of the node's tasks that fail; None: it does none."""

    def __init__(self, nodes, failing_of):
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(node, failing_of)) for node in nodes]
        self.failures = []

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _work(self, node, failing_of):
        number = 0
        while not self._ended.wait(EVERY_S):
            share = failing_of(node)
            if share is None or not node.is_running:
                continue
            tasks = []
            for number in range(number + 1, number + 1 + BATCH):
                fails = int(number * share) != int((number - 1) * share)
                tasks.append({"task_type": "toy", "tool_name": "toy", "completion_time_s": 0.01, "success": not fails})
            try:
                node.request("POST", "/tasks", tasks)
            except (OSError, Refused) as failure:  # the node is frozen or down: what it does not hear is not counted
                self.failures.append((node.name, str(failure)))
