#pragma once

#include "actors/hive/members/membership.hpp"
#include "messages/ec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {

/// The members as node `self` sees them.
class membership_test : public testing::Test {
protected:
  static constexpr auto active = member_state::ACTIVE, suspect = member_state::SUSPECT, stale = member_state::STALE,
                        dead = member_state::DEAD, quarantined = member_state::QUARANTINED;
  static inline const node_id self{"self"}, peer{"peer"}, other{"other"};

  /// Lets this time pass with regular ticks, each with contact from the peers in `talking`.
  void pass(std::chrono::milliseconds time, const std::vector<node_id>& talking = {}) {
    for (auto end = now_ + time; now_ < end;) {
      now_ += std::chrono::milliseconds{500};
      for (const auto& each : talking)
        members_.confirm_alive(each, now_);
      members_.tick(now_);
    }
  }

  /// Adds a node that has no link; a claim says that it was in contact recently.
  void know(const node_id& node, uint64_t epoch = 1) {
    members_.learn_card(node, epoch, now_);
    vouch(node, std::chrono::milliseconds{0}, epoch);
  }

  void vouch(const node_id& node, std::chrono::milliseconds ago, uint64_t epoch = 1) {
    EXPECT_FALSE(members_.apply_claims({{node, {epoch, 0}, active, ago}}, now_));
  }

  caf::error claim(const node_id& node, incarnation about, member_state state) {
    return members_.apply_claims({{node, about, state}}, now_);
  }

  std::vector<member_state> shown_states(const node_id& node) {
    std::vector<member_state> out;
    for (const auto& change : members_.take_changes())
      if (change.node == node)
        out.push_back(change.after);
    return out;
  }

  tick_point now_{std::chrono::hours{1}};
  membership members_{self, 7, now_};
};

} // namespace hive
