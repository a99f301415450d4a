#include "tests/actors/hive/hive_test.hpp"
#include "tests/support/soak.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <ranges>
#include <tuple>

// One certificate stands for one node, whatever ids it has created, and all replicas agree.

namespace hive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

/// The label of a card is its certificate's holder here; a card without one is not admitted.
caf::expected<attested> admit_by_label(const public_key&, wire::NodeCard::Reader card) {
  if (card.getLabels().size() == 0)
    return fail(ec::forbidden, "no certificate");
  return attested{card.getLabels()[0].cStr()};
}

const slot_checks by_label{admit_by_label, decode_slot};

std::string card_of_holder(const std::string& holder, int64_t written_at) {
  return to_packed(msg<wire::NodeCard>::build([&](wire::NodeCard::Builder out) {
    out.setName("node");
    out.setWrittenAt(written_at);
    out.initLabels(1).set(0, holder);
  }));
}

replica node(uint64_t number, const std::string& holder, int64_t age, replica_options options = {}) {
  replica out{keys_of(number), 1, by_label, options};
  write(out, card_name(), card_of_holder(holder, test_now - age));
  write(out, note("k"), "said by " + std::to_string(number));
  return out;
}

node_id id(uint64_t number) {
  return id_of(keys_of(number));
}

uint64_t refused(const replica& by, slot_refusal_reason why) {
  return by.counters().refused[static_cast<size_t>(why)];
}

TEST(replica_places, a_newer_node_of_a_certificate_takes_the_place_of_the_older_one) {
  auto self = node(1, "one", 0), older = node(2, "two", 50), newer = node(3, "two", 10);
  pull(self, older);
  EXPECT_EQ(*self.node_of("two"), id(2));
  pull(self, newer);
  EXPECT_EQ(*self.node_of("two"), id(3));
  EXPECT_THAT(self.origins(), UnorderedElementsAre(id(1), id(3)));
  EXPECT_THAT(self.take_forgotten(), ElementsAre(id(2)));
  EXPECT_THAT(self.take_forgotten(), IsEmpty());
  pull(self, older);
  EXPECT_EQ(refused(self, slot_refusal_reason::superseded), 1u);
  EXPECT_FALSE(self.quarantine_of(id(2))) << "it is nobody's fault";
  EXPECT_THAT(self.origins(), UnorderedElementsAre(id(1), id(3)));
}

