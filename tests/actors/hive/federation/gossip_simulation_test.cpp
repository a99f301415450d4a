#include "tests/actors/hive/hive_test.hpp"
#include "tests/actors/hive/members/view_network.hpp"
#include "tests/support/soak.hpp"

#include <bit>
#include <future>
#include <gtest/gtest.h>

// How many rounds one write needs to reach every node, and how many bytes that takes.
//
// Real replicas, with signatures, exchange what the real code says. In a round each node starts an exchange with two
// others: it offers its root (message 1); where the other's root differs, that one answers with its digest (2), gets
// what it lacks with the first one's digest (3), and sends back what that one lacks (4). An exchange breaks off with
// the given probability, at any of its messages alike: a link between nodes repeats lost packets itself, what is lost
// is the rest of an exchange. All exchanges of a round work on the state from before it, so that nothing travels two
// hops in a round; nodes that are not in step are faster. Only the writer has a slot: a card. A node with nothing to
// tell is lighter, but decides no differently.
//
// Bytes are those of the messages' contents, without the transport's. Nothing is said about time.

namespace hive {
namespace {

constexpr size_t fan_out = 2;

enum class topology { mesh, active_views };

struct spread {
  size_t rounds = 0;
  uint64_t bytes = 0;
};

constexpr size_t max_nodes = view_network::max_nodes;

const key_pair& keys_of_node(size_t node) {
  static const auto all = [] {
    std::vector<key_pair> out;
    for (size_t i = 0; i < max_nodes; ++i)
      out.push_back(keys_of(1'000 + i));
    return out;
  }();
  return all.at(node);
}

class simulation {
public:
  simulation(size_t nodes, double loss, uint64_t seed, const view_network* views)
      : loss_{loss}, random_{seed}, views_{views} {
    for (size_t i = 0; i < nodes; ++i)
      nodes_.emplace_back(keys_of_node(i), 1, admit_all);
  }

  replica& operator[](size_t node) {
    return nodes_[node];
  }

  /// Returns the bytes that went over the network.
  uint64_t round() {
    uint64_t bytes = 0;
    std::vector<std::pair<size_t, msg<wire::HiveDelta>>> arriving;
    for (size_t from = 0; from < nodes_.size(); ++from)
      for (auto to : partners_of(from))
        bytes += exchange(from, to, arriving);
    for (const auto& [to, delta] : arriving) {
      auto got = nodes_[to].join(*delta, test_now);
      for (const auto& refused : got.refused)
        ADD_FAILURE() << refused.text;
    }
    return bytes;
  }

  bool agrees() const {
    return std::ranges::all_of(nodes_, [&](const replica& each) { return each.root() == nodes_[0].root(); });
  }

private:
  std::vector<size_t> partners_of(size_t node) {
    std::vector<size_t> out;
    if (views_) {
      std::ranges::sample(views_->links_of(node), std::back_inserter(out), fan_out, random_);
      return out;
    }
    while (out.size() < std::min(fan_out, nodes_.size() - 1)) {
      auto other = static_cast<size_t>(random_() % nodes_.size());
      if (other != node && std::ranges::find(out, other) == out.end())
        out.push_back(other);
    }
    return out;
  }

  uint64_t exchange(size_t a, size_t b, std::vector<std::pair<size_t, msg<wire::HiveDelta>>>& arriving) {
    constexpr int messages = 4;
    bool breaks = std::uniform_real_distribution{}(random_) < loss_;
    auto arrived = breaks ? static_cast<int>(random_() % messages) : messages;
    uint64_t bytes = sizeof(root_hash);
    if (nodes_[a].root() == nodes_[b].root() || arrived < 1)
      return bytes;
    bytes += nodes_[b].digest().bytes().size();
    if (arrived < 2)
      return bytes;
    auto for_b = nodes_[a].delta_for(*nodes_[b].digest(), test_budget, random_());
    bytes += for_b.bytes().size() + nodes_[a].digest().bytes().size();
    if (arrived < 3)
      return bytes;
    auto for_a = nodes_[b].delta_for(*nodes_[a].digest(), test_budget, random_());
    bytes += for_a.bytes().size();
    if (for_b->getOrigins().size() > 0)
      arriving.emplace_back(b, std::move(for_b));
    if (arrived == messages && for_a->getOrigins().size() > 0)
      arriving.emplace_back(a, std::move(for_a));
    return bytes;
  }

  double loss_;
  std::mt19937_64 random_;
  const view_network* views_;
  std::vector<replica> nodes_;
};

spread spread_one_write(simulation& hive, size_t nodes, uint64_t seed) {
  auto writer = static_cast<size_t>(seed % nodes);
  write(hive[writer], card_name(), card_payload("writer"));
  spread out;
  constexpr size_t far_too_many = 100;
  while (!hive.agrees() && out.rounds < far_too_many) {
    out.bytes += hive.round();
    ++out.rounds;
  }
  return out;
}

/// The 99th of 100, or the worst where there are fewer.
size_t p99(std::vector<spread> all) {
  std::ranges::sort(all, {}, &spread::rounds);
  return all[(all.size() * 99 + 99) / 100 - 1].rounds;
}

constexpr uint64_t seeds_per_overlay = 10;

/// Settled overlays, each for so many seeds; none for a full mesh.
std::vector<view_network> overlays_of(size_t nodes, topology where, uint64_t seeds) {
  std::vector<view_network> out;
  for (uint64_t seed = 1; where == topology::active_views && seed <= seeds; seed += seeds_per_overlay)
    out.emplace_back(nodes, seed).run(40);
  return out;
}

/// Of every seed; on two threads, which share nothing that changes.
std::vector<spread> spreads(size_t nodes, double loss, uint64_t seeds, const std::vector<view_network>& overlays) {
  std::vector<spread> out(seeds);
  auto work = [&](uint64_t first) {
    for (uint64_t seed = first; seed <= seeds; seed += 2) {
      simulation hive{nodes, loss, seed, overlays.empty() ? nullptr : &overlays[(seed - 1) / seeds_per_overlay]};
      out[seed - 1] = spread_one_write(hive, nodes, seed);
    }
  };
  auto other = std::async(std::launch::async, work, 2);
  work(1);
  other.get();
  return out;
}

void expect_spread(size_t nodes, topology where, uint64_t seeds) {
  auto log = static_cast<size_t>(std::bit_width(nodes - 1));
  auto most = log + (where == topology::mesh ? 2 : 4);
  auto overlays = overlays_of(nodes, where, seeds);
  for (double loss : {0.0, 0.1, 0.3}) {
    auto all = spreads(nodes, loss, seeds, overlays);
    uint64_t bytes = 0, rounds = 0;
    for (const auto& each : all) {
      bytes += each.bytes;
      rounds += each.rounds;
    }
    auto worst = std::ranges::max(all, {}, &spread::rounds).rounds;
    std::printf(
      "%4zu nodes, %s, loss %2.0f %%, seeds 1 to %lu: p99 %zu rounds (at most %zu), worst %zu, %.0f bytes per "
      "node and round\n",
      nodes, where == topology::mesh ? "full mesh   " : "active views", loss * 100, static_cast<unsigned long>(seeds),
      p99(all), most, worst, static_cast<double>(bytes) / static_cast<double>(rounds * nodes));
    EXPECT_LE(p99(all), most) << nodes << " nodes, loss " << loss;
  }
}

TEST(gossip_simulation, a_write_spreads_in_a_full_mesh) {
  for (size_t nodes : {3, 5, 10, 32, 100})
    expect_spread(nodes, topology::mesh, is_soak() ? 300 : 30);
  if (is_soak())
    for (size_t nodes : {316, 1'000})
      expect_spread(nodes, topology::mesh, 300);
}

TEST(gossip_simulation, a_write_spreads_over_active_views) {
  expect_spread(100, topology::active_views, is_soak() ? 300 : 10);
  if (is_soak())
    for (size_t nodes : {33, 316, 1'000})
      expect_spread(nodes, topology::active_views, 300);
}

TEST(gossip_simulation, bytes_of_32_nodes_idle_and_busy) {
  constexpr size_t nodes = 32;
  simulation hive{nodes, 0, 1, nullptr};
  auto report = [](const char* when, uint64_t bytes, int rounds) {
    std::printf("32 nodes, %s: %.0f bytes per node and round\n", when,
                static_cast<double>(bytes) / static_cast<double>(nodes) / rounds);
  };
  for (size_t i = 0; i < nodes; ++i)
    write(hive[i], card_name(), card_payload("node" + std::to_string(i)));
  uint64_t bytes = 0;
  int rounds = 0;
  for (; !hive.agrees() && rounds < 50; ++rounds)
    bytes += hive.round();
  report("until all know all cards", bytes, rounds);
  ASSERT_TRUE(hive.agrees());
  bytes = 0;
  for (int i = 0; i < 10; ++i)
    bytes += hive.round();
  report("idle", bytes, 10);
  EXPECT_EQ(bytes, nodes * fan_out * 10 * sizeof(root_hash)) << "roots and nothing else";
  bytes = 0;
  analysis::learned_tool tool{"bug_fix", "aider", analysis::sums_of_record(1'000'000, true)};
  for (int i = 0; i < 10; ++i) {
    for (size_t node = 0; node < nodes; ++node) {
      tool.sums += analysis::sums_of_record(1'000'000, true);
      auto slots = to_tool_slots({tool});
      write(hive[node], {slot_kind::tool_stats, slots.begin()->first}, slots.begin()->second);
    }
    bytes += hive.round();
  }
  report("each writes one slot a round", bytes, 10);
}

} // namespace
} // namespace hive
