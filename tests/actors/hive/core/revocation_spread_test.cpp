#include "tests/actors/hive/core/core_network.hpp"

#include "platform/identity/revocation_list.hpp"
#include "tests/support/soak.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// A CA's revocation list reaches every node of a simulated hive, whatever fails meanwhile.

namespace hive {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr int64_t list_time = 1'800'000'000;

class revocation_spread : public testing::Test {
protected:
  static const certified_key& ca() {
    static const auto made = *make_ca("hive", list_time, list_time + 1'000'000);
    return made;
  }

  static std::string list(uint64_t number, std::set<node_id> nodes = {}, const certified_key& by = ca(),
                          int64_t when = list_time) {
    return revocation_list::sign(by, number, {{}, {}, std::move(nodes)}, when)->pem();
  }

  static core_network_options options_for(size_t nodes, uint64_t seed, double loss) {
    core_network_options out;
    out.nodes = nodes;
    out.seed = seed;
    out.loss = loss;
    out.adjust = [](hive_core_options& options) { options.trusted = {ca().cert}; };
    return out;
  }

  static uint64_t number_at(core_network& hive, size_t node) {
    return hive.at(node).held_revocations()->getLists()[0].getNumber();
  }

  static bool all_have_list(core_network& hive, uint64_t number) {
    for (size_t i = 0; i < hive.size(); ++i)
      if (hive.is_up(i) && number_at(hive, i) != number)
        return false;
    return true;
  }

