#include "actors/hive/members/membership.hpp"
#include "messages/ec.hpp"
#include "tests/support/soak.hpp"

#include <deque>
#include <gtest/gtest.h>
#include <random>
#include <set>

namespace hive {
namespace {

using namespace std::chrono_literals;

constexpr auto active = member_state::ACTIVE, stale = member_state::STALE;

/// All nodes know each other from their stores, but only some are started, all at once. Their links form a line, so
/// most evidence is indirect. For any seed, all nodes finally consider the running ones active and the others stale,
/// never consider an absent node active, and notice the loss of the last node even without direct contact.
TEST(membership_convergence, no_node_is_active_without_evidence) {
  for (uint64_t seed = 1; seed <= (is_soak() ? 300 : 30); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    constexpr size_t nodes = 8;
    auto name = [](size_t i) { return node_id{"n" + std::to_string(i)}; };
    tick_point now{1h};
    std::set<size_t> absent;
    for (auto gone = 1 + random() % 3; absent.size() < gone;)
      absent.insert(random() % nodes);
    std::vector<size_t> running;
    for (size_t i = 0; i < nodes; ++i)
      if (!absent.contains(i))
        running.push_back(i);
    std::deque<membership> all;
    for (size_t i = 0; i < nodes; ++i) {
      all.emplace_back(name(i), 2, now);
      for (size_t j = 0; j < nodes; ++j)
        all[i].learn_card(name(j), 2, now);
    }
    auto n = running.size();
    auto pass = [&](int ticks, size_t first) { // nodes before `first` in the line have ended
      for (int t = 0; t < ticks; ++t) {
        now += 500ms;
        for (auto at = first; at < n; ++at) {
          auto a = running[at];
          for (auto to : {at + 1, at - 1}) {
            if (to < first || to >= n)
              continue;
            auto b = running[to];
            all[a].confirm_alive(name(b), now);
            if (t % 2 == 0 && random() % 3 > 0) {
              auto sent = all[b].claims_to_send(8, all[a].lacks_evidence());
              ASSERT_FALSE(all[a].apply_claims(sent, now));
            }
          }
          all[a].tick(now);
          for (auto gone : absent) {
            ASSERT_NE(all[a].state_of(name(gone)), active) << a << " of " << gone;
          }
        }
      }
    };
    for (size_t at = 0; at + 1 < n; ++at) {
      all[running[at]].link_up(name(running[at + 1]), 2, now);
      all[running[at + 1]].link_up(name(running[at]), 2, now);
    }
    pass(200, 0);
    for (auto a : running)
      for (size_t b = 0; b < nodes; ++b)
        if (a != b) {
          ASSERT_EQ(all[a].state_of(name(b)), absent.contains(b) ? stale : active) << a << " of " << b;
        }
    // The two at the end of the line fail together: no remaining node had contact with the outer one.
    all[running[2]].link_down(name(running[1]), "lost", now);
    pass(200, 2);
    for (auto at = size_t{2}; at < n; ++at)
      for (auto gone : {running[0], running[1]}) {
        ASSERT_EQ(all[running[at]].state_of(name(gone)), stale) << running[at] << " of " << gone;
      }
  }
}

/// A partial mesh in which one node is stopped, one is silent for a while, and claims are lost or repeated. In the end,
/// all nodes consider the live ones active and the stopped one stale.
TEST(membership_convergence, all_agree_on_the_members) {
  for (uint64_t seed = 1; seed <= (is_soak() ? 300 : 30); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    constexpr size_t nodes = 12, ring = 3;
    auto name = [](size_t i) { return node_id{"n" + std::to_string(i)}; };
    tick_point now{1h};
    std::deque<membership> all;
    for (size_t i = 0; i < nodes; ++i)
      all.emplace_back(name(i), 1, now);
    auto linked = [](size_t a, size_t b) { return (a + nodes - b) % nodes <= ring || (b + nodes - a) % nodes <= ring; };
    for (size_t a = 0; a < nodes; ++a)
      for (size_t b = 0; b < nodes; ++b)
        if (a != b)
          linked(a, b) ? all[a].link_up(name(b), 1, now) : all[a].learn_card(name(b), 1, now);
    auto gone = random() % nodes, slow = (gone + 1 + random() % (nodes - 1)) % nodes;
    for (int t = 0; t < 120; ++t) {
      now += 500ms;
      bool slow_is_silent = t < 14;
      for (size_t a = 0; a < nodes; ++a) {
        if (a == gone)
          continue;
        for (size_t b = 0; b < nodes; ++b)
          if (b != a && b != gone && linked(a, b) && !(b == slow && slow_is_silent))
            all[a].confirm_alive(name(b), now);
        all[a].tick(now);
        for (size_t b = 0; b < nodes; ++b)
          if (b != gone && b != a && linked(a, b) && random() % 3 > 0) {
            auto claims = all[a].claims_to_send(8, all[b].lacks_evidence());
            ASSERT_FALSE(all[b].apply_claims(claims, now));
            if (random() % 4 == 0) {
              ASSERT_FALSE(all[b].apply_claims(claims, now));
            }
          }
      }
    }
    for (size_t a = 0; a < nodes; ++a)
      for (size_t b = 0; b < nodes; ++b)
        if (a != b && a != gone) {
          ASSERT_EQ(all[a].state_of(name(b)), b == gone ? stale : active) << a << " of " << b;
        }
  }
}

} // namespace
} // namespace hive
