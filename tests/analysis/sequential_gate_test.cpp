#include "analysis/robust.hpp"
#include "analysis/sequential_gate.hpp"
#include "tests/analysis/measured_noise.hpp"

#include <gtest/gtest.h>
#include <limits>

namespace hive::analysis {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

measured_pairs noisy_pairs(uint64_t seed, double factor, double cv = 0.03, size_t pairs = 60) {
  noise random{seed};
  return {random, noise_kind::gaussian, cv, factor, pairs};
}

gate_result judge(const measured_pairs& pairs, const gate_options& options = {}) {
  return judge_pairs(pairs.old_values, pairs.new_values, options);
}

/// `n` pairs of constants.
gate_result judge_constants(double old_value, double new_value, size_t n, const gate_options& options = {}) {
  std::vector<double> old_values(n, old_value), new_values(n, new_value);
  return judge_pairs(old_values, new_values, options);
}

std::vector<double> scaled(std::vector<double> values, double factor) {
  for (auto& each : values)
    each *= factor;
  return values;
}

std::vector<double> shifted(std::vector<double> values, double by) {
  for (auto& each : values)
    each += by;
  return values;
}

void expect_same_looks(const gate_result& a, const gate_result& b, double tolerance = 1e-9) {
  EXPECT_EQ(a.decided, b.decided);
  EXPECT_EQ(a.reason, b.reason);
  ASSERT_EQ(a.looks.size(), b.looks.size());
  for (size_t i = 0; i < a.looks.size(); ++i) {
    EXPECT_NEAR(a.looks[i].estimate, b.looks[i].estimate, tolerance);
    EXPECT_NEAR(a.looks[i].rho, b.looks[i].rho, tolerance);
    if (std::isfinite(a.looks[i].upper)) {
      EXPECT_NEAR(a.looks[i].upper, b.looks[i].upper, tolerance);
      EXPECT_NEAR(a.looks[i].lower, b.looks[i].lower, tolerance);
    }
  }
}

TEST(sequential_gate, says_how_it_decides) {
  auto safe = judge(noisy_pairs(1, 1));
  EXPECT_EQ(safe.decided, verdict::safe);
  EXPECT_EQ(safe.reason, gate_reason::upper_bound_below_margin);
  EXPECT_LT(safe.looks.back().upper, safe.scale.margin);
  EXPECT_EQ(safe.pairs_used, safe.looks.back().pairs);
  EXPECT_FALSE(safe.pairs_still_needed);

  auto regressed = judge(noisy_pairs(2, 1.2));
  EXPECT_EQ(regressed.decided, verdict::regressed);
  EXPECT_EQ(regressed.reason, gate_reason::lower_bound_above_margin);
  EXPECT_NEAR(readable_change(regressed.looks.back().estimate, regressed.scale), 0.2, 0.05);
}

TEST(sequential_gate, later_pairs_do_not_change_a_decision) {
  auto pairs = noisy_pairs(3, 1);
  auto early = judge(pairs);
  auto kept = early.pairs_used;
  for (size_t i = kept; i < pairs.new_values.size(); ++i)
    pairs.new_values[i] *= 2;
  expect_same_looks(judge(pairs), early, 0);
  EXPECT_EQ(judge_pairs(std::span{pairs.old_values}.first(kept), std::span{pairs.new_values}.first(kept), {}).decided,
            early.decided);
}

TEST(sequential_gate, between_looks_the_last_one_stands) {
  auto pairs = noisy_pairs(5, 1.05, 0.1, 23);
  auto got = judge(pairs);
  EXPECT_EQ(got.decided, verdict::inconclusive);
  EXPECT_EQ(got.reason, gate_reason::bounds_span_margin);
  EXPECT_EQ(got.pairs_used, 16u);
  ASSERT_TRUE(got.pairs_still_needed);
  EXPECT_GE(*got.pairs_still_needed, 24u - 16u);
}

TEST(sequential_gate, the_last_look_without_a_decision_is_the_end) {
  auto got = judge_constants(100, 105, 60);
  EXPECT_EQ(got.decided, verdict::inconclusive);
  EXPECT_EQ(got.reason, gate_reason::looks_used_up);
  EXPECT_EQ(got.looks.back().pairs, 60u);
  EXPECT_FALSE(got.pairs_still_needed); // no number of pairs settles a change of exactly the margin
}

TEST(sequential_gate, the_long_plan_goes_on) {
  gate_options options{.plan = look_plan::long_form};
  auto got = judge(noisy_pairs(5, 1, 0.15, 120), options);
  EXPECT_GT(got.looks.size(), 5u);
  EXPECT_EQ(got.looks[2].pairs, 20u);
}

TEST(sequential_gate, the_formula_of_pairs_needed) {
  auto got = judge(noisy_pairs(6, 1.02, 0.1, 16));
  const auto& at = got.looks.back();
  auto pairs = noisy_pairs(6, 1.02, 0.1, 16);
  auto changes = changes_of(pairs.old_values, pairs.new_values, got.scale);
  double s = spread_about_median(changes).scaled, distance = got.scale.margin - at.estimate;
  double expected = at.inflation * 1.05 * s * s * (2.6 / distance) * (2.6 / distance);
  ASSERT_TRUE(at.pairs_needed);
  EXPECT_NEAR(*at.pairs_needed, expected, 1);
}

// -- properties ------------------------------------------------------------------------

TEST(sequential_gate, the_unit_does_not_matter) {
  for (uint64_t seed = 10; seed < 20; ++seed) {
    auto pairs = noisy_pairs(seed, 1.03, 0.06);
    auto plain = judge(pairs);
    for (double factor : {1e-9, 1e6, 0x1p40})
      expect_same_looks(judge_pairs(scaled(pairs.old_values, factor), scaled(pairs.new_values, factor), {}), plain);
  }
}

TEST(sequential_gate, old_and_new_exchanged_mirror_the_bounds) {
  gate_options both_ways{.guards_tail = false};
  auto pairs = noisy_pairs(21, 1, 0.1, 60);
  auto there = judge_pairs(pairs.old_values, pairs.new_values, both_ways);
  auto back = judge_pairs(pairs.new_values, pairs.old_values, both_ways);
  for (size_t i = 0; i < std::min(there.looks.size(), back.looks.size()); ++i) {
    EXPECT_NEAR(there.looks[i].estimate, -back.looks[i].estimate, 1e-12);
    EXPECT_NEAR(there.looks[i].upper, -back.looks[i].lower, 1e-12);
    EXPECT_NEAR(there.looks[i].p_better, back.looks[i].p_worse, 1e-12);
  }
}

TEST(sequential_gate, a_rate_is_judged_as_its_inverse) {
  auto pairs = noisy_pairs(22, 1.1, 0.05);
  gate_options lower{.guards_tail = false}, higher{.better = direction::higher, .guards_tail = false};
  auto inverse = [](std::vector<double> values) {
    for (auto& each : values)
      each = 1 / each;
    return values;
  };
  auto times = judge_pairs(pairs.old_values, pairs.new_values, lower);
  auto rates = judge_pairs(inverse(pairs.old_values), inverse(pairs.new_values), higher);
  EXPECT_EQ(times.decided, rates.decided);
  EXPECT_NEAR(times.looks.front().estimate, rates.looks.front().estimate, 1e-9);
  EXPECT_GT(rates.scale.margin, times.scale.margin); // −ln .95 and ln 1.05
}

TEST(sequential_gate, shuffled_pairs_keep_all_but_the_autocorrelation) {
  auto pairs = noisy_pairs(23, 1, 0.03, 8);
  auto plain = judge(pairs);
  std::ranges::reverse(pairs.old_values);
  std::ranges::reverse(pairs.new_values);
  EXPECT_EQ(judge(pairs).looks[0].estimate, plain.looks[0].estimate);
  // Which of equal values comes first cannot be seen.
  std::vector<double> old_values{1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2}, new_values(12, 1.5);
  auto ties = judge_pairs(old_values, new_values, {.margin = 0.9});
  std::swap(old_values[0], old_values[2]);
  expect_same_looks(judge_pairs(old_values, new_values, {.margin = 0.9}), ties, 0);
}

TEST(sequential_gate, a_wider_margin_never_makes_it_worse) {
  for (uint64_t seed = 30; seed < 50; ++seed) {
    auto pairs = noisy_pairs(seed, 1.06, 0.05);
    auto narrow = judge(pairs, {.margin = 0.03}), wide = judge(pairs, {.margin = 0.15});
    EXPECT_FALSE(narrow.decided == verdict::safe && wide.decided == verdict::regressed) << "seed " << seed;
  }
}

TEST(sequential_gate, more_critical_metrics_need_more_to_regress) {
  auto pairs = noisy_pairs(51, 1.1, 0.05);
  auto one = judge(pairs), many = judge(pairs, {.critical_metrics = 50});
  EXPECT_EQ(one.decided, verdict::regressed);
  EXPECT_GE(many.pairs_used, one.pairs_used);
  EXPECT_EQ(one.looks[0].upper, many.looks[0].upper); // the bound of safe is each metric's own
}

// -- scales ----------------------------------------------------------------------------

TEST(sequential_gate, values_of_zero_need_an_absolute_margin) {
  auto without = judge_constants(0, 0, 12);
  EXPECT_EQ(without.decided, verdict::inconclusive);
  EXPECT_EQ(without.reason, gate_reason::no_absolute_margin);
  EXPECT_FALSE(without.pairs_still_needed);
  EXPECT_EQ(judge_constants(0, 0, 3).reason, gate_reason::no_absolute_margin);

  auto with = judge_constants(0, 0, 12, {.absolute_margin = 0.5});
  EXPECT_EQ(with.decided, verdict::safe);
  EXPECT_TRUE(with.scale.by_difference);
  EXPECT_EQ(judge_constants(-3, -2, 12, {.absolute_margin = 0.5}).decided, verdict::regressed);
  EXPECT_EQ(judge_constants(-3, -2, 12, {.absolute_margin = 0.5, .better = direction::higher}).decided, verdict::safe);
}

TEST(sequential_gate, differences_do_not_depend_on_where_zero_is) {
  auto pairs = noisy_pairs(60, 1.02, 0.1);
  gate_options options{.absolute_margin = 0.08};
  auto low = judge_pairs(shifted(pairs.old_values, -5), shifted(pairs.new_values, -5), options);
  auto lower = judge_pairs(shifted(pairs.old_values, -9), shifted(pairs.new_values, -9), options);
  EXPECT_TRUE(low.scale.by_difference);
  expect_same_looks(low, lower);
}

TEST(sequential_gate, a_resolution_coarser_than_the_margin_says_nothing) {
  gate_options counter{.kind = metric_kind::count};
  EXPECT_EQ(judge_constants(3, 3, 12, counter).reason, gate_reason::coarse_resolution);
  EXPECT_EQ(judge_constants(3, 3, 12, counter).decided, verdict::inconclusive);
  EXPECT_EQ(judge_constants(1'000, 1'000, 12, counter).decided, verdict::safe);
  EXPECT_EQ(judge_constants(0, 0, 12, {.absolute_margin = 0.5, .kind = metric_kind::count}).reason,
            gate_reason::coarse_resolution);
  EXPECT_EQ(judge_constants(0, 0, 12, {.absolute_margin = 1, .kind = metric_kind::count}).decided, verdict::safe);
  EXPECT_EQ(judge_constants(0.02, 0.02, 12, {.resolution = 0.01}).reason, gate_reason::coarse_resolution);
}

TEST(sequential_gate, extreme_values_keep_their_ratio) {
  EXPECT_EQ(judge_constants(1e-300, 1e300, 8).decided, verdict::regressed);
  EXPECT_EQ(judge_constants(1e300, 1e-300, 8).decided, verdict::safe);
  EXPECT_EQ(judge_constants(5e-324, 5e-324, 8).decided, verdict::safe);
  // A difference may leave the range of a double.
  auto far = judge_constants(-1.7e308, 1.7e308, 8, {.absolute_margin = 1});
  EXPECT_EQ(far.reason, gate_reason::not_finite);
}

// -- input that cannot be judged ---------------------------------------------------------

TEST(sequential_gate, bad_values_are_never_safe) {
  for (double bad : {std::numeric_limits<double>::quiet_NaN(), infinity, -infinity})
    for (size_t place : {0u, 7u, 59u}) {
      auto pairs = noisy_pairs(70, 1);
      pairs.new_values[place] = bad;
      EXPECT_EQ(judge(pairs).decided, verdict::inconclusive);
      EXPECT_EQ(judge(pairs).reason, gate_reason::not_finite);
    }
}

TEST(sequential_gate, few_values_are_never_safe) {
  EXPECT_EQ(judge_pairs({}, {}, {}).reason, gate_reason::too_few_values);
  auto one = judge_constants(100, 100, 1);
  EXPECT_EQ(one.decided, verdict::inconclusive);
  EXPECT_EQ(one.reason, gate_reason::too_few_values);
  EXPECT_EQ(one.pairs_still_needed, 8u);
  std::vector<double> seven(7, 1), eight(8, 1);
  EXPECT_EQ(judge_pairs(seven, eight, {}).reason, gate_reason::uneven_sides);
}

TEST(sequential_gate, bad_options_are_never_safe) {
  for (double margin : {-0.01, 1.0, 7.0, infinity, std::numeric_limits<double>::quiet_NaN()}) {
    auto got = judge_constants(100, 50, 60, {.margin = margin});
    EXPECT_EQ(got.decided, verdict::inconclusive) << margin;
    EXPECT_EQ(got.reason, gate_reason::bad_options) << margin;
  }
  EXPECT_EQ(judge_constants(1, 1, 60, {.absolute_margin = -1}).reason, gate_reason::bad_options);
  EXPECT_EQ(judge_constants(1, 1, 60, {.absolute_margin = infinity}).reason, gate_reason::bad_options);
  EXPECT_EQ(judge_constants(1, 1, 60, {.resolution = -1}).reason, gate_reason::bad_options);
  EXPECT_EQ(judge_constants(1, 1, 60, {.critical_metrics = 0}).reason, gate_reason::bad_options);
  EXPECT_EQ(judge_constants(1, 1, 60, {.kind = metric_kind::ratio}).reason, gate_reason::items_needed);
}

TEST(sequential_gate, without_any_margin_equal_values_are_not_safe) {
  EXPECT_EQ(judge_constants(100, 100, 60, {.margin = 0}).decided, verdict::inconclusive);
  EXPECT_EQ(judge_constants(100, 99, 60, {.margin = 0}).decided, verdict::safe);
}

TEST(sequential_gate, a_million_pairs_cost_what_their_looks_cost) {
  EXPECT_EQ(judge_constants(100, 101, 1'000'000).pairs_used, 8u);
}

TEST(sequential_gate, every_reason_has_a_name_of_its_own) {
  std::vector<std::string_view> names;
  for (auto i = 0; i <= static_cast<int>(gate_reason::bad_options); ++i)
    names.push_back(name_of(static_cast<gate_reason>(i)));
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
}

} // namespace
} // namespace hive::analysis
