"""The table of `make bench`, and how its values come about: statistics, missing rows, and who takes turns."""

import contextlib
import json
import math
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))

from comparison import benchmark_program, figures  # noqa: E402
from comparison.node import Side  # noqa: E402
from comparison.plan import Effort, Group, Growth, Missing, measure, measure_all  # noqa: E402
from comparison.table import Result, Row, number, render  # noqa: E402

NOWHERE = Path("/nowhere")
THIS, BASE = (Side(label, NOWHERE, NOWHERE, NOWHERE) for label in ("this", "base"))


def line_of(text, name):
    return next(line for line in text.splitlines() if line.startswith(name))


class FiguresTest(unittest.TestCase):
    def test_median_and_quartiles(self):
        self.assertEqual(figures.median([5, 1, 9]), 5)
        self.assertEqual(figures.quartiles([1, 2, 3, 4, 5]), (2, 4))
        self.assertEqual(figures.quartiles([7]), (7, 7))

    def test_nothing_measured_is_none_and_never_zero(self):
        self.assertIsNone(figures.median([]))
        self.assertIsNone(figures.quartiles([]))
        self.assertIsNone(figures.ratio([], [1]))
        self.assertIsNone(figures.ratio([1], None))

    def test_ratio_is_of_medians(self):
        self.assertEqual(figures.ratio([1, 6, 100], [3, 2, 4]), 2)
        self.assertIsNone(figures.ratio([1], [0]))

    def test_reached_is_more_than_one_on_the_good_side(self):
        self.assertEqual(figures.reached(3, 2, "higher"), 1.5)
        self.assertEqual(figures.reached(3, 6, "lower"), 2)
        self.assertEqual(figures.reached(-1, 20, "lower"), math.inf)
        self.assertIsNone(figures.reached(None, 1, "lower"))
        self.assertIsNone(figures.reached(1, None, "lower"))

    def test_exponent_of_powers(self):
        for power in (0, 0.5, 1, 2):
            points = [(size, 7 * size**power) for size in (10, 100, 1000, 10_000)]
            self.assertAlmostEqual(figures.exponent(points), power)

    def test_exponent_is_that_of_the_largest_sizes(self):
        """A constant cost hides what grows, as long as it is the larger part."""
        points = [(size, 1_000 + size * size / 1_000) for size in (1, 10, 100, 10_000, 100_000, 1_000_000)]
        self.assertGreater(figures.exponent(points), 1.9)
        self.assertGreater(figures.exponent(list(reversed(points))), 1.9)

    def test_no_exponent_without_points_that_have_one(self):
        self.assertIsNone(figures.exponent([]))
        self.assertIsNone(figures.exponent([(10, 1)]))
        self.assertIsNone(figures.exponent([(10, 1), (100, 0)]))


