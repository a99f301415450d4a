#include "actors/upgrade/verdict_event.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

msg<wire::UpgradeCheck> verdict(const std::string& to, wire::Verdict given,
                                wire::Policy policy = wire::Policy::THRESHOLD) {
  return msg<wire::UpgradeCheck>::build([&](wire::UpgradeCheck::Builder out) {
    out.setOld("v1");
    out.setNew(to);
    out.setPolicy(policy);
    out.setVerdict(given);
    out.setReason("measured");
    out.setCompared(3);
    out.initRegressions(given == wire::Verdict::REGRESSED ? 1 : 0);
  });
}

TEST(verdict_event, says_what_was_decided) {
  auto event = verdict_deduplicator{4}.event_if_new(verdict("v2", wire::Verdict::REGRESSED, wire::Policy::STRICT));
  ASSERT_TRUE(event);
  EXPECT_EQ((*event)->getKind(), wire::EventKind::VERDICT);
  auto told = (*event)->getVerdict();
  EXPECT_EQ(told.getOld(), "v1");
  EXPECT_EQ(told.getNew(), "v2");
  EXPECT_EQ(told.getPolicy(), wire::Policy::STRICT);
  EXPECT_EQ(told.getVerdict(), wire::Verdict::REGRESSED);
  EXPECT_EQ(told.getReason(), "measured");
  EXPECT_EQ(told.getCompared(), 3u);
  EXPECT_EQ(told.getRegressions(), 1u);
}

TEST(verdict_event, the_same_answer_to_the_same_question_is_told_once) {
  verdict_deduplicator deduplicator{4};
  EXPECT_TRUE(deduplicator.event_if_new(verdict("v2", wire::Verdict::SAFE)));
  EXPECT_FALSE(deduplicator.event_if_new(verdict("v2", wire::Verdict::SAFE)));
  EXPECT_TRUE(deduplicator.event_if_new(verdict("v3", wire::Verdict::SAFE))) << "another version";
  EXPECT_TRUE(deduplicator.event_if_new(verdict("v2", wire::Verdict::SAFE, wire::Policy::STRICT))) << "another policy";
  EXPECT_TRUE(deduplicator.event_if_new(verdict("v2", wire::Verdict::REGRESSED))) << "another answer";
  EXPECT_TRUE(deduplicator.event_if_new(verdict("v2", wire::Verdict::SAFE))) << "the first answer again, after another";
  EXPECT_FALSE(deduplicator.event_if_new(verdict("v3", wire::Verdict::SAFE))) << "others between do not matter";
}

TEST(verdict_event, more_questions_than_it_remembers_are_all_told) {
  verdict_deduplicator deduplicator{2};
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(deduplicator.event_if_new(verdict("v" + std::to_string(i), wire::Verdict::SAFE)));
  EXPECT_FALSE(deduplicator.event_if_new(verdict("v2", wire::Verdict::SAFE))) << "the newest is remembered";
  EXPECT_TRUE(deduplicator.event_if_new(verdict("v0", wire::Verdict::SAFE))) << "the oldest was forgotten";
}

} // namespace
} // namespace hive
