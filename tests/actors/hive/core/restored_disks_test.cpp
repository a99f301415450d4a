#include "tests/actors/hive/core/core_network.hpp"
#include "tests/actors/hive/core/pledges.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/soak.hpp"

#include <gtest/gtest.h>

// Hives of real cores whose nodes crash, lose power together, are parted, and are started on earlier copies of their
// disks, at random. After every step: no honest node is quarantined on any node. A liar that is none of the nodes signs
// two pledges that contradict each other; at the end it is quarantined on all, and stays so over restarts. The same
// runs with a fault planted show that the invariants can fail.

namespace hive {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

constexpr uint64_t liars_number = 666;
constexpr uint64_t liars_run = 5;

/// What a run found wrong; empty when nothing.
using breach = std::string;

/// How the slots of the liar reach the nodes.
enum class lie_kind : uint8_t {
  none,
  to_two_nodes,  ///< each gets one
  in_order,      ///< one node gets both
  in_reverse,    ///< one node gets the later one first
  behind_another ///< one node gets the contradicted one after a harmless one that replaced it
};
constexpr size_t lies = 5;

core_network_options faultless(uint64_t seed) {
  core_network_options out{.nodes = 3 + seed % 3, .seed = seed, .loss = seed % 4 == 0 ? .05 : 0};
  out.topics.push_back(pledge_rules());
  return out;
}

/// One run: a hive and what has been done to it.
class troubled_hive {
public:
  troubled_hive(core_network_options options, bool is_parted)
      : random_{options.seed * 7 + 1}, lie_{static_cast<lie_kind>(options.seed % lies)},
        is_parted_{is_parted}, hive_{std::move(options)}, copies_(hive_.size()), lives_(hive_.size(), 1),
        ballots_(hive_.size(), 0) {
  }

  breach run() {
    hive_.run_until([&] { return hive_.all_know_all(); }, 60s);
    for (size_t each = 0; each < hive_.size(); ++each)
      copies_[each].push_back(hive_.disk_of(each));
    for (int i = 0; i < 12; ++i) {
      step();
      hive_.run(microseconds{random_() % 2'000'000});
      if (auto wrong = honest_ones_in_quarantine(); !wrong.empty())
        return wrong;
    }
    return end();
  }

