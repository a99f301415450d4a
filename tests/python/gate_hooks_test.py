"""Hooks of three real nodes: what a kill, a failure or a hook that misbehaves makes of them."""

import re
import time
import unittest

from gate_case import GateCase, SharedHive
from gate_hive import GOOD, IS_SOAK, LONG, wait_until
from spawned_hive_test import processes_marked

KILLS = 40 if IS_SOAK else 4


class KilledHookTest(SharedHive):
    SIZE = 3

    def killed_in_deploy(self, version):
        """A proposal whose canary was killed while its hook ran, and started again; the hook has ended since."""
        hive = self.hive
        hive.give(version, GOOD)
        for node in hive.nodes:
            node.let_hook("deploy", "hold")
        which = hive.propose(version, stages=LONG)
        canary = hive.canary_of(which)
        wait_until(lambda: hive.runs_of(which, "deploy"), lambda: "no hook begins\n" + hive.told(which))
        self.assertEqual([node for node, _ in hive.runs_of(which, "deploy")], [canary])
        canary.end()
        for node in hive.nodes:
            node.let_hook("deploy", "hold", False)
        hive.start()
        return which, canary

    def test_between_a_hook_and_its_outcome(self):
        hive = self.hive
        which, canary = self.killed_in_deploy("killed")
        for node in hive.nodes:
            hive.run_shown(which, canary, "unknown", by=node)
        self.assertEqual(len(hive.runs_of(which, "deploy")), 1)
        hive.nodes[0].stop(which)
        hive.rolled_out(which, "rolled back")
        self.assertEqual([node for node, _ in hive.runs_of(which, "rollback")], [canary], "what may have run is undone")
        self.assertEqual(len(hive.runs_of(which, "deploy")), 1)

    def test_anywhere_around_intention_and_hook(self):
        hive, began = self.hive, 0
        for number in range(KILLS):
            version = f"anywhere-{number}"
            hive.give(version, GOOD)
            which = hive.propose(version, stages=LONG)
            canary = hive.canary_of(which)
            time.sleep(self.choose.uniform(0, 0.05))
            canary.end()
            had_begun = len(hive.runs_of(which, "deploy"))
            began += had_begun
            hive.start()
            hive.nodes[number % 3].stop(which)
            hive.rolled_out(which, "rolled back")
            self.assertLessEqual(len(hive.runs_of(which, "deploy")), 1)
            hive.expect_sound()
        print(f"{KILLS} kills, {began} of them after the hook had begun")

    def test_a_node_killed_in_its_rollback_does_not_run_it_twice(self):
        hive = self.hive
        hive.give("undone", GOOD)
        for node in hive.nodes:
            node.let_hook("rollback", "hold")
        which = hive.propose("undone", stages=LONG)
        canary = hive.canary_of(which)
        hive.run_shown(which, canary, "ended")
        hive.nodes[0].stop(which)
        wait_until(lambda: hive.runs_of(which, "rollback"), lambda: "no rollback begins\n" + hive.told(which))
        canary.end()
        for node in hive.nodes:
            node.let_hook("rollback", "hold", False)
        hive.start()
        hive.run_shown(which, canary, "unknown")
        self.assertFalse(hive.nodes[0].upgrade(which)["final"], "nobody knows whether it is undone")
        hive.nodes[0].stop(which, unknown=[canary.id])
        hive.rolled_out(which, "rolled back")
        self.assertEqual(len(hive.runs_of(which, "rollback")), 1)


class RerunTest(GateCase):
    def test_where_hooks_may_run_again_they_do_under_the_same_token(self):
        hive = self.make_hive(3, hooks='on_unknown = "rerun"\n')
        hive.give("2.0", GOOD)
        for node in hive.nodes:
            node.let_hook("deploy", "hold")
        which = hive.propose("2.0")
        canary = hive.canary_of(which)
        wait_until(lambda: canary.runs("deploy"), lambda: "no hook begins\n" + hive.told(which))
        canary.end()
        for node in hive.nodes:
            node.let_hook("deploy", "hold", False)
        hive.start()
        hive.rolled_out(which)
        tokens = [run["token"] for run in canary.runs("deploy")]
        self.assertEqual((len(tokens), len(set(tokens))), (2, 1))
        others = [node for node in hive.nodes if node is not canary]
        wait_until(lambda: all(node.runs("deploy", "end") for node in others), "it is not deployed on all")
        self.assertEqual([len(node.runs("deploy")) for node in others], [1, 1])


class MisbehavingHookTest(SharedHive):
    SIZE = 3
    OPTIONS = {"hooks": "timeout_s = 2\n"}

    def deploy(self, version, script):
        """A proposal whose deploy hooks are this script, once its canary's hook has ended; what is shown of that."""
        hive = self.hive
        for node in hive.nodes:
            node.write_hook("deploy", script)
        self.addCleanup(lambda: [node.write_hooks() for node in hive.nodes])
        hive.give(version, GOOD)
        which = hive.propose(version)
        canary = hive.canary_of(which)
        shown = hive.run_shown(which, canary, "ended")
        if shown["action"] == "rollback":  # the hive was as quick to roll back, and shows the newest hook of a node
            reason = hive.nodes[0].upgrade(which)["reason"]
            shown["exit_status"] = int(re.search(r"the deploy hook ended with status (\d+)", reason)[1])
        return which, canary, shown

    def expect_stopped(self, which, run):
        hive = self.hive
        self.assertNotEqual(run["exit_status"], 0)
        hive.nodes[1].stop(which)
        hive.rolled_out(which, "rolled back")
        self.assertEqual(hive.agreed(which)[0], "approved")

    def test_one_that_fails_is_shown_and_never_completes(self):
        which, canary, run = self.deploy("fails", "cat >/dev/null; exit 7\n")
        self.assertEqual(run["exit_status"], 7)
        self.expect_stopped(which, run)
        self.assertEqual([node for node, _ in self.hive.runs_of(which, "rollback")], [canary])

    def test_one_that_hangs_is_killed_with_its_children_before_the_rollback(self):
        mark = f"hanging-hook-{self.choose.randrange(2**32)}"
        script = f"trap '' TERM\nsh -c 'trap \"\" TERM; sleep 600; : {mark}' &\nsleep 600; : {mark}\n"
        which, canary, run = self.deploy("hangs", script)
        self.assertEqual(processes_marked(mark), [])
        self.expect_stopped(which, run)
        self.assertEqual([node for node, _ in self.hive.runs_of(which, "rollback")], [canary])

    def test_one_that_leaves_a_child_behind_does_not_outlive_its_outcome(self):
        mark = f"forking-hook-{self.choose.randrange(2**32)}"
        which, _, run = self.deploy("forks", f"cat >/dev/null; sh -c 'sleep 600; : {mark}' & exit 0\n")
        self.assertEqual((run["exit_status"], processes_marked(mark)), (0, []))
        self.hive.rolled_out(which)

    def test_one_that_prints_a_gigabyte_does_no_harm(self):
        which, canary, run = self.deploy("prints", "cat >/dev/null; head -c 1000000000 /dev/zero; exit 0\n")
        peak = next(int(line.split()[1]) for line in open(f"/proc/{canary.pid}/status", encoding="utf-8")
                    if line.startswith("VmHWM:"))
        self.assertLess(peak, 600_000, "KiB of memory")
        if run["exit_status"] == 0:
            self.hive.rolled_out(which)
        else:
            self.expect_stopped(which, run)


if __name__ == "__main__":
    unittest.main()
