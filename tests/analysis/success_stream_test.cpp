#include "tests/analysis/agent_noise.hpp"
#include "tests/support/seed.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace hive::analysis {
namespace {

constexpr double threshold = 8;

/// Adds `runs`, one of `period` of which fails.
void add_regular(success_stream& stream, uint32_t runs, uint32_t period) {
  for (uint32_t run = 1; run <= runs; ++run)
    add_run(stream, run % period != 0, threshold);
}

TEST(success_stream, learns_from_200_runs) {
  success_stream stream;
  add_regular(stream, min_reference_runs - 1, 10);
  EXPECT_EQ(judge(stream, threshold), drift_evidence::learning);
  auto report = explain(stream, threshold);
  EXPECT_EQ(report.reference_runs, 199u);
  EXPECT_EQ(report.runs_to_confirm, 1u);
  auto change = add_run(stream, false, threshold);
  EXPECT_EQ(change.before, drift_evidence::learning);
  EXPECT_EQ(change.after, drift_evidence::chance);
  EXPECT_EQ(stream.reference_runs, 200u);
  EXPECT_EQ(stream.reference_successes, 180u);
  EXPECT_EQ(stream.test.sum, 0) << "the runs of the reference are not tested against it";
}

TEST(success_stream, even_nothing_but_failures_are_never_confirmed_while_learning) {
  success_stream stream;
  for (uint32_t run = 0; run < min_reference_runs - 1; ++run)
    EXPECT_EQ(add_run(stream, false, threshold).after, drift_evidence::learning);
}

TEST(success_stream, steps_are_the_likelihood_ratios_of_the_tested_rates) {
  success_stream stream;
  add_regular(stream, 200, 10);
  auto rates = rates_of(stream);
  ASSERT_TRUE(rates);
  double p = 180.5 / 201;
  EXPECT_DOUBLE_EQ(rates->reference, p);
  EXPECT_DOUBLE_EQ(rates->p_in, p - 2.25 * std::sqrt(p * (1 - p) / 200));
  EXPECT_DOUBLE_EQ(rates->p_out, rates->p_in - 0.1);
  add_run(stream, false, threshold);
  double up = std::log((1 - rates->p_out) / (1 - rates->p_in));
  EXPECT_NEAR(stream.test.sum, up, 1e-12);
  add_run(stream, true, threshold);
  EXPECT_NEAR(stream.test.sum, up + std::log(rates->p_out / rates->p_in), 1e-12);
  EXPECT_EQ(stream.successes_up, 1u);
}

TEST(success_stream, batches_count_less) {
  success_stream stream;
  for (uint32_t run = 0; run < 200; ++run)
    add_run(stream, run / 10 % 5 != 0, threshold); // ten failures in a row, again and again
  EXPECT_GT(overdispersion_of(stream), 5);
  auto rates = rates_of(stream);
  add_run(stream, false, threshold);
  EXPECT_NEAR(stream.test.sum, std::log((1 - rates->p_out) / (1 - rates->p_in)) / overdispersion_of(stream), 1e-12);
}

TEST(success_stream, the_reference_grows_to_1000_by_runs_that_are_no_longer_new) {
  success_stream stream;
  add_regular(stream, 300, 10);
  EXPECT_EQ(stream.reference_runs, 200u) << "the newest hundred do not join";
  add_regular(stream, 10, 10);
  EXPECT_EQ(stream.reference_runs, 210u);
  add_regular(stream, 2'000, 10);
  EXPECT_EQ(stream.reference_runs, max_reference_runs);
  EXPECT_NEAR(stream.reference_successes, 900, 5);
}

TEST(success_stream, a_reference_does_not_follow_a_fall) {
  success_stream stream;
  add_regular(stream, 310, 20);
  auto before = stream.reference_runs;
  add_regular(stream, 2'000, 5);
  EXPECT_EQ(judge(stream, threshold), drift_evidence::confirmed);
  // Until enough of the newest are worse, runs from before the fall may join.
  EXPECT_LE(stream.reference_runs, before + 50);
  EXPECT_NEAR(rates_of(stream)->reference, 0.95, 0.01);
}

TEST(success_stream, a_rate_too_low_to_fall_is_never_confirmed) {
  HIVE_RANDOM_SEED(seed);
  noise random{seed};
  success_stream stream;
  for (int run = 0; run < 20'000; ++run)
    ASSERT_NE(add_run(stream, random.succeeds(0.02), threshold).after, drift_evidence::confirmed);
  EXPECT_FALSE(rates_of(stream));
}

TEST(success_stream, recovers_and_can_be_confirmed_again) {
  success_stream stream;
  add_regular(stream, 1'200, 20);
  add_regular(stream, 400, 3);
  ASSERT_EQ(judge(stream, threshold), drift_evidence::confirmed);
  uint32_t needed = 0;
  bool recovered = false;
  while (!recovered && needed < 5'000) {
    auto change = add_run(stream, ++needed % 20 != 0, threshold);
    recovered = change.before == drift_evidence::confirmed && change.after == drift_evidence::chance;
  }
  EXPECT_TRUE(recovered);
  EXPECT_GT(needed, recovery_runs);
  add_regular(stream, 400, 3);
  EXPECT_EQ(judge(stream, threshold), drift_evidence::confirmed);
}

TEST(success_stream, accepting_begins_a_reference_with_the_runs_since_the_fall) {
  success_stream stream;
  add_regular(stream, 1'200, 20);
  add_regular(stream, 90, 3);
  ASSERT_EQ(judge(stream, threshold), drift_evidence::confirmed);
  auto up = stream.test.runs_up, successes_up = stream.successes_up;
  EXPECT_GE(up, 80u);
  EXPECT_TRUE(accept(stream, threshold));
  EXPECT_EQ(judge(stream, threshold), drift_evidence::learning);
  EXPECT_EQ(stream.reference_runs, up);
  EXPECT_EQ(stream.reference_successes, successes_up);
  add_regular(stream, 500, 3);
  EXPECT_EQ(judge(stream, threshold), drift_evidence::chance) << "what was accepted is no regression any more";
  EXPECT_NEAR(rates_of(stream)->reference, 2.0 / 3, 0.02);
  // The newest hundred at the time when learning ended are part of the reference, and do not join twice.
  EXPECT_LE(stream.reference_runs + stream.waiting, up + 500);
}

TEST(success_stream, a_long_fall_is_accepted_without_learning_again) {
  success_stream stream;
  add_regular(stream, 1'200, 20);
  add_regular(stream, 3'000, 3);
  EXPECT_TRUE(accept(stream, threshold));
  EXPECT_EQ(judge(stream, threshold), drift_evidence::chance);
  EXPECT_LE(stream.reference_runs, max_reference_runs);
  EXPECT_NEAR(rates_of(stream)->reference, 2.0 / 3, 0.02);
}

TEST(success_stream, the_reference_is_raised_and_never_lowered) {
  success_stream stream;
  add_regular(stream, 400, 10);
  EXPECT_FALSE(raise_reference(stream, 199, 199));
  EXPECT_FALSE(raise_reference(stream, 1'000, 850));
  EXPECT_NEAR(rates_of(stream)->reference, 0.9, 0.01);
  EXPECT_TRUE(raise_reference(stream, 4'000, 3'900));
  EXPECT_EQ(stream.reference_runs, max_reference_runs);
  EXPECT_EQ(stream.reference_successes, 975u);
  EXPECT_EQ(stream.waiting, 0u);
  add_regular(stream, 400, 10);
  EXPECT_EQ(judge(stream, threshold), drift_evidence::confirmed) << "what was good enough before is a fall now";
  EXPECT_TRUE(raise_reference(stream, 1'000, 999));
  EXPECT_EQ(judge(stream, threshold), drift_evidence::confirmed);
}

TEST(success_stream, the_explanation_says_what_settles_it) {
  success_stream stream;
  add_regular(stream, 1'200, 20);
  EXPECT_FALSE(explain(stream, threshold).runs_to_confirm) << "there is nothing to settle";
  ASSERT_TRUE(explain(stream, threshold).runs_to_find);
  uint32_t run = 0;
  while (judge(stream, threshold) != drift_evidence::suspected)
    add_run(stream, ++run % 4 != 0, threshold);
  auto report = explain(stream, threshold);
  EXPECT_EQ(report.says, drift_evidence::suspected);
  EXPECT_NEAR(report.reference, 0.95, 0.003);
  EXPECT_NEAR(report.rate_up, 0.75, 0.05);
  EXPECT_LT(report.recent, 0.95);
  ASSERT_TRUE(report.runs_to_confirm);
  ASSERT_TRUE(report.runs_to_clear);
  auto confirmed = stream, cleared = stream;
  uint32_t more = 0;
  while (judge(confirmed, threshold) != drift_evidence::confirmed && ++more < 10'000)
    add_run(confirmed, (run + more) % 4 != 0, threshold);
  EXPECT_NEAR(*report.runs_to_confirm, more, 0.3 * more + 4);
  more = 0;
  while (cleared.test.sum > 0 && ++more < 10'000)
    add_run(cleared, more % 20 != 0, threshold);
  EXPECT_NEAR(*report.runs_to_clear, more, 0.5 * more + 20);
}

TEST(success_stream, what_is_not_suspected_is_not_accepted) {
  success_stream stream;
  add_regular(stream, 150, 10);
  EXPECT_FALSE(accept(stream, threshold));
  EXPECT_EQ(stream.reference_runs, 150u);
  add_regular(stream, 500, 10);
  auto before = stream.reference_runs;
  EXPECT_FALSE(accept(stream, threshold));
  EXPECT_EQ(stream.reference_runs, before) << "a healthy stream keeps what it learned";
}

} // namespace
} // namespace hive::analysis
