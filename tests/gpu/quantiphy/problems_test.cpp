#include "gpu/quantiphy/problems.hpp"

#include "gpu/quantiphy/survey.hpp"
#include "tests/support/seed.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <set>

namespace hive::quantiphy {
namespace {

TEST(problems, each_has_a_twin_that_differs_in_gravity_alone) {
  HIVE_RANDOM_SEED(seed);
  auto all = generate_problems(400, seed);
  ASSERT_EQ(all.size(), 800u);
  for (size_t i = 0; i < all.size(); i += 2) {
    const auto& real = all[i];
    const auto& twin = all[i + 1];
    EXPECT_FALSE(real.counterfactual);
    EXPECT_TRUE(twin.counterfactual);
    EXPECT_EQ(real.category, twin.category);
    EXPECT_NE(real.text.find(" 9.81 m/s²"), std::string::npos) << real.text;
    EXPECT_NE(twin.text.find(" 3.7 m/s²"), std::string::npos) << twin.text;
    // A recited answer does not get a full score.
    EXPECT_GT(std::abs(real.truth - twin.truth) / twin.truth, .05) << real.text;
  }
}

TEST(problems, all_have_a_positive_answer_in_a_known_unit_and_a_text_without_gaps) {
  for (uint64_t seed = 0; seed < 50; ++seed)
    for (const auto& each : generate_problems(100, seed)) {
      EXPECT_TRUE(std::isfinite(each.truth) && each.truth > 0) << each.text;
      EXPECT_TRUE(each.asked) << each.text;
      EXPECT_EQ(each.text.find('{'), std::string::npos) << each.text;
      EXPECT_LT(each.text.size(), 600u);
    }
}

TEST(problems, categories_are_of_equal_size) {
  std::map<std::string, int> count;
  for (const auto& each : generate_problems(100, 1))
    ++count[each.category];
  ASSERT_EQ(count.size(), 4u);
  for (const auto& [category, problems] : count)
    EXPECT_EQ(problems, 50) << category;
}

TEST(problems, a_seed_names_its_set) {
  auto hash = [](uint64_t pairs, uint64_t seed) { return hash_of(generate_problems(pairs, seed)); };
  EXPECT_EQ(hash(100, 1), hash(100, 1));
  EXPECT_EQ(std::set({hash(100, 1), hash(100, 2), hash(104, 1)}).size(), 3u);
  // The same on every machine; changes whenever the problems do, which then cannot be compared with older ones.
  EXPECT_EQ(hash(100, 1), "6bf88f45cc1b9e0b");
}

/// The number of the text that stands in front of these words.
double stated(const std::string& text, const std::string& before, const std::string& behind) {
  auto at = text.find(before);
  EXPECT_NE(at, std::string::npos) << text;
  return std::stod(text.substr(at + before.size(), text.find(behind, at + before.size()) - at - before.size()));
}

TEST(problems, answers_follow_from_their_texts) {
  size_t checked = 0;
  for (const auto& each : generate_problems(200, 3)) {
    auto g = each.counterfactual ? 3.7 : 9.81;
    if (each.text.starts_with("A stone falls from rest from a height of") && each.asked->of == dimension::time) {
      auto h = stated(each.text, "height of ", " m");
      // It has fallen from the height after that time.
      EXPECT_NEAR(g * each.truth * each.truth / 2, h, 1e-9 * h);
      ++checked;
    }
    if (each.text.starts_with("A rocket")) {
      auto a = stated(each.text, "acceleration of ", " m/s²");
      auto t = stated(each.text, "m/s² for ", " s");
      // Energy per mass at the engine's end is that at the top.
      EXPECT_NEAR(g * each.truth, g * a * t * t / 2 + (a * t) * (a * t) / 2, 1e-9 * g * each.truth);
      ++checked;
    }
    if (each.text.starts_with("Two bodies")) {
      auto m = stated(each.text, "mass ", " kg");
      auto n = stated(each.text, "kg and ", " kg");
      // Both have the same acceleration, in opposite directions.
      EXPECT_NEAR(g - each.truth / m, each.truth / n - g, 1e-9 * g);
      ++checked;
    }
    if (each.text.starts_with("A motor")) {
      auto efficiency = stated(each.text, "efficiency of ", " percent") / 100;
      auto work = stated(each.text, "load of ", " kg") * g * stated(each.text, "speed by ", " m");
      auto t = stated(each.text, " m in ", " s");
      EXPECT_NEAR(each.truth * efficiency * t, work, 1e-9 * work);
      ++checked;
    }
  }
  EXPECT_GE(checked, 40u);
}

TEST(problems, an_exact_answer_scores_one_and_a_recited_one_less) {
  auto all = generate_problems(100, 1);
  std::vector<reply> exact, recited;
  for (size_t i = 0; i < all.size(); ++i) {
    exact.push_back({all[i].truth, 1});
    recited.push_back({all[i / 2 * 2].truth, 1}); // that of the real problem for both
  }
  auto right = score_of(all, exact);
  EXPECT_EQ(right.mra_mean, 1);
  EXPECT_EQ(right.mra_strict, 1);
  EXPECT_EQ(right.mra_counterfactual, 1);
  EXPECT_EQ(right.invalid_ratio, 0);
  auto wrong = score_of(all, recited);
  EXPECT_LT(*wrong.mra_counterfactual, .5);
  EXPECT_NEAR(wrong.mra_mean, (1 + *wrong.mra_counterfactual) / 2, 1e-12);
}

} // namespace
} // namespace hive::quantiphy
