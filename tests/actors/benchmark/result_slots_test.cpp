#include "actors/benchmark/result_slots.hpp"

#include "tests/actors/hive/hive_test.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::Pair;
using testing::UnorderedElementsAre;

struct result {
  std::string name;
  double value;
};

msg<wire::LatestResults> latest(const std::vector<result>& results) {
  return msg<wire::LatestResults>::build([&](wire::LatestResults::Builder out) {
    auto list = out.initResults(static_cast<uint32_t>(results.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      list[i].setName(results[i].name);
      list[i].setValue(results[i].value);
      list[i].setDirection(wire::Direction::LOWER);
      list[i].setUnit("ms");
    }
  });
}

TEST(result_slots, one_for_each_adapter_with_its_metrics) {
  auto slots = to_result_slots(*latest({{"model.a_latency_ms", 1.5}, {"guardrail.integrity", 1}, {"model.b.c", -3}}));
  ASSERT_THAT(slots, UnorderedElementsAre(Pair("model", testing::_), Pair("guardrail", testing::_)));
  auto read = from_result_slot(slots["model"]);
  ASSERT_TRUE(read) << text_of(read.error());
  auto metrics = (*read)->getMetrics();
  ASSERT_EQ(metrics.size(), 2u);
  EXPECT_EQ(metrics[0].getName(), "a_latency_ms");
  EXPECT_EQ(metrics[0].getValue(), 1.5);
  EXPECT_EQ(metrics[0].getDirection(), wire::Direction::LOWER);
  EXPECT_EQ(metrics[0].getUnit(), "ms");
  EXPECT_EQ(metrics[1].getName(), "b.c");
  EXPECT_EQ((*read)->getLeftOut(), 0u);
}

TEST(result_slots, leave_out_what_has_no_value_or_no_adapter) {
  auto nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(to_result_slots(*latest({{"a.m", nan}, {"plain", 1}, {".m", 1}, {"a.", 1}, {"-a.m", 1}})).empty());
}

TEST(result_slots, hold_as_many_metrics_as_fit_and_count_the_others) {
  std::vector<result> many;
  for (int i = 0; i < 4'000; ++i)
    many.push_back({"a." + std::string(60, 'x') + std::to_string(i), i * 1.1});
  auto slots = to_result_slots(*latest(many));
  EXPECT_LE(slots["a"].size(), replica_options{}.payload_bytes);
  auto read = from_result_slot(slots["a"]);
  ASSERT_TRUE(read);
  EXPECT_GT((*read)->getMetrics().size(), 400u);
  EXPECT_EQ((*read)->getMetrics().size() + (*read)->getLeftOut(), 4'000u);
}

} // namespace
} // namespace hive