  static bool nobody_knows(core_network& hive, size_t gone) {
    for (size_t i = 0; i < hive.size(); ++i)
      if (hive.is_up(i) && i != gone && hive.at(i).held().key_of(hive.id(gone)))
        return false;
    return true;
  }
};

TEST_F(revocation_spread, reaches_all_nodes_within_three_rounds) {
  std::chrono::microseconds worst{0};
  for (auto nodes : {2u, 5u, 12u, 31u}) {
    core_network hive{options_for(nodes, nodes, 0)};
    ASSERT_TRUE(hive.run_until([&] { return hive.all_know_all() && hive.agree(); }, 60s));
    hive.run(3s);
    ASSERT_FALSE(hive.give_revocations(nodes - 1, list(1)));
    auto took = hive.run_until([&] { return all_have_list(hive, 1); }, 3 * federation_profile{}.interval);
    ASSERT_TRUE(took) << nodes << " nodes";
    worst = std::max(worst, *took);
  }
  std::cout << "a list reached all of up to 31 nodes after at most "
            << static_cast<double>(worst.count()) / std::chrono::microseconds{federation_profile{}.interval}.count()
            << " rounds\n";
}

/// A lost packet is repeated later, a node was down and hears of it from those with whom it links then, and a forgotten
/// node that comes back is known to nobody.
TEST_F(revocation_spread, survives_loss_restarts_and_those_who_come_back) {
  const auto seeds = is_soak() ? 1'000u : 60u;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    auto nodes = 4 + random() % 6;
    core_network hive{options_for(nodes, seed, 0.1 * static_cast<double>(random() % 4))};
    ASSERT_TRUE(hive.run_until([&] { return hive.all_know_all() && hive.agree(); }, 120s));
    auto gone = 1 + random() % (nodes - 1), down = 1 + random() % (nodes - 1);
    hive.kill(gone);
    if (down != gone)
      hive.kill(down);
    hive.run(30s);
    ASSERT_FALSE(hive.give_revocations(0, list(1, {hive.id(gone)})));
    hive.run(std::chrono::milliseconds{random() % 2'000});
    if (down != gone)
      hive.start(down);
    if (random() % 2 == 0)
      hive.start(gone);
    ASSERT_TRUE(hive.run_until(
      [&] {
        for (size_t i = 0; i < hive.size(); ++i)
          if (hive.is_up(i) && i != gone && number_at(hive, i) != 1)
            return false;
        return nobody_knows(hive, gone);
      },
      120s));
    hive.run(10s);
    EXPECT_TRUE(nobody_knows(hive, gone)) << "gossip does not bring it back";
    for (size_t i = 0; i < hive.size(); ++i)
      if (i != gone && hive.is_up(i))
        hive.kill(i);
    hive.start(0);
    EXPECT_EQ(number_at(hive, 0), 1u) << "the list is on the disk";
    EXPECT_TRUE(nobody_knows(hive, gone));
  }
}

TEST_F(revocation_spread, refuses_older_forged_and_contradicting_lists) {
  core_network hive{options_for(2, 1, 0)};
  ASSERT_TRUE(hive.run_until([&] { return hive.all_know_all(); }, 60s));
  auto forger = *make_ca("hive", list_time, list_time + 1'000);
  node_id somebody{"00112233445566778899aabbccddeeff"};
  ASSERT_FALSE(hive.give_revocations(0, list(5)));
  EXPECT_FALSE(hive.give_revocations(0, list(5))) << "the same again is no fault";
  EXPECT_THAT(text_of(hive.give_revocations(0, list(4))), HasSubstr("older than list 5"));
  EXPECT_THAT(text_of(hive.give_revocations(0, list(5, {somebody}))), HasSubstr("other content"));
  EXPECT_THAT(text_of(hive.give_revocations(0, list(9, {}, forger))), HasSubstr("does not bear the signature"));
  EXPECT_THAT(text_of(hive.give_revocations(0, "nonsense")), HasSubstr("no revocation list"));
  EXPECT_THAT(text_of(hive.give_revocations(0, list(6, {hive.id(1)}))), HasSubstr("is active"));
  ASSERT_TRUE(hive.run_until([&] { return all_have_list(hive, 5); }, 10s));
  // A list of twenty years ago counts if its number is higher.
  ASSERT_FALSE(hive.give_revocations(1, list(6, {}, ca(), list_time - 630'000'000)));
  ASSERT_TRUE(hive.run_until([&] { return all_have_list(hive, 6); }, 10s));
}

/// Whoever is linked may send anything. Nothing of it is taken, and the node goes on.
TEST_F(revocation_spread, takes_nothing_forged_from_other_nodes) {
  core_network hive{options_for(3, 1, 0)};
  ASSERT_TRUE(hive.run_until([&] { return hive.all_know_all() && hive.agree(); }, 60s));
  ASSERT_FALSE(hive.give_revocations(0, list(5)));
  ASSERT_TRUE(hive.run_until([&] { return all_have_list(hive, 5); }, 10s));
  auto forger = *make_ca("hive", list_time, list_time + 1'000);
  auto good = revocation_list::sign(ca(), 6, {}, list_time)->der();
  std::vector<std::string> bad{revocation_list::sign(ca(), 4, {}, list_time)->der(),
                               revocation_list::sign(forger, 7, {}, list_time)->der(),
                               std::string(100'000, 'x'),
                               "x",
                               good + "x",
                               good.substr(0, good.size() - 1)};
  std::mt19937_64 random{1};
  for (int i = 0; i < 200; ++i) {
    bad.push_back(good);
    bad.back()[random() % good.size()] ^= static_cast<char>(1 + random() % 255);
  }
  for (const auto& each : bad)
    hive.ask_as(hive.id(1), 0, msg<wire::GossipQuestion>::build([&](wire::GossipQuestion::Builder out) {
                  auto root = hive.at(0).held().root();
                  out.setRoot({root.data(), root.size()});
                  auto known = out.initRevocations(1)[0];
                  known.setCa({reinterpret_cast<const kj::byte*>(each.data()), std::min<size_t>(each.size(), 31) + 1});
                  known.setNumber(UINT64_MAX);
                  out.initLists(1)[0].setList({reinterpret_cast<const kj::byte*>(each.data()), each.size()});
                }));
  EXPECT_EQ(number_at(hive, 0), 5u);
  ASSERT_FALSE(hive.give_revocations(2, list(7)));
  ASSERT_TRUE(hive.run_until([&] { return all_have_list(hive, 7); }, 10s));
}

} // namespace
} // namespace hive
