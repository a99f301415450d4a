#include "analysis/sequential_gate.hpp"
#include "tests/analysis/statistics_vectors.hpp"

#include <algorithm>

namespace hive::analysis {
namespace {

constexpr std::array decision_names{"safe", "regressed", "inconclusive"};

std::string decision_name(verdict decided) {
  return decision_names[static_cast<size_t>(decided)];
}

gate_options options_of(json input) {
  gate_options out;
  out.margin = number(input, "margin");
  out.better = text(input, "better") == "lower" ? direction::lower : direction::higher;
  out.critical_metrics = static_cast<uint32_t>(number(input, "metrics"));
  out.guards_tail = false; // the traces are of the steps before the tail guard
  return out;
}

void expect_look(const look_result& got, json expected, bool is_constant) {
  SCOPED_TRACE("look " + std::to_string(got.number));
  EXPECT_EQ(got.pairs, number(expected, "n"));
  expect_close(got.level, expected, "alpha");
  // A constant has the autocorrelation 0, as the convention says. In some looks at constants the file has that of the
  // rounding errors of a mean.
  expect_close(got.rho, is_constant ? 0 : number(expected, "rho"), "rho");
  expect_close(got.inflation, is_constant ? 1 : number(expected, "vif"), "vif");
  expect_close(got.estimate, expected, "estimate");
  expect_close(got.lower, expected, "lower");
  expect_close(got.upper, expected, "upper");
  if (!is_constant) {
    expect_close(got.p_safe, expected, "p_safe");
    expect_close(got.p_regressed, expected, "p_regressed");
  }
  EXPECT_EQ(decision_name(got.decided), text(expected, "state"));
}

TEST_F(statistics_vectors, gate_traces_agree) {
  each_case("sequential_gate", 21, [](json input, json expected) {
    auto old_values = values_of(at(input, "old")), new_values = values_of(at(input, "new"));
    auto got = judge_pairs(old_values, new_values, options_of(input));
    EXPECT_EQ(decision_name(got.decided), text(expected, "decision"));
    EXPECT_EQ(got.pairs_used, number(expected, "pairs"));
    auto changes = changes_of(old_values, new_values, {});
    bool is_constant = std::ranges::adjacent_find(changes, std::not_equal_to{}) == changes.end();
    auto looks = at(expected, "looks").getArray();
    ASSERT_EQ(got.looks.size(), looks.size());
    for (uint32_t i = 0; i < looks.size(); ++i)
      expect_look(got.looks[i], looks[i], is_constant);
  });
}

} // namespace
} // namespace hive::analysis
