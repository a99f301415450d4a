#include "analysis/anchor.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace hive::analysis {
namespace {

const std::vector<anchor_rate> two_actions{{"1", 0.80}, {"2", 0.90}};

TEST(anchor, moves_up_by_evidence_on_every_action) {
  // Wilson 90%: 176 of 200 begins at .837, 190 of 200 at .918.
  EXPECT_TRUE(moves_anchor(two_actions, std::vector<action_sample>{{"1", 200, 176}, {"2", 200, 190}}));
  EXPECT_TRUE(moves_anchor(two_actions, std::vector<action_sample>{{"2", 200, 190}, {"1", 200, 176}, {"3", 5, 0}}));
  // 168 of 200 is .84, but its interval begins at .793.
  EXPECT_FALSE(moves_anchor(two_actions, std::vector<action_sample>{{"1", 200, 168}, {"2", 200, 190}}));
  EXPECT_FALSE(moves_anchor(two_actions, std::vector<action_sample>{{"1", 200, 120}, {"2", 200, 200}}));
}

TEST(anchor, missing_evidence_moves_nothing) {
  EXPECT_FALSE(moves_anchor(two_actions, std::vector<action_sample>{{"1", 200, 200}}));
  EXPECT_FALSE(moves_anchor(two_actions, std::vector<action_sample>{{"1", 200, 200}, {"2", 199, 199}}));
  EXPECT_FALSE(moves_anchor(two_actions, {}));
  EXPECT_FALSE(moves_anchor({}, std::vector<action_sample>{{"1", 200, 200}}));
  EXPECT_FALSE(moves_anchor(std::vector<anchor_rate>{{"1", 1.0}}, std::vector<action_sample>{{"1", 10'000, 10'000}}));
}

TEST(anchor, a_new_lineage_begins_no_lower) {
  auto got = anchor_of_new_lineage(
    two_actions, std::vector<action_sample>{{"1", 200, 100}, {"2", 200, 190}, {"3", 200, 50}, {"4", 9, 9}});
  ASSERT_EQ(got.size(), 3u);
  EXPECT_EQ(got[0].rate, 0.80);
  EXPECT_EQ(got[1].rate, 0.95);
  EXPECT_EQ(got[2].action, "3");
  EXPECT_EQ(got[2].rate, 0.25);
}

TEST(anchor, decay_is_measured_against_it) {
  auto got = decayed_actions(two_actions, std::vector<action_sample>{{"1", 100, 76}, {"2", 1'000, 854}});
  ASSERT_EQ(got.size(), 1u) << "1 is exactly at the limit of .76";
  EXPECT_EQ(got[0].action, "2");
  EXPECT_DOUBLE_EQ(got[0].limit, 0.855);
  EXPECT_DOUBLE_EQ(*got[0].present, 0.854);
  auto gone = decayed_actions(two_actions, std::vector<action_sample>{{"1", 100, 90}, {"2", 0, 0}});
  ASSERT_EQ(gone.size(), 1u);
  EXPECT_EQ(gone[0].action, "2");
  EXPECT_FALSE(gone[0].present);
}

TEST(anchor, ten_small_losses_are_seen_from_it) {
  // Each loss of 4% passes the threshold rule against the one before; against the anchor the second is seen.
  std::vector<anchor_rate> anchor{{"1", 0.95}};
  double rate = 0.95;
  int seen_at = 0;
  for (int step = 1; step <= 10; ++step) {
    rate *= 0.96;
    auto runs = std::vector<action_sample>{{"1", 100'000, static_cast<uint32_t>(100'000 * rate)}};
    EXPECT_FALSE(moves_anchor(anchor, runs));
    if (seen_at == 0 && !decayed_actions(anchor, runs).empty())
      seen_at = step;
  }
  EXPECT_EQ(seen_at, 2);
}

} // namespace
} // namespace hive::analysis
