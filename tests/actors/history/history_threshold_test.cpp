#include "actors/history/history_threshold.hpp"

#include "analysis/upgrade_check.hpp"
#include "storage/series_store.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

std::vector<double> values(const std::vector<history_threshold>& of) {
  std::vector<double> out;
  for (const auto& each : of)
    out.push_back(each.value);
  return out;
}

TEST(history_threshold, is_a_share_of_the_level_on_the_worse_side) {
  auto slower = find_thresholds({"a", "m"}, {"ms", wire::Direction::LOWER}, 100, {});
  ASSERT_EQ(slower.size(), 2u);
  EXPECT_EQ(slower[0].policy, "strict");
  EXPECT_EQ(slower[0].value, 105);
  EXPECT_EQ(slower[0].why, "5% above the level of 100 ms");
  EXPECT_EQ(slower[1].policy, "statistical");
  auto higher = find_thresholds({"a", "m"}, {"", wire::Direction::HIGHER}, 200, {});
  EXPECT_THAT(values(higher), testing::ElementsAre(190, 190));
  EXPECT_EQ(higher[0].why, "5% below the level of 200");
}

TEST(history_threshold, follows_the_operators_rules) {
  analysis::configured_rules wide{.pattern = "a.*", .margin = 0.2};
  EXPECT_THAT(values(find_thresholds({"a", "m"}, {"ms", wire::Direction::LOWER}, 100, std::span{&wide, 1})),
              testing::ElementsAre(105, 120));
  analysis::configured_rules shown{.pattern = "a.*", .gate = false};
  EXPECT_TRUE(find_thresholds({"a", "m"}, {"ms", wire::Direction::LOWER}, 100, std::span{&shown, 1}).empty());
  analysis::configured_rules absolute{.pattern = "a.*", .absolute_margin = 2};
  EXPECT_THAT(values(find_thresholds({"a", "m"}, {"", wire::Direction::LOWER}, 0, std::span{&absolute, 1})),
              testing::ElementsAre(2, 2));
}

TEST(history_threshold, follows_the_builtin_rules) {
  EXPECT_TRUE(find_thresholds({"a", "m"}, {"", wire::Direction::LOWER}, 0, {}).empty()) << "inconclusive, not refused";
  EXPECT_THAT(values(find_thresholds({"regression", "test_fail_count"}, {"count", wire::Direction::LOWER}, 0, {})),
              testing::ElementsAre(0, 0));
  EXPECT_THAT(
    values(find_thresholds({"agent_baselines", "p_f_reward_delta"}, {"score", wire::Direction::HIGHER}, 0.3, {})),
    testing::ElementsAre(-0.05, -0.05));
}

TEST(history_threshold, is_what_a_strict_check_refuses) {
  for (auto better : {wire::Direction::LOWER, wire::Direction::HIGHER}) {
    auto limit = find_thresholds({"a", "m"}, {"score", better}, 80, {})[0].value;
    for (double off : {-0.01, 0.01}) {
      bool worse = (better == wire::Direction::LOWER) == (off > 0);
      analysis::adapter_point adapter{.name = "a", .status = analysis::outcome::ok};
      auto direction = better == wire::Direction::LOWER ? analysis::direction::lower : analysis::direction::higher;
      analysis::metric_point old_metric{.adapter = "a", .name = "m", .value = 80, .better = direction};
      auto new_metric = old_metric;
      new_metric.value = limit + off;
      auto side = [&adapter](const analysis::metric_point& metric) {
        return analysis::version_points{.present = true,
                                        .version = "v",
                                        .similar = {},
                                        .taken_on = {},
                                        .metrics = {&metric, 1},
                                        .adapters = {&adapter, 1}};
      };
      auto result = analysis::check_upgrade(side(old_metric), side(new_metric), analysis::policy::strict);
      EXPECT_EQ(result.decided == analysis::verdict::regressed, worse) << limit + off;
    }
  }
}

} // namespace
} // namespace hive
