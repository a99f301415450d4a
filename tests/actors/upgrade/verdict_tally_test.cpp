#include "actors/upgrade/verdict_tally.hpp"

#include "messages/msg.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace hive {
namespace {

using enum analysis::verdict;

msg<wire::ReferenceChange> overruling(wire::Verdict verdict, const std::string& measurement = {}) {
  return msg<wire::ReferenceChange>::build([&](wire::ReferenceChange::Builder out) {
    out.setVersion("v2");
    out.setOverruled(verdict);
    if (!measurement.empty())
      out.setMeasurement(measurement);
  });
}

TEST(verdict_tally, a_measurement_counts_once) {
  verdict_tally tally;
  tally.add_stored({7}, "main", safe);
  tally.add_stored({3}, "main", regressed);
  EXPECT_FALSE(tally.add({7}, "main", safe));
  EXPECT_TRUE(tally.add({8}, "main", regressed));
  EXPECT_FALSE(tally.add({8}, "main", regressed));
  EXPECT_EQ(tally.tracks().at("main").given, (std::array<uint64_t, 3>{1, 2, 0}));
}

TEST(verdict_tally, tracks_are_kept_apart) {
  verdict_tally tally;
  EXPECT_TRUE(tally.add({1}, "main", regressed));
  EXPECT_TRUE(tally.add({2}, "beta", regressed));
  EXPECT_TRUE(tally.add("beta", *overruling(wire::Verdict::REGRESSED, "m2")));
  EXPECT_EQ(tally.tracks().at("main").overruled_share(), 0);
  EXPECT_EQ(tally.tracks().at("beta").overruled_share(), 1);
}

TEST(verdict_tally, what_is_overruled_was_given) {
  verdict_tally tally;
  EXPECT_FALSE(tally.add("main", *overruling(wire::Verdict::SAFE)));
  EXPECT_TRUE(tally.tracks().empty());
  EXPECT_TRUE(tally.add("main", *overruling(wire::Verdict::INCONCLUSIVE)));
  EXPECT_EQ(tally.tracks().at("main").given_of(inconclusive), 1u);
  EXPECT_TRUE(tally.add({1}, "main", regressed));
  EXPECT_EQ(tally.tracks().at("main").overruled_share(), .5);
}

TEST(verdict_tally, the_share_is_none_without_verdicts_and_at_most_one) {
  EXPECT_TRUE(std::isnan(track_verdicts{}.overruled_share()));
  verdict_tally tally;
  EXPECT_TRUE(tally.add({1}, "main", regressed));
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(tally.add("main", *overruling(wire::Verdict::REGRESSED, "m1")));
  EXPECT_EQ(tally.tracks().at("main").overruled_share(), 1);
}

} // namespace
} // namespace hive
