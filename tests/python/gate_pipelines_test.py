"""What three real nodes tell pipelines: the GitHub action and the Argo Rollouts analysis ask as those do, each with a
token of the role that its documentation names."""

import concurrent.futures
import hashlib
import shutil
import unittest

import pytest
from argo import TEMPLATE, ask_as_argo, metric_of, run_of
from gate_case import SharedHive
from gate_hive import BAD, GOOD, LONG, OLD, RESPONDING, wait_until
from gate_node import PATIENCE_S
from github_action import ACTION, run_action

yaml = pytest.importorskip("yaml")

ROLES = {"pipeline": "operate", "analysis": "read"}


def token_of(name):
    return f"the-{name}.token"


def configured_tokens():
    return "".join(f'\n[[http.tokens]]\nname = "{name}"\nrole = "{role}"\n'
                   f'sha256 = "{hashlib.sha256(token_of(name).encode()).hexdigest()}"\n' for name, role in ROLES.items())


class Analysis:
    """A run of the metric in deploy/argo, whose measurements a test takes when it likes."""

    def __init__(self, node, which):
        template = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))
        self.metric = metric_of(template, {"node": "http://" + node.endpoint, "upgrade": which,
                                           "token": token_of("analysis")})
        self.measurements = []

    def measure(self):
        self.measurements.append(ask_as_argo(self.metric))
        return self.measurements[-1]

    @property
    def phase(self):
        return run_of(self.metric, self.measurements)

    def phase_after_its_time(self):
        """The phase when all measurements that are still to come are like the last one."""
        return run_of(self.metric, self.measurements + self.measurements[-1:] * self.metric["count"])


