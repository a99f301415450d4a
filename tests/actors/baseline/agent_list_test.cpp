#include "actors/baseline/agent_list.hpp"

#include "messages/text.hpp"
#include "storage/baseline_store.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

msg<wire::BaselineSummary> summary(uint32_t version, double reward, double success) {
  return msg<wire::BaselineSummary>::build([&](wire::BaselineSummary::Builder out) {
    out.setVersion(version);
    out.setTimestamp(version * 1'000'000);
    out.setAvgReward(reward);
    out.setSuccessRate(success);
    out.setTotalDurationSeconds(10 * version);
  });
}

TEST(agent_list, figures_are_of_the_newest_baselines) {
  std::vector<msg<wire::BaselineSummary>> baselines;
  for (uint32_t version = 1; version <= 12; ++version)
    baselines.push_back(summary(version, version, version == 3 ? NAN : version / 12.0));
  auto figures = figures_of(baselines);
  EXPECT_EQ(figures->getCapturedAt(), 12'000'000);
  EXPECT_EQ(figures->getReward(), 12);
  EXPECT_EQ(figures->getSuccessRate(), 1);
  EXPECT_EQ(figures->getDurationSeconds(), 120);
  EXPECT_EQ(figures->getTrend(), wire::Trend::IMPROVING);
  ASSERT_EQ(figures->getSuccess().size(), 11u) << "one has no rate";
  EXPECT_EQ(figures->getSuccess()[0], 0.083);
  EXPECT_EQ(figures_of(std::span{baselines}.first(1))->getTrend(), wire::Trend::INSUFFICIENT_DATA);
}

TEST(agent_list, figures_are_read_for_each_agent_of_the_page) {
  temporary_directory dir;
  auto db = std::move(*database::open({.directory = dir.path()}));
  write_set writes;
  for (uint32_t version = 1; version <= 30; ++version)
    writes.put(column::baselines, keys::baseline_summary("busy", "0", version), summary(version, 1, 0.5).bytes());
  ASSERT_FALSE(db->write(writes));
  agent_page page;
  for (auto* prompt : {"busy", "new"})
    page.agents.push_back(msg<wire::Agent>::build([&](wire::Agent::Builder out) {
      out.setPromptId(prompt);
      out.setFlowId("0");
    }));
  EXPECT_FALSE((*build_agent_list(page)).getAgents()[0].hasFigures()) << "they were not asked for";
  ASSERT_FALSE(read_figures(*db, page));
  auto list = build_agent_list(page);
  EXPECT_EQ(list->getAgents()[0].getFigures().getCapturedAt(), 30'000'000);
  EXPECT_EQ(list->getAgents()[0].getFigures().getSuccess().size(), 20u);
  EXPECT_FALSE(list->getAgents()[1].hasFigures()) << "it has no baseline";
}

} // namespace
} // namespace hive
