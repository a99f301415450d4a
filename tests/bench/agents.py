#!/usr/bin/env python3
"""Latency of captures over HTTP beside a raw fsync, on one connection and one agent.

    tests/bench/agents.py [--captures N] [--hived PROGRAM]

Alternates captures and fsyncs in the same directory, so that both see the same disk. Prints the medians and their
difference. Does not measure many clients at once.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

RECIPE = {"actions": [{"action_id": n, "experience": {"success_rate": 0.9, "avg_duration_seconds": 2}} for n in range(5)]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--captures", type=int, default=1000)
    parser.add_argument("--hived", default=str(Path(__file__).resolve().parents[2] / "build/release/bin/hived"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as directory:
        node = subprocess.Popen([options.hived, "--data", directory + "/data", "--http", "127.0.0.1:0"],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            endpoint = node.stdout.readline().split("http=")[1].split()[0]
            measure(endpoint, directory, options.captures)
        finally:
            node.kill()
            node.wait()


class Connection:
    """One keep-alive connection. Requests are encoded by hand, since http.client takes as long as the node."""

    def __init__(self, endpoint):
        host, port = endpoint.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @staticmethod
    def encode(method, path, body):
        text = json.dumps(body).encode()
        return (f"{method} /api/v1/agents/bench/0{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(text)}\r\n\r\n").encode() + text

    def ask(self, request):
        self.socket.sendall(request)
        answer = self.socket.recv(1 << 16)
        head, separator, body = answer.partition(b"\r\n\r\n")
        while not separator:
            answer += self.socket.recv(1 << 16)
            head, separator, body = answer.partition(b"\r\n\r\n")
        assert head.split(None, 2)[1] in (b"200", b"201"), answer
        missing = int(head.lower().partition(b"content-length:")[2].split(None, 1)[0]) - len(body)
        while missing > 0:
            missing -= len(self.socket.recv(missing))


def measure(endpoint, directory, captures):
    connection = Connection(endpoint)
    connection.ask(connection.encode("PUT", "/recipe", RECIPE))
    capture = connection.encode("POST", "/baselines", {"trigger": "prompt_change"})
    file = os.open(directory + "/raw", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    record = b"x" * 4096
    taken = {"capture": [], "fsync": []}
    for _ in range(captures):
        for name in taken:
            start = time.perf_counter()
            if name == "capture":
                connection.ask(capture)
            else:
                os.write(file, record)
                os.fsync(file)
            taken[name].append((time.perf_counter() - start) * 1e3)
    medians = {name: statistics.median(times) for name, times in taken.items()}
    print(f"capture over HTTP: median {medians['capture']:.3f} ms; raw write and fsync of 4 KiB: median "
          f"{medians['fsync']:.3f} ms; difference {medians['capture'] - medians['fsync']:.3f} ms ({captures} of each)")


if __name__ == "__main__":
    main()
