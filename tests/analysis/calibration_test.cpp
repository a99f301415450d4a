#include "analysis/calibration.hpp"

#include "tests/analysis/measured_noise.hpp"
#include "tests/support/soak.hpp"

#include <cstdio>
#include <cstring>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>

namespace hive::analysis {
namespace {

using testing::HasSubstr;

measured_pairs same_version(uint64_t seed, double cv, size_t pairs = 24, noise_kind kind = noise_kind::gaussian) {
  noise random{seed};
  return {random, kind, cv, 1, pairs};
}

judged_metric metric_of(const measured_pairs& pairs, const gate_options& options = {}) {
  judged_metric out;
  out.adapter = "bench";
  out.name = "latency";
  out.unit = "ms";
  out.options = options;
  out.old_values = pairs.old_values;
  out.new_values = pairs.new_values;
  return out;
}

measured_pairs constants(double value, size_t pairs = 24) {
  auto out = same_version(1, .01, pairs);
  std::ranges::fill(out.old_values, value);
  std::ranges::fill(out.new_values, value);
  return out;
}

/// Fewer comparisons than the node draws, to be quick.
constexpr calibration_options quick{.resamples = 400};

TEST(calibration, known_noise_gives_the_pairs_that_the_formula_gives) {
  // The middle of many samples, since one of 24 pairs knows its noise only within some 20%.
  std::vector<double> noises, needed_by_5, needed_by_10;
  for (uint64_t seed = 1; seed <= 41; ++seed) {
    auto pairs = same_version(seed, .05, 60);
    auto got = calibrate_metric(metric_of(pairs), {.resamples = 1});
    noises.push_back(got.noise);
    ASSERT_EQ(got.margins.size(), 6u);
    ASSERT_TRUE(got.own.pairs_needed);
    EXPECT_EQ(got.own.pairs_needed, got.margins[3].pairs_needed) << "the own margin is 5%";
    needed_by_5.push_back(*got.own.pairs_needed);
    needed_by_10.push_back(*got.margins[4].pairs_needed);
  }
  auto middle = [](std::vector<double> values) {
    std::ranges::nth_element(values, values.begin() + values.size() / 2);
    return values[values.size() / 2];
  };
  // The change within a pair has the noise of both runs: .05·√2.
  EXPECT_NEAR(middle(noises), .0707, .01);
  // 1.05·.0707²·(2.6/ln 1.05)² = 14.9, with some correlation by chance 16 or 24; 1.05·.0707²·(2.6/ln 1.1)² = 3.9.
  EXPECT_GE(middle(needed_by_5), 16);
  EXPECT_LE(middle(needed_by_5), 24);
  EXPECT_EQ(middle(needed_by_10), 8);
}

TEST(calibration, sides_have_the_noise_of_single_runs) {
  auto pairs = same_version(2, .05, 120);
  auto got = calibrate_metric(metric_of(pairs), {.resamples = 1});
  EXPECT_NEAR(got.noise, .0707, .02);
  EXPECT_NEAR(got.old_noise, .05, .012);
  EXPECT_NEAR(got.new_noise, .05, .012);
}

TEST(calibration, gaussian_noise_of_five_percent_blocks_falsely_in_less_than_half_a_percent) {
  for (uint64_t seed = 10; seed < 13; ++seed) {
    auto pairs = same_version(seed, .05);
    auto got = calibrate_metric(metric_of(pairs));
    SCOPED_TRACE("seed " + std::to_string(seed));
    EXPECT_EQ(got.own.outcomes.resamples, default_resamples);
    EXPECT_LE(got.own.outcomes.share(got.own.outcomes.blocked), .005);
    EXPECT_GE(got.own.outcomes.share(got.own.outcomes.safe), .95);
    EXPECT_LT(got.own.outcomes.blocked_range().upper, .01);
    ASSERT_TRUE(got.suggested);
    EXPECT_GE(got.suggested->margin, .03);
    EXPECT_LE(got.suggested->margin, .05);
    EXPECT_FALSE(got.suggested_absolute);
    EXPECT_EQ(describe_gap(got), "");
  }
}

TEST(calibration, more_noise_suggests_a_wider_margin_or_none) {
  auto quiet = same_version(20, .005), noisy = same_version(20, .12), hopeless = same_version(20, .6);
  auto narrow = calibrate_metric(metric_of(quiet), quick), wide = calibrate_metric(metric_of(noisy), quick),
       none = calibrate_metric(metric_of(hopeless), quick);
  ASSERT_TRUE(narrow.suggested && wide.suggested);
  EXPECT_EQ(narrow.suggested->margin, .01);
  EXPECT_GE(wide.suggested->margin, .10);
  EXPECT_GT(wide.own.outcomes.undecided, wide.own.outcomes.resamples / 20);
  EXPECT_FALSE(none.suggested);
  EXPECT_THAT(describe_gap(none), HasSubstr("no margin up to 20% will do: the metric is too noisy for 60 pairs"));
  EXPECT_FALSE(none.margins.front().pairs_needed) << "more than the long form has";
}

TEST(calibration, pairs_beyond_the_short_form_are_those_of_a_look_of_the_long_one) {
  bool has_long = false;
  for (uint64_t seed = 30; seed < 40; ++seed) {
    auto pairs = same_version(seed, .1);
    for (const auto& each : calibrate_metric(metric_of(pairs), {.resamples = 1}).margins)
      if (each.pairs_needed.value_or(0) > 60) {
        EXPECT_TRUE(*each.pairs_needed == 90 || *each.pairs_needed == 120);
        has_long = true;
      }
  }
  EXPECT_TRUE(has_long);
}

TEST(calibration, autocorrelation_raises_the_pairs) {
  double plain = 0, correlated = 0, inflation = 0;
  for (uint64_t seed = 50; seed < 70; ++seed) {
    auto independent = same_version(seed, .05, 60), ar = same_version(seed, .05, 60, noise_kind::autocorrelated);
    auto without = calibrate_metric(metric_of(independent), {.resamples = 1});
    auto with = calibrate_metric(metric_of(ar), {.resamples = 1});
    plain += without.own.pairs_needed.value_or(150);
    correlated += with.own.pairs_needed.value_or(150);
    inflation += with.inflation / 20;
  }
  EXPECT_GT(inflation, 1.7);
  EXPECT_GT(correlated, 1.4 * plain);
}

/// Rates of drawn comparisons beside those of comparisons that are measured anew, which the drawing stands in for.
struct compared_rates {
  double drawn_safe = 0;
  double real_safe = 0;
  double drawn_blocked = 0;
  double real_blocked = 0;
};

struct counts_of_runs {
  uint32_t calibrations;
  uint32_t resamples;
  uint32_t comparisons;
};

compared_rates compare_rates(noise_kind kind, double cv, counts_of_runs counts) {
  compared_rates out;
  noise random{77};
  for (uint32_t i = 0; i < counts.calibrations; ++i) {
    measured_pairs pairs{random, kind, cv, 1, 40};
    auto got = calibrate_metric(metric_of(pairs), {.resamples = counts.resamples}).own.outcomes;
    out.drawn_safe += got.share(got.safe) / counts.calibrations;
    out.drawn_blocked += got.share(got.blocked) / counts.calibrations;
  }
  for (uint32_t i = 0; i < counts.comparisons; ++i) {
    measured_pairs pairs{random, kind, cv, 1, 60};
    auto metric = metric_of(pairs);
    metric.basis = judgement_basis::pairs;
    auto decided = judge_metric(metric).decided;
    out.real_safe += 1.0 * (decided == verdict::safe) / counts.comparisons;
    out.real_blocked += 1.0 * (decided == verdict::regressed) / counts.comparisons;
  }
  std::printf("%-10s CV %4.1f%%: safe %.3f drawn, %.3f real; blocked %.4f drawn, %.4f real\n",
              std::string{noise_names[static_cast<size_t>(kind)]}.c_str(), 100 * cv, out.drawn_safe, out.real_safe,
              out.drawn_blocked, out.real_blocked);
  return out;
}

TEST(calibration, drawn_rates_are_near_those_of_real_comparisons) {
  for (auto kind : {noise_kind::gaussian, noise_kind::autocorrelated}) {
    auto rates = compare_rates(kind, .07, {.calibrations = 12, .resamples = 100, .comparisons = 400});
    EXPECT_NEAR(rates.drawn_safe, rates.real_safe, .12);
    EXPECT_LE(rates.drawn_blocked, .01);
  }
}

TEST(calibration_table, drawn_rates_are_near_those_of_real_comparisons) {
  auto counts = is_soak() ? counts_of_runs{60, 500, 5'000} : counts_of_runs{12, 100, 200};
  for (auto kind : noise_kinds)
    for (double cv : {.02, .05, .07, .10}) {
      auto rates = compare_rates(kind, cv, counts);
      EXPECT_NEAR(rates.drawn_safe, rates.real_safe, .15);
      EXPECT_LE(rates.drawn_blocked, rates.real_blocked + .01);
    }
}

// -- determinism -----------------------------------------------------------------------

bool are_same(double a, double b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

TEST(calibration, the_same_seed_gives_the_same_bits_and_another_one_other_comparisons) {
  auto pairs = same_version(80, .09);
  auto once = calibrate_metric(metric_of(pairs), quick), again = calibrate_metric(metric_of(pairs), quick);
  auto other = calibrate_metric(metric_of(pairs), {.resamples = quick.resamples, .seed = 2});
  EXPECT_TRUE(are_same(once.noise, again.noise) && are_same(once.inflation, again.inflation));
  EXPECT_EQ(once.own.outcomes.undecided, again.own.outcomes.undecided);
  EXPECT_EQ(once.suggested->margin, again.suggested->margin);
  EXPECT_TRUE(are_same(once.noise, other.noise));
  EXPECT_NE(once.own.outcomes.undecided, other.own.outcomes.undecided);
}

TEST(calibration, resamples_are_bounded) {
  auto pairs = constants(100);
  EXPECT_EQ(calibrate_metric(metric_of(pairs), {.resamples = 1'000'000}).own.outcomes.resamples, max_resamples);
  EXPECT_EQ(calibrate_metric(metric_of(pairs), {.resamples = 0}).own.outcomes.resamples, 1u);
}

// -- bad input -------------------------------------------------------------------------

TEST(calibration, too_few_pairs_have_noise_and_no_rate) {
  auto fifteen = same_version(90, .03, 15);
  auto got = calibrate_metric(metric_of(fifteen));
  EXPECT_GT(got.noise, 0);
  EXPECT_TRUE(got.own.pairs_needed);
  EXPECT_EQ(got.own.outcomes.resamples, 0u);
  EXPECT_FALSE(got.suggested);
  EXPECT_EQ(describe_gap(got), "15 pairs are too few for a rate, which takes 16");
  auto one = same_version(90, .03, 1), none = same_version(90, .03, 0);
  EXPECT_EQ(describe_gap(calibrate_metric(metric_of(one))), "1 pair is too few for a rate, which takes 16");
  EXPECT_TRUE(std::isnan(calibrate_metric(metric_of(one)).noise));
  EXPECT_EQ(calibrate_metric(metric_of(none)).gap, calibration_gap::too_few_pairs);
}

TEST(calibration, values_that_are_no_numbers_have_neither) {
  auto pairs = same_version(91, .03);
  pairs.new_values[3] = std::numeric_limits<double>::quiet_NaN();
  auto got = calibrate_metric(metric_of(pairs));
  EXPECT_EQ(got.gap, calibration_gap::not_finite);
  EXPECT_TRUE(std::isnan(got.noise));
  pairs.new_values.pop_back();
  EXPECT_EQ(calibrate_metric(metric_of(pairs)).gap, calibration_gap::uneven_sides);
  auto good = same_version(91, .03);
  EXPECT_EQ(calibrate_metric(metric_of(good, {.margin = -1})).gap, calibration_gap::bad_options);
  auto huge = same_version(91, .03);
  huge.old_values[0] = -1.7e308;
  huge.new_values[0] = 1.7e308;
  EXPECT_EQ(calibrate_metric(metric_of(huge)).gap, calibration_gap::not_finite);
}

TEST(calibration, a_constant_metric_is_bound_by_its_resolution) {
  auto pairs = constants(100);
  auto got = calibrate_metric(metric_of(pairs), quick);
  EXPECT_EQ(got.noise, 0);
  EXPECT_EQ(got.own.pairs_needed, 8u);
  ASSERT_TRUE(got.suggested);
  EXPECT_EQ(got.suggested->margin, .01);
  auto coarse = calibrate_metric(metric_of(pairs, {.resolution = 4}), quick);
  ASSERT_TRUE(coarse.suggested);
  EXPECT_EQ(coarse.suggested->margin, .05) << "the smallest that is not below a step of 4%";
  EXPECT_EQ(coarse.margins[2].fault, gate_reason::coarse_resolution);
}

TEST(calibration, a_quantum_coarser_than_the_margin_is_named) {
  auto pairs = same_version(92, .02);
  auto got = calibrate_metric(metric_of(pairs, {.resolution = .3}), quick);
  EXPECT_EQ(got.own.fault, gate_reason::coarse_resolution);
  EXPECT_EQ(got.own.outcomes.safe, 0u) << "it is never safe";
  EXPECT_FALSE(got.suggested);
  EXPECT_EQ(describe_gap(got), "one step of its values is more than any margin up to 20%");
  auto fits = calibrate_metric(metric_of(pairs, {.resolution = .08}), quick);
  ASSERT_TRUE(fits.suggested);
  EXPECT_EQ(fits.suggested->margin, .10);
  EXPECT_EQ(describe_gap(fits), "");
  EXPECT_EQ(describe_fault(*fits.own.fault), "one step of its values is more than the margin");
}

TEST(calibration, values_of_zero_and_less_get_an_absolute_margin) {
  auto pairs = same_version(93, .04);
  for (auto* side : {&pairs.old_values, &pairs.new_values})
    for (auto& each : *side)
      each = 10 * (each - 1); // around 0, deviation .4
  auto got = calibrate_metric(metric_of(pairs), quick);
  EXPECT_TRUE(got.absolute);
  EXPECT_NEAR(got.noise, .4 * 1.41, .25);
  EXPECT_EQ(got.own.fault, gate_reason::no_absolute_margin);
  ASSERT_TRUE(got.suggested);
  EXPECT_TRUE(got.suggested_absolute);
  EXPECT_TRUE(got.suggested->margin == .2 || got.suggested->margin == .5) << got.suggested->margin;
  EXPECT_THAT(describe_fault(*got.own.fault), HasSubstr("the metric has none"));
  // What is suggested is what the gate would be safe by.
  auto again = calibrate_metric(metric_of(pairs, {.absolute_margin = got.suggested->margin}), quick);
  EXPECT_EQ(again.own.outcomes.safe, got.suggested->outcomes.safe);
  EXPECT_EQ(again.own.pairs_needed, got.suggested->pairs_needed);
}

TEST(calibration, small_counts_get_an_absolute_margin) {
  auto pairs = constants(3);
  pairs.old_values[5] = pairs.new_values[11] = 4;
  auto got = calibrate_metric(metric_of(pairs, {.kind = metric_kind::count}), quick);
  EXPECT_EQ(got.own.fault, gate_reason::coarse_resolution);
  ASSERT_TRUE(got.suggested);
  EXPECT_TRUE(got.suggested_absolute);
  EXPECT_EQ(got.suggested->margin, 1);
  auto none = constants(0);
  auto empty = calibrate_metric(metric_of(none, {.absolute_margin = 0, .kind = metric_kind::count}), quick);
  ASSERT_TRUE(empty.suggested);
  EXPECT_EQ(empty.suggested->margin, 0);
  EXPECT_EQ(empty.own.outcomes.safe, empty.own.outcomes.resamples);
}

} // namespace
} // namespace hive::analysis
