"""The analysis in deploy/argo, asked as Argo Rollouts asks."""

import os
import unittest

import pytest
from argo import TEMPLATE, ask_as_argo, metric_of, run_of
from upgrade_server import UpgradeServer, answer_of

yaml = pytest.importorskip("yaml")

EXPECTED = {
    "approved": "Successful",
    "canary": "Successful",
    "complete": "Successful",
    "rejected": "Failed",
    "aborted": "Failed",
    "refused": "Failed",
    "rolling_back": "Failed",
    "rolled_back": "Failed",
    "announced": "Inconclusive",
    "queued": "Inconclusive",
    "pending": "Inconclusive",
    "held": "Inconclusive",
    "conflict": "Inconclusive",
}


class ArgoTemplateTest(unittest.TestCase):
    def setUp(self):
        self.template = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))

    def metric(self, url, token="secret", upgrade=answer_of("pending")["id"]):
        return metric_of(self.template, {"node": url, "upgrade": upgrade, "token": token})

    def test_only_an_approval_passes(self):
        for name, phase in EXPECTED.items():
            with self.subTest(name), UpgradeServer(answer_of(name), token="secret") as server:
                self.assertEqual(ask_as_argo(self.metric(server.url)), phase)
                self.assertEqual(server.requests[0][:2], ("GET", f"/api/v1/upgrades/{answer_of(name)['id']}"))

    def test_no_answer_is_no_verdict(self):
        for answer in (0, 401, 404, 503, "<html>", "[]", '"approved"'):
            with self.subTest(answer), UpgradeServer(answer, token="secret") as server:
                self.assertEqual(ask_as_argo(self.metric(server.url)), "Error")
        with UpgradeServer(answer_of("approved"), token="secret") as server:
            self.assertEqual(ask_as_argo(self.metric(server.url, token="wrong")), "Error")
        with UpgradeServer({}) as server:
            self.assertEqual(ask_as_argo(self.metric(server.url)), "Inconclusive")

    def test_a_run_ends_with_the_decision(self):
        metric = self.metric("http://node")
        waiting = ["Inconclusive"] * 300
        self.assertEqual(run_of(metric, waiting), "Running")
        self.assertEqual(run_of(metric, [*waiting, "Successful"]), "Successful")
        self.assertEqual(run_of(metric, [*waiting, "Failed"]), "Failed")
        self.assertEqual(run_of(metric, [*waiting, *["Error"] * 30, "Successful"]), "Successful")
        self.assertEqual(run_of(metric, ["Error"] * 31), "Error")

    def test_what_is_never_decided_is_inconclusive_and_no_success(self):
        metric = self.metric("http://node")
        self.assertEqual(run_of(metric, ["Inconclusive"] * 10_000), "Inconclusive")
        without_the_newer_field = {name: value for name, value in metric.items() if name != "consecutiveSuccessLimit"}
        self.assertEqual(run_of(without_the_newer_field, ["Inconclusive"] * 10_000), "Inconclusive")
        self.assertEqual(run_of(without_the_newer_field, ["Inconclusive", *["Successful"] * 10_000]), "Successful")
        too_few = metric | {"count": metric["inconclusiveLimit"]}
        self.assertEqual(run_of(too_few, ["Inconclusive"] * 10_000), "Successful", "the trap that the template avoids")

    def test_a_node_of_ones_own_is_asked(self):
        if "HIVEMARK_NODE" not in os.environ:
            self.skipTest("HIVEMARK_NODE, HIVEMARK_TOKEN, HIVEMARK_UPGRADE and HIVEMARK_PHASE name a proposal")
        token, upgrade = os.environ.get("HIVEMARK_TOKEN", "none"), os.environ["HIVEMARK_UPGRADE"]
        self.assertEqual(ask_as_argo(self.metric(os.environ["HIVEMARK_NODE"], token, upgrade)), os.environ["HIVEMARK_PHASE"])


if __name__ == "__main__":
    unittest.main()
