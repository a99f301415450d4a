#!/usr/bin/env python3
"""Measures a hive of real nodes on this machine: the time until every node knows every other, the time until a record
is known to all nodes, and the cost of an idle node.

    tests/bench/hive_spread.py [--hived FILE] [--nodes N] [--records N] [--idle SECONDS] [--toml TEXT]

Times include the polling, some 20 ms with 64 nodes. Prints one line of figures each; nothing is judged. The same over
links that lose packets: HIVE_SOAK=1 and the test packet_loss.* of hive_cluster_tests.
"""

import argparse
import http.client
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LEAST_RECORDS = 5  # records that a tool needs before a node names it the best


class Node:
    def __init__(self, hived, directory, name, join, toml):
        self.log = open(directory / f"{name}.log", "w", encoding="utf-8")
        config = directory / f"{name}.toml"
        config.write_text(('[http]\nopen = "operate"\n' if knows_open(hived) else "") + toml, encoding="utf-8")
        command = [hived, "--config", config, "--data", directory / name, "--http", "127.0.0.1:0", "--door",
                   "127.0.0.1:0", "--name", name]
        for door in join:
            command += ["--join", door]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        ready = self.process.stdout.readline().split()
        if ready[:2] != ["hived", "ready"]:
            sys.exit(f"{name} did not start, see {self.log.name}")
        fields = dict(field.split("=", 1) for field in ready[2:])
        self.door, self.id = fields["door"], fields["node"]
        self.http = http.client.HTTPConnection(fields["http"], timeout=60)

    def ask(self, method, path, body=None):
        self.http.request(method, "/api/v1" + path, json.dumps(body) if body else None,
                          {"Content-Type": "application/json"} if body else {})
        answer = self.http.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None

    def disconnect(self):
        """Before a pause: the node closes idle connections."""
        self.http.close()

    def count_of(self, task):
        """Records of the task type that this node knows, its own or others'."""
        status, own = self.ask("GET", f"/tools/best?task_type={task}")
        if status == 200:
            return own["sample_count"]
        status, hive = self.ask("GET", f"/tools/best?task_type={task}&scope=hive")
        return hive["sample_count"] if status == 200 else 0

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def proportional_mib(self):
        for line in Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
        return 0.0


def knows_open(hived):
    return "SIGHUP" in subprocess.run([hived, "--help"], capture_output=True, text=True, check=True).stdout


def wait(condition, patience=300):
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > patience:
            sys.exit("the hive did not come to what was waited for")
    return time.monotonic() - begin


def all_know_all(nodes):
    for node in nodes:
        shown = node.ask("GET", "/hive/nodes")[1]["nodes"]
        if len(shown) < len(nodes) or any(not each.get("name") for each in shown):
            return False
    return True


def spread(nodes, records):
    times = []
    for i in range(records):
        time.sleep(random.uniform(1, 3))
        task = f"task{i}"
        unknown = list(nodes)
        writer = random.choice(nodes)
        begin = time.monotonic()
        record = {"task_type": task, "tool_name": "aider", "success": True, "completion_time_s": 1}
        status, answer = writer.ask("POST", "/tasks", [record] * LEAST_RECORDS)
        if status // 100 != 2:
            sys.exit(f"records were refused: {status} {answer}")
        while unknown:
            unknown = [node for node in unknown if node.count_of(task) == 0]
            if time.monotonic() - begin > 300:
                sys.exit("records did not reach all nodes")
        times.append(time.monotonic() - begin)
    return times


def gossip_bytes(node):
    status = node.ask("GET", "/hive/status")[1]
    return status["sent_bytes"] + status["received_bytes"]


def idle(nodes, seconds):
    cpu = [node.cpu_seconds() for node in nodes]
    sent = [gossip_bytes(node) for node in nodes]
    for node in nodes:
        node.disconnect()
    begin = time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - begin
    shares = [(node.cpu_seconds() - before) / took * 100 for node, before in zip(nodes, cpu)]
    rates = [(gossip_bytes(node) - before) / took / 1000 for node, before in zip(nodes, sent)]
    return statistics.mean(shares), statistics.mean(rates), statistics.mean(n.proportional_mib() for n in nodes)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hived", type=Path, default=Path(__file__).parents[2] / "build/release/bin/hived")
    parser.add_argument("--nodes", type=int, default=64)
    parser.add_argument("--records", type=int, default=20)
    parser.add_argument("--idle", type=float, default=60)
    parser.add_argument("--settle", type=float, default=20, help="seconds before the first record")
    parser.add_argument("--toml", default="", help="more lines for the nodes' configuration")
    given = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="hive_spread."))
    nodes = []
    try:
        begin = time.monotonic()
        for i in range(given.nodes):
            nodes.append(Node(given.hived, directory, f"n{i}", [nodes[0].door] if nodes else [], given.toml))
        started = time.monotonic() - begin
        met = wait(lambda: all_know_all(nodes))
        print(f"{given.nodes} nodes: started in {started:.1f} s, all know all {met:.1f} s later")
        time.sleep(given.settle)
        before = [gossip_bytes(node) for node in nodes], [node.cpu_seconds() for node in nodes]
        times = spread(nodes, given.records)
        if times:
            sent = sum(gossip_bytes(n) for n in nodes) - sum(before[0])
            cpu = sum(n.cpu_seconds() for n in nodes) - sum(before[1])
            print(f"records known to all: median {statistics.median(times):.2f} s, worst {max(times):.2f} s of "
                  f"{len(times)}; per record {sent / len(times) / len(nodes) / 1000:.1f} KB of gossip a node, "
                  f"{cpu / len(times):.2f} CPU-s in all, polling among it")
        if given.idle:
            time.sleep(given.settle)
            cpu, rate, memory = idle(nodes, given.idle)
            print(f"idle node: {cpu:.2f} % of a core, {rate:.2f} KB/s of gossip in and out, {memory:.1f} MiB proportional")
    finally:
        for node in nodes:
            node.process.terminate()
        for node in nodes:
            node.process.wait()
        shutil.rmtree(directory)


if __name__ == "__main__":
    main()
