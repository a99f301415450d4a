#include "actors/hive/core/hearing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class hearing_test : public testing::Test {
protected:
  hearing_test() {
    hearing_.begin();
  }

  bool advance(std::chrono::milliseconds time = 0ms) {
    now_ += time;
    return hearing_.advance(known_, now_);
  }

  const node_id a_{"aa"}, b_{"bb"}, c_{"cc"};
  std::vector<node_id> known_{a_, b_, c_};
  tick_point now_{1h};
  hearing hearing_{{.settle = 5s, .patience = 30s, .enough = 8}};
};

TEST_F(hearing_test, is_over_without_a_begin) {
  hearing idle;
  EXPECT_TRUE(idle.is_over());
  EXPECT_FALSE(idle.advance({a_}, now_));
  EXPECT_EQ(idle.text(1), "");
}

TEST_F(hearing_test, ends_at_once_when_all_that_are_known_were_heard) {
  for (const auto& node : known_) {
    hearing_.link_up(node, now_);
    EXPECT_FALSE(advance());
    hearing_.heard(node);
  }
  EXPECT_TRUE(advance());
  EXPECT_FALSE(advance()) << "it ends once";
}

TEST_F(hearing_test, goes_on_for_ever_without_a_link) {
  EXPECT_FALSE(advance(1'000h));
  EXPECT_THAT(hearing_.text(3), HasSubstr("heard 0, linked with 0, knows 3"));
  EXPECT_THAT(hearing_.text(3), HasSubstr("hivectl node vouch"));
}

TEST_F(hearing_test, of_five_with_three_dead_one_is_heard_and_the_dead_are_waited_for_a_moment) {
  hearing_.link_up(a_, now_);
  hearing_.heard(a_);
  EXPECT_FALSE(advance(4'999ms));
  EXPECT_TRUE(advance(1ms));
}

TEST_F(hearing_test, a_linked_node_that_does_not_tell_is_waited_for_longer) {
  hearing_.link_up(a_, now_);
  hearing_.heard(a_);
  hearing_.link_up(b_, now_);
  EXPECT_FALSE(advance(29'999ms));
  EXPECT_TRUE(advance(1ms)) << "it cannot silence this node";
}

TEST_F(hearing_test, nothing_is_waited_for_longer_than_patience_although_nobody_told) {
  hearing_.link_up(a_, now_);
  EXPECT_FALSE(advance(29'999ms));
  EXPECT_TRUE(advance(1ms));
  EXPECT_EQ(hearing_.count(), 0U);
}

TEST_F(hearing_test, the_time_without_a_link_does_not_count) {
  hearing_.link_up(a_, now_);
  EXPECT_FALSE(advance(20s));
  hearing_.link_down(a_);
  EXPECT_FALSE(advance(1h));
  hearing_.link_up(b_, now_);
  EXPECT_FALSE(advance(29s));
  EXPECT_TRUE(advance(1s));
}

TEST_F(hearing_test, a_node_without_a_link_tells_nothing) {
  hearing_.heard(a_);
  EXPECT_EQ(hearing_.count(), 0U);
}

TEST_F(hearing_test, in_a_large_hive_enough_were_heard_soon) {
  known_.clear();
  for (int i = 0; i < 1'000; ++i)
    known_.push_back({std::to_string(i)});
  for (int i = 0; i < 8; ++i) {
    EXPECT_FALSE(advance());
    hearing_.link_up(known_[static_cast<size_t>(i)], now_);
    hearing_.heard(known_[static_cast<size_t>(i)]);
  }
  EXPECT_TRUE(advance());
}

TEST_F(hearing_test, a_node_that_knows_none_by_card_hears_the_one_that_it_joins) {
  known_.clear();
  EXPECT_FALSE(advance(1h));
  hearing_.link_up(a_, now_);
  EXPECT_FALSE(advance());
  hearing_.heard(a_);
  EXPECT_TRUE(advance());
}

TEST_F(hearing_test, the_operator_ends_it) {
  EXPECT_TRUE(hearing_.vouch());
  EXPECT_TRUE(hearing_.is_over());
  EXPECT_FALSE(hearing_.vouch());
}

} // namespace
} // namespace hive
