#include "actors/hive/members/member_event.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

wire::MemberChange change_of(std::optional<member_state> before, member_state after) {
  return to_event({node_id{"ab"}, before, after, "because"}, "node7")->getMembership().getChange();
}

TEST(member_event, names_the_change) {
  using enum member_state;
  EXPECT_EQ(change_of(std::nullopt, ACTIVE), wire::MemberChange::JOINED);
  EXPECT_EQ(change_of(std::nullopt, STALE), wire::MemberChange::STALE) << "known from others, and gone by then";
  EXPECT_EQ(change_of(ACTIVE, SUSPECT), wire::MemberChange::SUSPECTED);
  EXPECT_EQ(change_of(SUSPECT, ACTIVE), wire::MemberChange::BACK);
  EXPECT_EQ(change_of(SUSPECT, STALE), wire::MemberChange::STALE);
  EXPECT_EQ(change_of(STALE, DEAD), wire::MemberChange::DEAD);
  EXPECT_EQ(change_of(DEAD, ACTIVE), wire::MemberChange::BACK);
  EXPECT_EQ(change_of(ACTIVE, QUARANTINED), wire::MemberChange::QUARANTINED);
  EXPECT_EQ(change_of(QUARANTINED, ACTIVE), wire::MemberChange::BACK);
}

TEST(member_event, names_the_node_and_the_reason) {
  auto event = to_event({node_id{"ab"}, std::nullopt, member_state::ACTIVE, "because"}, "node7");
  EXPECT_EQ(event->getKind(), wire::EventKind::MEMBERSHIP);
  EXPECT_EQ(event->getMembership().getNode(), "ab");
  EXPECT_EQ(event->getMembership().getName(), "node7");
  EXPECT_EQ(event->getMembership().getReason(), "because");
}

} // namespace
} // namespace hive
