#include "gpu/quantiphy/survey.hpp"

#include <gtest/gtest.h>

namespace hive::quantiphy {
namespace {

problem of_category(const char* category, bool counterfactual = false) {
  problem out;
  out.category = category;
  out.truth = 10;
  out.asked = read_unit("m");
  out.counterfactual = counterfactual;
  return out;
}

TEST(survey, the_score_is_the_mean_of_the_categories_means) {
  // Two right answers of one category weigh as much as one wrong of another.
  std::vector<problem> problems{of_category("a"), of_category("a"), of_category("b", true)};
  auto found = score_of(problems, {{10, 100}, {10, 300}, {std::nullopt, 200}});
  EXPECT_DOUBLE_EQ(found.mra_mean, .5);
  EXPECT_DOUBLE_EQ(found.mra_strict, .5);
  EXPECT_EQ(found.mra_counterfactual, 0);
  EXPECT_DOUBLE_EQ(found.invalid_ratio, 1. / 3);
  EXPECT_EQ(found.latency_p95_ms, 300);
}

TEST(survey, zero_is_no_valid_answer) {
  EXPECT_EQ(score_of({of_category("a")}, {{0, 1}}).invalid_ratio, 1);
}

TEST(survey, without_twins_there_is_no_score_of_them) {
  EXPECT_EQ(score_of({of_category("a")}, {{10, 1}}).mra_counterfactual, std::nullopt);
}

TEST(survey, reasoning_is_no_part_of_an_answer) {
  EXPECT_EQ(read_answer("<think>7 m? No.</think> 10 m", of_category("a")), 10);
  EXPECT_EQ(read_answer("<think>7 m? No, it is", of_category("a")), std::nullopt);
}

TEST(survey, figures_are_compared_only_with_those_of_the_same_problems) {
  auto one = generate_problems(4, 1);
  auto other = generate_problems(4, 2);
  survey answers;
  answers.replies.assign(one.size(), {1, 1});
  EXPECT_EQ(report(one, answers).scope, report(one, answers).scope);
  EXPECT_NE(report(one, answers).scope, report(other, answers).scope);
}

} // namespace
} // namespace hive::quantiphy
