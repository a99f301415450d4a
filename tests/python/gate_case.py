"""Test cases over a hive of real nodes that decide together."""

import json
import os
import random
import unittest

from gate_hive import GateHive
from gate_node import Refused


class GateCase(unittest.TestCase):
    """Has a seed that it prints, and looks at the end of each test whether the hive is sound."""

    SIZE = 5
    OPTIONS = {}

    def setUp(self):
        seed = int(os.environ.get("HIVE_SEED") or random.SystemRandom().randrange(2**32))
        print("seed", seed)
        self.choose = random.Random(seed)

    def make_hive(self, size=None, **options):
        hive = GateHive(size or self.SIZE, **{**self.OPTIONS, **options})
        hive.__enter__()
        self.addCleanup(hive.__exit__)
        return hive

    def expect_refused(self, status, call, *arguments, **more):
        with self.assertRaises(Refused) as caught:
            call(*arguments, **more)
        self.assertEqual(caught.exception.status, status, caught.exception)
        return json.dumps(caught.exception.body)


class SharedHive(GateCase):
    """One hive for all tests of the class, each of which leaves it whole and without an open proposal."""

    @classmethod
    def setUpClass(cls):
        cls.hive = GateHive(cls.SIZE, **cls.OPTIONS)
        cls.hive.__enter__()
        cls.addClassCleanup(cls.hive.__exit__)

    def tearDown(self):
        for node in self.hive.running():
            node.thaw()
        for node in self.hive.nodes:
            for action in ("deploy", "rollback"):
                node.let_hook(action, "hold", False)
                node.let_hook(action, "fail", False)
        self.hive.start()
        self.hive.expect_sound()
        for which in {view["id"] for view in self.hive.nodes[0].upgrades() if not view["final"]}:
            self.hive.nodes[0].stop(which)
            self.hive.ended(which)