TEST(replica_places, one_certificate_fills_no_table) {
  auto self = node(1, "one", 0);
  for (uint64_t n = 2; n < 1'102; ++n)
    pull(self, node(n, "stolen", 5'000 - static_cast<int64_t>(n)));
  EXPECT_THAT(self.origins(), UnorderedElementsAre(id(1), id(1'101)));
  pull(self, node(2'000, "honest", 0));
  EXPECT_TRUE(self.find(id(2'000), note("k")));
}

TEST(replica_places, this_node_is_not_forgotten_but_knows_that_it_is_superseded) {
  auto self = node(1, "one", 100);
  EXPECT_FALSE(self.newer_on_own_certificate());
  pull(self, node(2, "one", 200));
  EXPECT_THAT(self.origins(), ElementsAre(id(1))) << "an older one has no place";
  pull(self, node(3, "one", 50));
  auto rival = self.newer_on_own_certificate();
  ASSERT_TRUE(rival);
  EXPECT_EQ(rival->node, id(3));
  EXPECT_EQ(rival->card_written_at, test_now - 50);
  EXPECT_TRUE(self.find(id(1), note("k")));
  // The node takes its place back with a newer card.
  write(self, card_name(), card_of_holder("one", rival->card_written_at + 1));
  EXPECT_FALSE(self.newer_on_own_certificate());
  EXPECT_THAT(self.take_forgotten(), ElementsAre(id(3)));
}

TEST(replica_places, a_renewed_certificate_moves_the_place) {
  auto self = node(1, "one", 0), other = node(2, "old", 50);
  pull(self, other);
  write(other, card_name(), card_of_holder("new", test_now - 10));
  pull(self, other);
  EXPECT_EQ(self.node_of("old"), nullptr);
  EXPECT_EQ(*self.node_of("new"), id(2));
  EXPECT_TRUE(self.find(id(2), note("k")));
  EXPECT_THAT(self.take_forgotten(), IsEmpty());
}

TEST(replica_places, a_restart_forgets_what_is_not_admitted_any_more_and_all_but_one_of_a_certificate) {
  replica again{keys_of(1), 2, by_label};
  auto restore = [&](uint64_t number, const std::string& payload) {
    auto keys = keys_of(number);
    ASSERT_FALSE(again.restore(keys.public_part(), signed_slot(keys, card_name(), {1, 1}, payload)));
  };
  restore(1, card_of_holder("one", test_now));
  for (uint64_t n = 2; n < 60; ++n)
    restore(n, card_of_holder("two", test_now + static_cast<int64_t>(n)));
  restore(100, card_payload("of a CA that is not trusted any more"));
  again.end_restore();
  EXPECT_THAT(again.origins(), UnorderedElementsAre(id(1), id(59)));
  EXPECT_THAT(again.take_forgotten(), SizeIs(58));
}

TEST(replica_places, a_proof_against_a_superseded_node_takes_no_room) {
  auto self = node(1, "one", 0), liar = node(2, "two", 50);
  pull(self, liar);
  auto keys = keys_of(2);
  self.join(*forged_delta::with_proof(keys.public_part(), signed_slot(keys, note("a"), {1, 9}, "x"),
                                      signed_slot(keys, note("a"), {1, 9}, "y")),
            test_now);
  ASSERT_TRUE(self.quarantine_of(id(2)));
  pull(self, node(3, "two", 10));
  EXPECT_THAT(self.origins(), UnorderedElementsAre(id(1), id(3)));
}

/// Nodes start with new ids on a few certificates while the network is partitioned, and write meanwhile. Afterwards all
/// remaining replicas are equal and hold, for each certificate, the node with the newest card.
TEST(replica_places, all_replicas_come_to_the_same) {
  for (uint64_t seed = 1; seed <= (is_soak() ? 2'000 : 100); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    constexpr size_t count = 9, holders = 4;
    replica_options options{.origins = 3 + random() % count};
    std::vector<replica> all;
    std::vector<std::string> holder;
    std::vector<int64_t> time;
    for (size_t i = 0; i < count; ++i) {
      holder.push_back("h" + std::to_string(random() % holders));
      time.push_back(static_cast<int64_t>(random() % 50));
      all.push_back(node(100 + i, holder[i], time[i], options));
      time[i] = test_now - time[i];
    }
    for (int step = 0; step < 120; ++step) {
      auto a = random() % count, b = random() % count;
      if (a == b || (step < 60 && a % 2 != b % 2))
        continue;
      exchange(all[a], all[b], random());
      if (step < 90 && random() % 5 == 0) {
        time[a] += 1 + static_cast<int64_t>(random() % 40);
        write(all[a], card_name(), card_of_holder(holder[a], time[a]));
      }
    }
    // Only the node that counts for each certificate exchanges; the others are refused at the handshake.
    auto counts = [&](size_t i) {
      return std::ranges::none_of(std::views::iota(size_t{0}, count), [&](size_t j) {
        return holder[j] == holder[i] && std::tuple{time[j], id(100 + j)} > std::tuple{time[i], id(100 + i)};
      });
    };
    std::vector<size_t> ranked;
    for (size_t i = 0; i < count; ++i)
      if (counts(i))
        ranked.push_back(i);
    std::ranges::sort(ranked, std::greater{}, [&](size_t i) { return std::tuple{time[i], id(100 + i)}; });
    ranked.resize(std::min(ranked.size(), options.origins));
    for (int rounds = 0; rounds < 12; ++rounds)
      for (auto a : ranked)
        for (auto b : ranked)
          if (a != b)
            exchange(all[a], all[b], random());
    for (auto i : ranked) {
      ASSERT_EQ(all[i].root(), all[ranked[0]].root()) << i;
      ASSERT_THAT(all[i].origins(), SizeIs(ranked.size()));
      ASSERT_THAT(all[i].slots_of(id(100 + ranked.back())), SizeIs(2));
    }
  }
}

// -- nodes that a CA has forgotten -------------------------------------------------

TEST(replica_places, a_forgotten_node_is_gone_and_no_gossip_brings_it_back) {
  auto self = node(1, "one", 0), gone = node(2, "two", 50), other = node(3, "three", 50);
  pull(self, gone);
  pull(other, gone);
  self.bar({id(2)});
  EXPECT_THAT(self.take_forgotten(), ElementsAre(id(2)));
  EXPECT_EQ(self.key_of(id(2)), nullptr);
  pull(self, other);
  write(gone, card_name(), card_of_holder("another certificate", test_now));
  pull(self, gone);
  EXPECT_THAT(self.origins(), UnorderedElementsAre(id(1), id(3)));
  EXPECT_GE(refused(self, slot_refusal_reason::forgotten), 2u);
  self.bar({id(1)});
  EXPECT_TRUE(self.key_of(id(1))) << "a node goes on for itself";
}

/// What is forgotten takes no place, so that a table full of the dead is no end.
TEST(replica_places, a_full_table_of_dead_nodes_that_are_forgotten_has_room_for_new_ones) {
  auto self = node(1, "one", 0);
  std::set<node_id> dead;
  for (uint64_t n = 2; n <= 1'024; ++n) {
    pull(self, node(n, "dead" + std::to_string(n), 0));
    dead.insert(id(n));
  }
  ASSERT_EQ(self.origin_count(), 1'024u);
  auto older = node(5'000, "new", 100);
  pull(self, older);
  EXPECT_EQ(self.key_of(id(5'000)), nullptr) << "the table is full";
  self.bar(dead);
  EXPECT_EQ(self.origin_count(), 1u);
  for (uint64_t n = 5'000; n < 6'023; ++n)
    pull(self, node(n, "new" + std::to_string(n), 100));
  EXPECT_EQ(self.origin_count(), 1'024u);
}

/// The order in which replicas hear of slots and of the CA's list does not matter: in the end they are equal.
TEST(replica_places, replicas_with_one_list_agree_in_whatever_order_they_heard) {
  const auto seeds = is_soak() ? 10'000u : 1'000u;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    std::mt19937_64 random{seed};
    replica_options small;
    small.origins = 8;
    std::vector<replica> observers;
    for (uint64_t n = 1; n <= 3; ++n)
      observers.push_back(node(n, "observer" + std::to_string(n), 0, small));
    std::vector<replica> others;
    std::set<node_id> dead;
    for (uint64_t n = 10; n < 20; ++n) {
      others.push_back(node(n, "holder" + std::to_string(n), static_cast<int64_t>(1 + random() % 90)));
      if (others.size() % 2 == 0)
        dead.insert(id(n));
    }
    for (int step = 0; step < 60; ++step) {
      auto& into = observers[random() % observers.size()];
      switch (random() % 4) {
      case 0:
        into.bar(dead);
        break;
      case 1:
        pull(into, observers[random() % observers.size()]);
        break;
      default:
        pull(into, others[random() % others.size()]);
      }
    }
    for (auto& each : observers) {
      each.bar(dead);
      for (const auto& other : others)
        pull(each, other);
    }
    for (int round = 0; round < 3; ++round)
      for (auto& each : observers)
        for (auto& other : observers)
          if (&each != &other)
            pull(each, other);
    for (const auto& each : observers) {
      ASSERT_EQ(each.root(), observers.front().root()) << "seed " << seed;
      for (const auto& gone : dead)
        ASSERT_EQ(each.key_of(gone), nullptr) << "seed " << seed;
    }
  }
}

} // namespace
} // namespace hive
