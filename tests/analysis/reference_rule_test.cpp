#include "analysis/reference_rule.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace hive::analysis {
namespace {

constexpr reference_evidence better{verdict::safe, 0.001, 0.999};
constexpr reference_evidence unchanged{verdict::safe, 0.4, 0.6};
constexpr reference_evidence slightly_worse{verdict::safe, 0.99, 0.01};
constexpr reference_evidence unsettled{verdict::inconclusive, 0.4, 0.6};

reference_step judged(const std::vector<reference_evidence>& critical, bool accepted = false) {
  return judge_reference(critical, accepted);
}

TEST(reference_rule, moves_only_to_what_is_better) {
  EXPECT_EQ(judged({better}), reference_step::moves_as_better);
  EXPECT_EQ(judged({better, unchanged}), reference_step::moves_as_better);
  EXPECT_EQ(judged({unchanged, unchanged}), reference_step::stays);
  EXPECT_EQ(judged({}), reference_step::stays);
}

TEST(reference_rule, a_gain_does_not_carry_a_loss_along) {
  EXPECT_EQ(judged({better, slightly_worse}), reference_step::stays);
  EXPECT_EQ(judged({better, unsettled}), reference_step::stays);
}

TEST(reference_rule, the_level_is_shared_among_the_metrics) {
  std::vector<reference_evidence> many(10, unchanged);
  many[0] = better;
  EXPECT_EQ(judged(many), reference_step::stays); // .001 is above .005 / 10
  many[0].p_better = 0.0005;
  EXPECT_EQ(judged(many), reference_step::moves_as_better);
}

TEST(reference_rule, an_operator_may_accept_anything) {
  EXPECT_EQ(judged({unsettled}, true), reference_step::moves_as_accepted);
  EXPECT_EQ(judged({}, true), reference_step::moves_as_accepted);
}

} // namespace
} // namespace hive::analysis