@unittest.skipUnless(shutil.which("curl"), "curl is not installed")
class GatePipelinesTest(SharedHive):
    SIZE = 3
    OPTIONS = {"health": RESPONDING.format(grace_s=30) + configured_tokens()}

    def setUp(self):
        super().setUp()
        self.action = yaml.safe_load((ACTION / "action.yml").read_text(encoding="utf-8"))
        self.runner = concurrent.futures.ThreadPoolExecutor()
        self.addCleanup(self.runner.shutdown)

    # -- the pipelines --------------------------------------------------------------

    def start_action(self, version, by=0, token="pipeline", **inputs):
        """The step, as it runs; its result comes when it ends."""
        given = {"node": "http://" + self.hive.nodes[by].endpoint, "token": token_of(token), "from": OLD, "to": version,
                 "judge": "strict"} | {name.replace("_", "-"): value for name, value in inputs.items()}
        return self.runner.submit(run_action, self.action, given, 2 * PATIENCE_S)

    def end_of(self, action, status, **outputs):
        """Waits for the step; it must end with this status and these outputs, beside the id. Returns its result."""
        result = action.result(2 * PATIENCE_S)
        self.assertEqual(result.status, status, result.log + self.hive.logs())
        self.assertEqual({name: result.outputs[name] for name in outputs}, outputs, result.log)
        self.assertNotIn(token_of("pipeline"), result.log + result.summary)
        return result

    def proposed(self, version, nodes=None):
        """Waits until these nodes know the proposal of this version; its id."""
        def known():
            ids = {view["id"] for node in nodes or self.hive.running() for view in node.upgrades() if view["to"] == version}
            return ids

        (which,) = wait_until(known, lambda: f"{version} is not proposed\n" + self.hive.logs())
        return which

    # -- tests ----------------------------------------------------------------------

    def test_a_good_version_passes_both(self):
        hive, away, others = self.hive, self.hive.nodes[2], self.hive.nodes[:2]
        hive.give("good", GOOD)
        away.freeze()
        action = self.start_action("good")
        which = self.proposed("good", others)
        hive.wait_for(which, "pending", others)
        analysis = Analysis(hive.nodes[1], which)
        self.assertEqual((analysis.measure(), analysis.phase), ("Inconclusive", "Running"))
        self.assertFalse(action.done(), "a vote is missing")
        away.thaw()
        _, decision_hash = hive.agreed(which, "approved")
        self.assertEqual((analysis.measure(), analysis.phase), ("Successful", "Successful"))
        result = self.end_of(action, 0, id=which, decision="approved", rollout="canary 1/3", hash=decision_hash)
        for node in hive.nodes:
            self.assertIn(f"| {node.name} | safe |", result.summary)
            self.assertIn(f"{node.name} votes safe", result.log)

    def test_a_regressed_version_fails_both(self):
        hive = self.hive
        hive.give("worse", GOOD)
        hive.nodes[1].put_snapshot("worse", {"latency": BAD})
        result = self.end_of(self.start_action("worse"), 1, decision="rejected", rollout="none")
        self.assertEqual(hive.agreed(result.outputs["id"]), ("rejected", result.outputs["hash"]))
        self.assertRegex(result.summary, rf"\| {hive.nodes[1].name} \| regressed \| .*latency")
        self.assertIn("::error", result.log)
        for node in hive.nodes:
            analysis = Analysis(node, result.outputs["id"])
            self.assertEqual((analysis.measure(), analysis.phase), ("Failed", "Failed"))

    def test_what_is_held_passes_neither_until_it_is_decided(self):
        hive = self.hive
        hive.give("unknown-to-one", GOOD, hive.nodes[:2])
        result = self.end_of(self.start_action("unknown-to-one"), 2, decision="held", rollout="none", hash="")
        self.assertIn(f"| {hive.nodes[2].name} | inconclusive |", result.summary)
        self.assertIn("::warning", result.log)
        which = result.outputs["id"]
        analysis = Analysis(hive.nodes[0], which)
        self.assertEqual((analysis.measure(), analysis.phase), ("Inconclusive", "Running"))
        self.assertEqual(analysis.phase_after_its_time(), "Inconclusive", "so a person looks at it")
        hive.give("unknown-to-one", GOOD, hive.nodes[2:])
        hive.agreed(which, "approved")
        self.assertEqual((analysis.measure(), analysis.phase), ("Successful", "Successful"))

    def test_it_is_held_by_its_deadline_and_then_aborted(self):
        hive, others = self.hive, self.hive.nodes[1:]
        hive.give("late", GOOD)
        hive.nodes[0].freeze()
        action = self.start_action("late", by=1, deadline_seconds="1")
        result = self.end_of(action, 2, decision="held")
        self.assertIn(f"| {hive.nodes[0].name} | awaited |", result.summary)
        analysis = Analysis(hive.nodes[2], result.outputs["id"])
        self.assertEqual((analysis.measure(), analysis.phase), ("Inconclusive", "Running"))
        hive.nodes[2].stop(result.outputs["id"])
        hive.agreed(result.outputs["id"], "aborted", others)
        self.assertEqual((analysis.measure(), analysis.phase), ("Failed", "Failed"))

    def test_what_is_rolled_back_fails_both(self):
        hive = self.hive
        hive.give("taken-back", GOOD)
        action = self.start_action("taken-back", through_rollout="true")
        which = self.proposed("taken-back")
        hive.agreed(which, "approved")
        analysis = Analysis(hive.nodes[0], which)
        self.assertEqual(analysis.measure(), "Successful", "it asks for the approval, not for the rollout")
        hive.run_shown(which, hive.canary_of(which), "ended")
        self.assertFalse(action.done(), "it waits for the rollout")
        hive.nodes[2].stop(which)
        self.end_of(action, 1, id=which, decision="approved", rollout="rolled back")
        hive.rolled_out(which, "rolled back")
        self.assertEqual(Analysis(hive.nodes[0], which).measure(), "Failed")

    def test_it_waits_for_its_turn_or_is_refused(self):
        hive = self.hive
        for version in ("first", "second"):
            hive.give(version, GOOD)
        first = hive.propose("first", stages=LONG)
        hive.agreed(first, "approved")
        refused = self.end_of(self.start_action("second", by=1), 65)
        self.assertEqual(refused.outputs, {})
        self.assertIn(first[:6], refused.log)
        action = self.start_action("second", by=1, queue="true")
        second = self.proposed("second")
        hive.wait_for(second, "queued")
        analysis = Analysis(hive.nodes[2], second)
        self.assertEqual((analysis.measure(), analysis.phase), ("Inconclusive", "Running"))
        hive.nodes[0].stop(first)
        self.end_of(action, 0, id=second, decision="approved")
        hive.agreed(second, "approved")
        self.assertEqual((analysis.measure(), analysis.phase), ("Successful", "Successful"))

    def test_a_node_that_starts_again_is_waited_for(self):
        hive, asked, late = self.hive, self.hive.nodes[0], self.hive.nodes[2]
        hive.give("patient", GOOD)
        late.end()
        action = self.start_action("patient")
        which = self.proposed("patient", hive.nodes[1:2])
        hive.wait_for(which, "pending")
        analysis = Analysis(asked, which)
        self.assertEqual((analysis.measure(), analysis.phase), ("Inconclusive", "Running"))
        asked.end()
        self.assertEqual((analysis.measure(), analysis.phase), ("Error", "Running"))
        hive.start([asked])
        self.assertEqual((analysis.measure(), analysis.phase), ("Inconclusive", "Running"))
        hive.start()
        self.end_of(action, 0, id=which, decision="approved")
        hive.agreed(which, "approved")
        self.assertEqual((analysis.measure(), analysis.phase), ("Successful", "Successful"))

    def test_a_token_that_may_only_read_proposes_nothing(self):
        hive = self.hive
        hive.give("read-only", GOOD)
        for token in ("analysis", "unknown"):
            result = self.end_of(self.start_action("read-only", token=token), 77)
            self.assertEqual(result.outputs, {})
        self.assertNotIn("read-only", [view["to"] for node in hive.nodes for view in node.upgrades()])


if __name__ == "__main__":
    unittest.main()
