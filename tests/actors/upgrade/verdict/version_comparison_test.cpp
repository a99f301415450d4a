#include "actors/upgrade/verdict/version_comparison.hpp"

#include "messages/change.hpp"
#include "tests/actors/upgrade/verdict/verdict_cases.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::HasSubstr;

/// Pairs alone, in which the old version is compared with itself.
verdict_case harmless_pairs() {
  auto out = verdict_case_named("pairs");
  out.inputs.old_side = out.inputs.new_side = {};
  for (auto& round : out.inputs.rounds)
    round = changed(round, [](wire::MeasuredRound::Builder of) {
      for (auto run : of.getRuns())
        for (auto metric : run.getMetrics())
          metric.setValue(100 + of.getNumber() % 3);
    });
  return out;
}

TEST(version_comparison, pairs_without_snapshots_are_judged) {
  auto harmless = harmless_pairs();
  auto answer = check_versions(*harmless.query, harmless.inputs, harmless.rules);
  EXPECT_EQ(answer->getVerdict(), wire::Verdict::SAFE) << answer->getReason().cStr();
}

TEST(version_comparison, a_version_that_failed_in_one_round_is_not_safe) {
  auto harmless = harmless_pairs();
  auto& last = harmless.inputs.rounds.back();
  last = changed(last, [](wire::MeasuredRound::Builder of) {
    of.setLeftOut("a run failed");
    for (auto run : of.getRuns())
      if (run.getSide() == wire::RunSide::NEW) {
        run.setError("exit status 3");
        run.initMetrics(0);
      }
  });
  auto answer = check_versions(*harmless.query, harmless.inputs, harmless.rules);
  EXPECT_EQ(answer->getVerdict(), wire::Verdict::INCONCLUSIVE);
  EXPECT_THAT(std::string{answer->getReason().cStr()},
              HasSubstr("load/1: it failed on the new version: in pair 20: exit status 3"));
}

TEST(version_comparison, an_adapter_that_never_ran_is_missed) {
  auto harmless = harmless_pairs();
  harmless.inputs.rounds.push_back(msg<wire::MeasuredRound>::build([](wire::MeasuredRound::Builder of) {
    of.setAdapter("other");
    of.setNumber(1);
    of.setLeftOut("a run failed");
    auto run = of.initRuns(1)[0];
    run.setVersion("v1");
    run.setError("no such file");
  }));
  auto answer = check_versions(*harmless.query, harmless.inputs, harmless.rules);
  EXPECT_EQ(answer->getVerdict(), wire::Verdict::INCONCLUSIVE);
  EXPECT_THAT(std::string{answer->getReason().cStr()}, HasSubstr("other: it failed on the old version: in pair 1"));
}

} // namespace
} // namespace hive::test