class TableTest(unittest.TestCase):
    def test_limit_reached_and_short(self):
        results = [Result(Row("fast", "ms", limit=10), {"this": [5]}),
                   Result(Row("slow", "ms", limit=10), {"this": [20]}),
                   Result(Row("share", "ratio", "higher", 0.5), {"this": [0.4]})]
        text = render(results, with_base=False)
        self.assertIn("2.00 ok", line_of(text, "fast"))
        self.assertIn("0.500 SHORT", line_of(text, "slow"))
        self.assertIn("0.800 SHORT", line_of(text, "share"))
        self.assertIn("≥ 0.500", line_of(text, "share"))

    def test_ratio_to_the_base_and_whether_it_is_better(self):
        rate, cost = Row("rate", "1/s", "higher"), Row("cost", "us")
        results = [Result(rate, {"this": [30, 20, 10], "base": [10]}), Result(cost, {"this": [3], "base": [2]})]
        text = render(results, with_base=True)
        self.assertTrue(line_of(text, "rate").endswith("2.00 +"))
        self.assertTrue(line_of(text, "cost").endswith("1.50"))

    def test_a_limit_may_be_a_ratio_to_the_base(self):
        rate = Row("rate", "1/s", "higher", limit_over_base=1.25)
        cost = Row("cost", "us", limit_over_base=0.6)
        results = [Result(rate, {"this": [30], "base": [20]}), Result(cost, {"this": [9], "base": [10]})]
        text = render(results, with_base=True)
        self.assertIn("≥ 1.25 base", line_of(text, "rate"))
        self.assertIn("1.20 ok", line_of(text, "rate"))
        self.assertIn("0.667 SHORT", line_of(text, "cost"))

    def test_a_ratio_to_the_base_is_not_judged_without_one(self):
        line = line_of(render([Result(Row("cost", "us", limit_over_base=0.6), {"this": [9]})], with_base=False), "cost")
        self.assertIn("≤ 0.600 base", line)
        self.assertNotIn("SHORT", line)

    def test_a_missing_side_is_named_with_its_reason(self):
        text = render([Result(Row("new", "ms"), {"this": [3]}, {"base": "no such row"})], with_base=True)
        self.assertIn("missing", line_of(text, "new"))
        self.assertTrue(text.endswith("missing, base: no such row: new"))
        self.assertNotIn(" 0", line_of(text, "new"))

    def test_a_limit_is_not_judged_without_a_value(self):
        line = line_of(render([Result(Row("new", "ms", limit=5), {}, {"this": "gone"})], with_base=False), "new")
        self.assertIn("≤ 5.00", line)
        self.assertNotIn("ok", line)
        self.assertNotIn("SHORT", line)

    def test_costs_by_size_come_below(self):
        row = Row("growth", "exponent", limit=1.1, cost_unit="us")
        text = render([Result(row, {"this": [1]}, costs={"this": {10_000: [7], 10: [1, 3, 2]}})], with_base=False)
        self.assertTrue(text.endswith("costs by size\ngrowth, us, this: 10: 2.00, 10,000: 7.00"))
        self.assertNotIn("costs", render([Result(Row("new", "ms"), {"this": [3]})], with_base=False))

    def test_numbers_keep_three_digits(self):
        self.assertEqual([number(v) for v in (123_456, 123.4, 12.34, 0.1234, 0, -0.5, None)],
                         ["123,456", "123", "12.34", "0.123", "0", "-0.500", ""])


class TurnsTest(unittest.TestCase):
    """Groups whose functions note who was asked."""

    def setUp(self):
        self.asked = []

    def group(self, values, rows=("row",), **more):
        @contextlib.contextmanager
        def opened(side, _effort):
            def sample():
                self.asked.append(side.label)
                return values(side)

            yield sample

        return Group("group", tuple(Row(name, "ms") for name in rows), opened, **more)

    def test_sides_take_turns(self):
        (result,), whole = measure(self.group(lambda side: {"row": 1}), [THIS, BASE], Effort(runs=3))
        self.assertEqual(self.asked, ["this", "base", "base", "this", "this", "base"])
        self.assertEqual(result.values, {"this": [1] * 3, "base": [1] * 3})
        self.assertTrue(whole)

    def test_a_row_that_only_one_side_has(self):
        group = self.group(lambda side: {"old": 1} | ({"new": 2} if side is THIS else {}), rows=("old", "new"))
        (old, new), whole = measure(group, [THIS, BASE], Effort(runs=1))
        self.assertEqual(old.values, {"this": [1], "base": [1]})
        self.assertEqual((new.values, new.missing), ({"this": [2]}, {"base": "no such row"}))
        self.assertTrue(whole)

    def test_a_side_that_fails_is_not_asked_again_and_keeps_the_reason(self):
        def values(side):
            if side is BASE:
                raise RuntimeError("no such route")
            return {"row": 4}

        (result,), whole = measure(self.group(values), [THIS, BASE], Effort(runs=2))
        self.assertEqual(self.asked, ["this", "base", "this"])
        self.assertEqual(result.missing, {"base": "RuntimeError: no such route"})
        self.assertEqual(result.values, {"this": [4, 4]})
        self.assertTrue(whole)

    def test_this_revision_must_be_measurable(self):
        def broken(_side):
            raise OSError("no program")

        def absent(_side):
            raise Missing("not built")

        said = []
        results, whole = measure_all([self.group(broken), self.group(absent)], [THIS], Effort(), said.append)
        self.assertFalse(whole)
        self.assertEqual([r.missing["this"] for r in results], ["OSError: no program", "not built"])
        self.assertEqual(len(said), 2)
        _, whole = measure_all([self.group(absent)], [THIS], Effort(), said.append)
        self.assertTrue(whole)

    def test_an_interrupt_keeps_what_was_measured(self):
        def interrupted(_side):
            raise KeyboardInterrupt

        groups = [self.group(lambda side: {"row": 1}), self.group(interrupted), self.group(lambda side: {"row": 2})]
        results, whole = measure_all(groups, [THIS], Effort(runs=1), lambda text: None)
        self.assertEqual([result.values for result in results], [{"this": [1]}])
        self.assertFalse(whole)

    def test_growth_is_fitted_for_each_run_and_side(self):
        @contextlib.contextmanager
        def opened(side, _effort):
            power = 2 if side is THIS else 1

            def sample(size):
                self.asked.append((side.label, size))
                return {"row": size**power}

            yield sample

        growth = Growth("growth", (Row("row", "exponent"),), (10, 100, 1000), opened, runs=2)
        (result,), _ = measure(growth, [THIS, BASE], Effort())
        self.assertEqual(result.costs["base"], {size: [size, size] for size in (10, 100, 1000)})
        self.assertEqual(self.asked[:4], [("this", 10), ("base", 10), ("base", 10), ("this", 10)])
        for side, power in (("this", 2), ("base", 1)):
            self.assertEqual([round(value, 9) for value in result.values[side]], [power, power])