  /// Puts an earlier disk of a single node back while all others are up and linked, and nothing else happens.
  breach set_back_one() {
    hive_.run_until([&] { return hive_.all_know_all(); }, 60s);
    hive_.run(1s); // until all is stored
    auto victim = pick();
    copies_[victim].push_back(hive_.disk_of(victim));
    for (int lives = static_cast<int>(random_() % 3); lives >= 0; --lives) {
      pledge(victim);
      hive_.run(microseconds{random_() % 2'000'000 + 500'000});
      restart(victim);
      hive_.run(8s); // past the settling of hearing
    }
    restart(victim, true);
    hive_.run(10s);
    pledge(victim);
    hive_.run(5s);
    return honest_ones_in_quarantine();
  }

  const core_network& network() const {
    return hive_;
  }

private:
  size_t pick() {
    return static_cast<size_t>(random_() % hive_.size());
  }

  /// Each life of a node pledges from ballot 1 on, with a word of its own, as one that forgot the earlier life.
  void pledge(size_t node) {
    if (hive_.is_up(node))
      hive_.publish(node, {pledges, {{"p", std::to_string(++ballots_[node]) + ":" + std::to_string(lives_[node])}}});
  }

  void restart(size_t node, bool with_old_disk = false) {
    if (hive_.is_up(node))
      hive_.kill(node);
    auto& copies = copies_[node];
    if (with_old_disk)
      hive_.set_back(node, copies[static_cast<size_t>(random_() % copies.size())]);
    if (random_() % 2 == 0)
      hive_.lose_note(node);
    ++lives_[node];
    ballots_[node] = 0;
    hive_.start(node);
    pledge(node);
  }

  void step() {
    auto node = pick();
    switch (random_() % 8) {
    case 0:
    case 1:
      return pledge(node);
    case 2:
      copies_[node].push_back(hive_.disk_of(node));
      return;
    case 3:
      return restart(node);
    case 4:
      return restart(node, true);
    case 5: // power loss, with one disk set back
      for (size_t each = 0; each < hive_.size(); ++each)
        if (hive_.is_up(each))
          hive_.kill(each);
      for (size_t each = 0; each < hive_.size(); ++each)
        restart(each, each == node && random_() % 2 == 0);
      return;
    case 6:
      return part();
    default:
      tell_lie();
    }
  }

  void part() {
    if (!is_parted_)
      return;
    std::set<size_t> left, right;
    for (size_t each = 0; each < hive_.size(); ++each)
      (random_() % 2 == 0 ? left : right).insert(each);
    if (random_() % 2 == 0)
      hive_.partition({left, right});
    else
      hive_.partition({});
  }

  // -- the liar -------------------------------------------------------------------

  static slot_ptr of_liar(uint64_t version, const std::string& payload) {
    return signed_slot(keys_of(liars_number), version == 1 ? card_name() : slot_name{pledges, "p"},
                       {1, liars_run << write_count_bits | version}, payload);
  }

  void send(size_t node, std::vector<slot_ptr> slots) {
    auto card = of_liar(1, card_payload("liar"));
    std::vector<slot_ptr> all{card};
    all.insert(all.end(), slots.begin(), slots.end());
    static constexpr root_hash no_root{};
    auto delta = forged_delta{keys_of(liars_number).public_part(), {}, all, card}.make();
    hive_.ask_as(id_of(keys_of(liars_number)), node,
                 msg<wire::GossipQuestion>::build([&](wire::GossipQuestion::Builder out) {
                   out.setRoot({no_root.data(), no_root.size()});
                   out.initDigest();
                   out.setDelta(*delta);
                 }));
  }

  void tell_lie() {
    auto node = pick();
    auto other = (node + 1) % hive_.size();
    if (lie_ == lie_kind::none || has_lied_ || !hive_.is_up(node) || !hive_.is_up(other))
      return;
    has_lied_ = true;
    auto yes = of_liar(2, "7:yes"), no = of_liar(3, "7:no"), next = of_liar(4, "8:yes");
    switch (lie_) {
    case lie_kind::none:
      return;
    case lie_kind::to_two_nodes:
      send(node, {yes});
      return send(other, {no});
    case lie_kind::in_order:
      send(node, {yes});
      return send(node, {no});
    case lie_kind::in_reverse:
      send(node, {no});
      return send(node, {yes});
    case lie_kind::behind_another:
      send(node, {yes});
      send(node, {next});
      return send(node, {no});
    }
  }

  // -- invariants -----------------------------------------------------------------

  breach honest_ones_in_quarantine() {
    for (size_t by = 0; by < hive_.size(); ++by)
      for (size_t of = 0; of < hive_.size() && hive_.is_up(by); ++of)
        if (auto* why = hive_.at(by).held().quarantine_of(hive_.id(of)))
          return "node " + std::to_string(of) + " is quarantined on node " + std::to_string(by) + ": " + why->text;
    return {};
  }

  bool has_heard(size_t node) {
    return (*hive_.at(node).status({hive_.now(), test_now})).getHearing().size() == 0;
  }

  bool is_quiet() {
    for (size_t node = 0; node < hive_.size(); ++node)
      if (!has_heard(node))
        return false;
    return hive_.agree();
  }

  breach disagreement() {
    breach out = "the nodes do not agree:";
    for (size_t node = 0; node < hive_.size(); ++node) {
      out += "\nnode " + std::to_string(node) + " with " + std::to_string(hive_.links_of(node)) + " links" +
             (has_heard(node) ? "" : ", which has not heard") + ":";
      for (size_t of = 0; of < hive_.size(); ++of) {
        auto highest = hive_.at(node).held().highest_of(hive_.id(of));
        out += " " + std::to_string(highest.epoch) + "/" + std::to_string(highest.version);
      }
      auto of_liar = hive_.at(node).held().slots_of(id_of(keys_of(liars_number)));
      auto* why = hive_.at(node).held().quarantine_of(id_of(keys_of(liars_number)));
      out += ", " + std::to_string(of_liar.size()) + " slots of the liar" + (why ? ": " + why->text : "");
    }
    return out;
  }

  /// All come back, and agree; nobody waits any more. A lie may have been lost with a disk, so it is told again. Then
  /// they restart together.
  breach end() {
    hive_.partition({});
    for (size_t node = 0; node < hive_.size(); ++node)
      if (!hive_.is_up(node))
        restart(node);
    if (!hive_.run_until([&] { return is_quiet(); }, 120s))
      return disagreement();
    if (std::exchange(has_lied_, false))
      tell_lie();
    for (int life = 0; life < 2; ++life) {
      if (!hive_.run_until([&] { return is_quiet(); }, 120s))
        return disagreement();
      if (auto wrong = honest_ones_in_quarantine() + liar_at_large(); !wrong.empty())
        return wrong;
      hive_.run(1s); // until all is stored
      for (size_t node = 0; node < hive_.size() && life == 0; ++node)
        restart(node);
    }
    return {};
  }

  breach liar_at_large() {
    for (size_t node = 0; node < hive_.size() && has_lied_; ++node) {
      auto* why = hive_.at(node).held().quarantine_of(id_of(keys_of(liars_number)));
      if (!why || why->why != quarantine::kind::contradiction)
        return "the liar is not found out by node " + std::to_string(node) + "; " + disagreement();
    }
    return {};
  }

  std::mt19937_64 random_;
  lie_kind lie_;
  bool is_parted_;
  bool has_lied_ = false;
  core_network hive_;
  std::vector<std::vector<core_disk>> copies_;
  std::vector<uint64_t> lives_;
  std::vector<uint64_t> ballots_;
};

/// Finds something wrong within so many runs; empty when nothing is.
breach search_breach(uint64_t runs, uint64_t base, bool is_parted,
                     const std::function<void(hive_core_options&)>& fault = {}) {
  for (uint64_t seed = base; seed < base + runs; ++seed) {
    auto options = faultless(seed);
    options.adjust = fault;
    if (auto wrong = troubled_hive{options, is_parted}.run(); !wrong.empty())
      return "seed " + std::to_string(seed) + ": " + wrong;
  }
  return {};
}

TEST(restored_disks, no_honest_node_is_quarantined_and_every_liar_is) {
  const uint64_t runs = is_soak() ? 50'000 : 1'000;
  auto base = random_seed();
  std::printf("%lu hives, seeds from %u\n", static_cast<unsigned long>(runs), base);
  EXPECT_EQ(search_breach(runs, base, true), "");
}

TEST(restored_disks, an_epoch_is_used_once_when_the_others_are_there) {
  auto base = random_seed();
  for (uint64_t seed = base; seed < base + 100; ++seed) {
    troubled_hive one{faultless(seed), false};
    ASSERT_EQ(one.set_back_one(), "") << "seed " << seed;
    ASSERT_EQ(one.network().epochs_used_twice(), 0U) << "seed " << seed;
  }
}

// -- planted faults ------------------------------------------------------------------

void without_runs(hive_core_options& options) {
  options.run = 0;
}

void without_hearing(hive_core_options& options) {
  options.hears = false;
}

TEST(restored_disks, a_node_that_neither_hears_nor_tells_its_runs_apart_is_found) {
  auto found = search_breach(200, 1, false, [](hive_core_options& options) {
    without_runs(options);
    without_hearing(options);
  });
  EXPECT_NE(found.find("is quarantined on node"), std::string::npos) << found;
}

TEST(restored_disks, a_node_that_does_not_tell_its_runs_apart_is_found_behind_a_partition) {
  auto found = search_breach(1'000, 1, true, without_runs);
  EXPECT_NE(found.find("is quarantined on node"), std::string::npos) << found;
}

TEST(restored_disks, a_node_that_does_not_hear_uses_an_epoch_twice) {
  size_t twice = 0;
  for (uint64_t seed = 1; seed < 50; ++seed) {
    auto options = faultless(seed);
    options.adjust = without_hearing;
    troubled_hive one{options, false};
    one.set_back_one();
    twice += one.network().epochs_used_twice();
  }
  EXPECT_GT(twice, 0U);
}

} // namespace
} // namespace hive
