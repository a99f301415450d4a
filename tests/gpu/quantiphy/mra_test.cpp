#include "gpu/quantiphy/mra.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace hive::quantiphy {
namespace {

struct golden {
  double error; ///< relative
  double mra;
  double strict;
};

// By hand from the two definitions; kept off the thresholds, where doubles decide.
constexpr golden cases[] = {{0, 1, 1},     {.02, 1, 1},  {.06, .9, .9}, {.12, .8, .8}, {.22, .7, .6}, {.33, .6, .4},
                            {.47, .5, .1}, {.55, .4, 0}, {.65, .3, 0},  {.88, .1, 0},  {.95, 0, 0},   {3, 0, 0}};

TEST(mra, scores_are_those_of_the_two_definitions) {
  for (const auto& each : cases)
    for (double truth : {10., .003, 2.5e6}) {
      EXPECT_DOUBLE_EQ(mra(truth * (1 + each.error), truth), each.mra) << each.error;
      EXPECT_DOUBLE_EQ(strict_mra(truth * (1 + each.error), truth), each.strict) << each.error;
      if (each.error < 1) {
        EXPECT_DOUBLE_EQ(mra(truth * (1 - each.error), truth), each.mra) << each.error;
        EXPECT_DOUBLE_EQ(strict_mra(truth * (1 - each.error), truth), each.strict) << each.error;
      }
    }
}

TEST(mra, the_sign_of_a_prediction_counts_in_the_strict_rule_alone) {
  EXPECT_EQ(mra(-10, 10), 1);
  EXPECT_EQ(strict_mra(-10, 10), 0);
}

TEST(mra, an_answer_to_a_negative_truth_is_not_right_whatever_it_is) {
  EXPECT_EQ(mra(500, -10), 0);
  EXPECT_EQ(mra(-10, -10), 1);
  EXPECT_EQ(strict_mra(-10, -10), 1);
}

TEST(mra, zero_scores_nothing) {
  EXPECT_EQ(mra(0, 10), 0);
  EXPECT_EQ(strict_mra(0, 10), 0);
}

TEST(p95, is_the_nearest_rank) {
  EXPECT_EQ(p95({}), 0);
  EXPECT_EQ(p95(std::vector<double>{7}), 7);
  std::vector<double> values;
  for (int i = 100; i > 0; --i)
    values.push_back(i);
  EXPECT_EQ(p95(values), 95);
  values.push_back(1000);
  EXPECT_EQ(p95(values), 96);
}

} // namespace
} // namespace hive::quantiphy
