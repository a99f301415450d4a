"""Questions to the node: what is asked, what comes back, and what is raised."""

import unittest

import scripted_node as script
from hivemark import Client, HivemarkError, NodeError, Route, Unreachable
from scripted_node import ScriptedNode

NOTHING_KNOWN = script.refuse(404, "no_data")


def answers(body, status=200):
    def step(_node, connection, _request):
        script.send(connection, status, body)
        return True

    return step


class QuestionsTest(unittest.TestCase):
    def ask(self, step, question, **options):
        """What `question` of a client gets from a node that takes this step, and the request line."""
        with ScriptedNode([step]) as node:
            client = Client(node.url, **options)
            try:
                return question(client)
            finally:
                self.asked = node.requests[0].line if node.requests else None
                client.close()

    def test_best_tool(self):
        found = answers({"tool_name": "ruff", "success_rate": 0.9, "avg_time_s": 1.5, "sample_count": 10})
        self.assertEqual(self.ask(found, lambda hive: hive.get_best_tool("a b&c=\u00e9")), ("ruff", 0.9, 1.5))
        self.assertEqual(
            self.asked, "GET /api/v1/tools/best?task_type=a+b%26c%3D%C3%A9&scope=local&policy=threshold HTTP/1.1"
        )
        self.assertEqual(self.ask(found, lambda hive: hive.get_hive_best_tool("t")), ("ruff", 0.9, 1.5))
        self.assertIn("scope=hive", self.asked)

    def test_numbers_with_a_fraction_are_floats_also_when_they_are_whole(self):
        found = answers('{"tool_name": "ruff", "success_rate": 1, "avg_time_s": 2, "sample_count": 10}')
        best = self.ask(found, lambda hive: hive.get_best_tool("t"))
        self.assertEqual([type(each) for each in best], [str, float, float])
        chosen = self.ask(
            answers('{"tool_name": "b", "reason": "local", "exploring": false, "success_rate": 1, "avg_time_s": 2, '
                    '"sample_count": 3}'),
            lambda hive: hive.route("t"),
        )
        self.assertEqual([type(each) for each in chosen], [str, str, bool, float, float, int])
        line = '{"tool": "ruff", "total": 1, "success_rate": 1, "avg_time_s": 2}'
        summary = self.ask(
            answers(f'{{"total_benchmarks": 1, "by_tool": [{line}], "by_task_type": [{line}]}}'),
            lambda hive: hive.get_summary(),
        )
        self.assertEqual(type(summary["total_benchmarks"]), int)
        for figures in (*summary["by_tool"], *summary["by_task_type"]):
            self.assertEqual([type(each) for each in figures.values()], [str, int, float, float])
        delta = self.ask(
            answers('{"coding_benchmarks": {"ts": {"ruff": {"success_rate": 0, "avg_time_s": 3, "sample_count": 7}}}, '
                    '"ts": 5}'),
            lambda hive: hive.export_learning_delta(),
        )
        figures = delta["coding_benchmarks"]["ts"]["ruff"]
        self.assertEqual([type(each) for each in (*figures.values(), delta["ts"])], [float, float, int, float])

    def test_route(self):
        found = answers(
            {
                "tool_name": "b",
                "reason": "local",
                "exploring": True,
                "success_rate": None,
                "avg_time_s": None,
                "sample_count": 0,
            }
        )
        chosen = self.ask(found, lambda hive: hive.route("t", ["a", "b"], override="b"))
        self.assertEqual(chosen, Route("b", "local", True, None, None, 0))
        self.assertIn("?task_type=t&policy=explore&available=a%2Cb&override=b ", self.asked)
        self.ask(found, lambda hive: hive.route("t", policy="threshold"))
        self.assertIn("?task_type=t&policy=threshold ", self.asked)
        with self.assertRaisesRegex(ValueError, "policy"):
            Client().route("t", policy="greedy")

    def test_no_tool_is_available_where_none_is_offered(self):
        self.assertIsNone(self.ask(script.answer, lambda hive: hive.route("t", [])))
        self.assertIsNone(self.asked)

    def test_names_that_cannot_be_asked_for_are_refused(self):
        for wrong in (["a,b"], [""]):
            with self.assertRaises(ValueError):
                Client().route("t", wrong)
        with self.assertRaises(TypeError):
            Client().route("t", "ruff")

    def test_what_is_not_known_is_none(self):
        for question in (
            lambda hive: hive.get_best_tool("t"),
            lambda hive: hive.get_hive_best_tool("t"),
            lambda hive: hive.route("t"),
            lambda hive: hive.export_learning_delta(),
        ):
            self.assertIsNone(self.ask(NOTHING_KNOWN, question))

    def test_another_404_is_an_error(self):
        for step in (script.refuse(404, "not_found"), answers("Not Found", 404)):
            with self.assertRaises(NodeError) as caught:
                self.ask(step, lambda hive: hive.get_best_tool("t"))
            self.assertEqual(caught.exception.status, 404)

    def test_an_error_of_the_node_is_raised_with_its_words(self):
        with self.assertRaises(NodeError) as caught:
            self.ask(script.refuse(503, "overloaded"), lambda hive: hive.get_summary())
        error = caught.exception
        self.assertEqual((error.status, error.code, error.detail), (503, "overloaded", "as the script says"))
        self.assertIsInstance(error, HivemarkError)

    def test_an_answer_that_is_no_json_object_is_an_error(self):
        for body in ("<html>", "[]", ""):
            with self.assertRaises(NodeError, msg=body):
                self.ask(answers(body), lambda hive: hive.get_summary())

    def test_without_a_whole_answer_in_time_the_node_is_unreachable(self):
        for step in (
            script.hang_up_unread,
            script.keep_and_hang_up,
            script.keep_and_half_answer,
            script.keep_and_half_answer_of_unknown_length,
            script.keep_and_half_head,
            script.keep_and_drip,
        ):
            with self.subTest(step.__name__), self.assertRaises(Unreachable):
                self.ask(step, lambda hive: hive.get_summary(), timeout_s=0.5)

    def test_deltas_travel_as_they_are(self):
        delta = {"coding_benchmarks": {"t": {"ruff": {"success_rate": 0.9, "sample_count": 7}}}, "ts": 1.5}
        self.assertEqual(self.ask(answers(delta), lambda hive: hive.export_learning_delta()), delta)
        self.assertEqual(
            self.ask(answers({"recorded": 3}, 201), lambda hive: hive.import_hive_delta(delta)), 3
        )
        self.assertEqual(self.asked, "POST /api/v1/tools/delta HTTP/1.1")

    def test_an_empty_delta_is_not_worth_a_request(self):
        for delta in ({}, {"coding_benchmarks": {}}):
            self.assertEqual(self.ask(script.answer, lambda hive, delta=delta: hive.import_hive_delta(delta)), 0)
            self.assertIsNone(self.asked)


if __name__ == "__main__":
    unittest.main()
