"""Benchmark adapters as engines write them, of every kind."""

import os
import subprocess
import sys


class Scores:
    """As HART OS has them: class attributes, and fields that a node does not know."""

    name = "scores"
    tier = "fast"
    requires_gpu = False

    def is_available(self):
        return True

    def run(self, api_url="", **kwargs):
        print("working …")
        os.write(1, b"straight to the descriptor\n")
        subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
        metrics = {"score": {"value": 0.5, "direction": "higher", "unit": "ratio", "note": "unknown to the node"}}
        return {"metrics": {**metrics, "plain": {"value": True}}}


class Skips:
    name = "skips"
    tier = "heavy"

    def run(self):
        return {"skipped": True, "reason": "no questions"}


class Unavailable(Scores):
    name = "unavailable"

    def is_available(self):
        return False


class Fails:
    name = "fails"

    def run(self):
        raise RuntimeError("the model is gone")


class Leaves:
    name = "leaves"

    def run(self):
        sys.exit(3)


class Stateful:
    name = "stateful"

    def __init__(self, value=1.0):
        self.value = value

    def run(self):
        return {"metrics": {"value": {"value": self.value}}}


class Slots:
    name = "slots"
    __slots__ = ("value",)

    def run(self):
        return {"metrics": {"value": {"value": 1}}}


class Outer:
    class Inner(Skips):
        name = "inner"


def counted():
    return {"metrics": {"calls": {"value": 1, "direction": "lower", "unit": "count"}}}