class BenchmarkProgramTest(unittest.TestCase):
    REPORT = "a line before\n" + json.dumps({"benchmarks": [
        {"name": "a/bytes:64/iterations:10/manual_time", "run_type": "iteration", "real_time": 1500.0, "time_unit": "us",
         "ratio": 0.5},
        {"name": "b/16/real_time", "run_type": "iteration", "real_time": 1.0, "time_unit": "ms",
         "error_occurred": True, "error_message": "broken"},
        {"name": "a_mean", "run_type": "aggregate", "real_time": 1.0, "time_unit": "us"}]})

    def test_names_without_how_they_were_timed(self):
        self.assertEqual(benchmark_program.plain_name("a/bytes:64/iterations:10/manual_time"), "a/bytes:64")
        self.assertEqual(benchmark_program.plain_name("http_checks/16/real_time"), "http_checks/16")

    def test_report_has_single_runs_that_succeeded(self):
        self.assertEqual(list(benchmark_program.read_report(self.REPORT)), ["a/bytes:64"])
        self.assertEqual(benchmark_program.read_report("no benchmark matches"), {})

    def test_values_in_the_unit_of_the_row(self):
        found = benchmark_program.read_report(self.REPORT)

        def value(benchmark, unit, field="real_time"):
            return benchmark_program.value_of(found, benchmark_program.BenchRow(Row("r", unit), benchmark, field))

        self.assertEqual(value("a/bytes:64", "ms"), 1.5)
        self.assertEqual(value("a/bytes:64", "ratio", "ratio"), 0.5)
        self.assertIsNone(value("a/bytes:64", "1/s", "items_per_second"))
        self.assertIsNone(value("b/16", "ms"))

    def test_what_earlier_revisions_called_otherwise(self):
        rate = benchmark_program.BenchRow(Row("r", "1/s"), "new", "items_per_second", formerly=("old",))
        ratio = benchmark_program.BenchRow(Row("r", "ratio"), "new", "ratio", formerly=("old", "raw"))
        found = {"old": {"items_per_second": 3.0}, "raw": {"items_per_second": 4.0}}
        self.assertEqual(benchmark_program.value_of(found, rate), 3)
        self.assertEqual(benchmark_program.value_of(found, ratio), 0.75)
        self.assertIsNone(benchmark_program.value_of({"raw": found["raw"]}, ratio))
        found["new"] = {"ratio": 0.5}
        self.assertEqual(benchmark_program.value_of(found, ratio), 0.5)

    def test_costs_of_the_sizes_that_there_are(self):
        row = benchmark_program.Row("r", "exponent", cost_unit="ms")
        found = benchmark_program.read_report(self.REPORT)
        self.assertEqual(benchmark_program.costs_of(found, row, "a/bytes:", (64, 128)), {64: 1.5})

    def test_a_revision_without_the_program_has_no_such_rows(self):
        group = benchmark_program.bench_group("g", [benchmark_program.BenchRow(Row("r", "ms"), "a")])
        (result,), whole = measure(group, [THIS], Effort(runs=1))
        self.assertEqual(result.missing, {"this": "this revision has no hive_bench"})
        self.assertTrue(whole)


if __name__ == "__main__":
    unittest.main()
