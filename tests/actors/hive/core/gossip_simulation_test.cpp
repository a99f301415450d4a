#include "tests/actors/hive/core/core_network.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/soak.hpp"
#include "tests/support/told_tools.hpp"

#include <gtest/gtest.h>

// Hives of real cores on simulated time: measures how long a write takes to reach every node, by pushes and by rounds,
// and what it costs; checks that nothing is lost when nodes and links come and go. The model has no processors: 0.5 to
// 5 ms per message, 3 ms per disk write, 200 ms to retransmit a lost packet.

namespace hive {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

double in_ms(microseconds time) {
  return static_cast<double>(time.count()) / 1e3;
}

publish_slots tools_with(uint64_t records) {
  analysis::learned_tool tool{"bug_fix", "aider", {}};
  for (uint64_t i = 0; i < records; ++i)
    tool.sums += analysis::sums_of_record(1'000'000, true);
  return {tool_stats_kind, to_tool_slots({tool})};
}

const slot_name tools_slot{tool_stats_kind, tool_bucket_of("bug_fix")};

/// A hive in which all nodes know each other and the overlay has settled.
core_network settled(core_network_options options) {
  core_network out{std::move(options)};
  EXPECT_TRUE(out.run_until([&] { return out.all_know_all(); }, 300s));
  out.run(30s);
  return out;
}

struct spread {
  std::vector<microseconds> times; ///< sorted
  double messages = 0;             ///< per write and node
  double bytes = 0;

  microseconds at(double share) const {
    return times[static_cast<size_t>(static_cast<double>(times.size() - 1) * share)];
  }
};

/// Random nodes write in turn.
spread spread_writes(core_network& hive, size_t writes, uint64_t seed) {
  std::mt19937_64 random{seed};
  spread out;
  for (size_t i = 0; i < writes; ++i) {
    hive.run(microseconds{random() % 3'000'000}); // at a random time within a round
    auto before = hive.sent();
    auto writer = static_cast<size_t>(random() % hive.size());
    auto slots = tools_with(i + 1);
    hive.publish(writer, slots);
    auto took = hive.run_until(
      [&] {
        auto held = hive.at(writer).held().find(hive.id(writer), tools_slot);
        return held && held->payload == slots.payloads.begin()->second && hive.all_have(writer, tools_slot);
      },
      100s);
    EXPECT_TRUE(took) << "write " << i;
    out.times.push_back(took.value_or(100s));
    auto per_node = static_cast<double>(hive.size() * writes);
    out.messages += static_cast<double>(hive.sent().messages - before.messages) / per_node;
    out.bytes += static_cast<double>(hive.sent().bytes - before.bytes) / per_node;
  }
  std::ranges::sort(out.times);
  return out;
}

void expect_spread(size_t nodes, double loss, size_t writes, microseconds median, microseconds worst) {
  HIVE_RANDOM_SEED(seed);
  auto hive = settled({.nodes = nodes, .seed = seed, .loss = loss});
  auto got = spread_writes(hive, writes, seed);
  std::printf(
    "%4zu nodes, loss %2.0f %%, seed %lu, %zu writes: median %.0f ms, 99th of 100 %.0f ms, worst %.0f ms; per "
    "node and write %.1f messages, %.0f bytes\n",
    nodes, loss * 100, static_cast<unsigned long>(seed), writes, in_ms(got.at(.5)), in_ms(got.at(.99)),
    in_ms(got.at(1)), got.messages, got.bytes);
  EXPECT_LE(got.at(.5).count(), median.count());
  EXPECT_LE(got.at(1).count(), worst.count());
}

TEST(gossip_simulation, a_write_is_everywhere_at_once) {
  for (size_t nodes : {3, 10, 32, 64})
    expect_spread(nodes, 0, is_soak() ? 300 : 30, 60ms, 500ms);
  if (is_soak())
    for (size_t nodes : {100, 316, 1'000})
      expect_spread(nodes, 0, 300, 100ms, 500ms);
}

TEST(gossip_simulation, a_write_is_everywhere_soon_on_links_that_lose_packets) {
  for (double loss : {.1, .3})
    for (size_t nodes : {3, 10, 32, 64})
      expect_spread(nodes, loss, is_soak() ? 300 : 20, 1s, 10s);
  if (is_soak())
    for (double loss : {.1, .3})
      for (size_t nodes : {100, 316, 1'000})
        expect_spread(nodes, loss, 300, 1s, 10s);
}

TEST(gossip_simulation, nodes_that_do_not_know_pushes_are_in_time_too) {
  constexpr size_t nodes = 32;
  auto hive =
    settled({.nodes = nodes, .seed = random_seed(), .knows_pushes = [](size_t node) { return node % 4 == 0; }});
  auto got = spread_writes(hive, 20, 1);
  std::printf("%zu nodes, three in four of an earlier version: median %.0f ms, worst %.0f ms\n", nodes,
              in_ms(got.at(.5)), in_ms(got.at(1)));
  EXPECT_LE(got.at(1).count(), microseconds{10s}.count()) << "log2 of the nodes, and some more rounds";
}

TEST(gossip_simulation, nodes_that_are_killed_and_started_again_miss_nothing) {
  HIVE_RANDOM_SEED(seed);
  constexpr size_t nodes = 24;
  auto hive = settled({.nodes = nodes, .seed = seed, .loss = .1});
  std::mt19937_64 random{seed};
  for (int i = 0; i < (is_soak() ? 300 : 30); ++i) {
    auto victim = static_cast<size_t>(1 + random() % (nodes - 1));
    hive.kill(victim);
    hive.publish(0, tools_with(static_cast<uint64_t>(i) + 1));
    hive.publish((victim + 1) % nodes, tools_with(static_cast<uint64_t>(i) + 7));
    hive.run(microseconds{random() % 5'000'000});
    hive.start(victim);
    hive.publish(victim, tools_with(static_cast<uint64_t>(i) + 3));
    ASSERT_TRUE(hive.run_until([&] { return hive.agree() && hive.all_have(victim, tools_slot); }, 120s))
      << "kill " << i << ", seed " << seed;
  }
}

TEST(gossip_simulation, a_parted_hive_agrees_again) {
  HIVE_RANDOM_SEED(seed);
  constexpr size_t nodes = 12;
  auto hive = settled({.nodes = nodes, .seed = seed});
  for (int i = 0; i < (is_soak() ? 50 : 5); ++i) {
    std::set<size_t> left, right;
    for (size_t node = 0; node < nodes; ++node)
      (node % 3 == static_cast<size_t>(i) % 3 ? left : right).insert(node);
    hive.partition({left, right});
    hive.publish(*left.begin(), tools_with(static_cast<uint64_t>(i) + 1));
    hive.publish(*right.begin(), tools_with(static_cast<uint64_t>(i) + 5));
    hive.run(20s);
    EXPECT_FALSE(hive.agree());
    hive.partition({});
    ASSERT_TRUE(hive.run_until([&] { return hive.agree(); }, 120s)) << "partition " << i << ", seed " << seed;
  }
}

TEST(gossip_simulation, an_idle_hive_sends_little) {
  for (size_t nodes : {32, 64}) {
    auto hive = settled({.nodes = nodes, .seed = random_seed()});
    hive.run(240s); // until there is evidence about every node
    auto before = hive.sent();
    constexpr int seconds = 60;
    hive.run(std::chrono::seconds{seconds});
    auto per_node = static_cast<double>(nodes * seconds);
    auto bytes = static_cast<double>(hive.sent().bytes - before.bytes) / per_node;
    std::printf("%zu nodes, idle: %.1f messages and %.0f bytes per node and second\n", nodes,
                static_cast<double>(hive.sent().messages - before.messages) / per_node, bytes);
    EXPECT_LE(bytes, 5'000);
  }
}

TEST(gossip_simulation, a_busy_hive_is_paced) {
  constexpr size_t nodes = 32;
  auto hive = settled({.nodes = nodes, .seed = random_seed()});
  auto before = hive.sent();
  constexpr int seconds = 10, changes_per_s = 50;
  for (int i = 0; i < seconds * changes_per_s; ++i) {
    for (size_t node = 0; node < nodes; ++node)
      hive.publish(node, tools_with(static_cast<uint64_t>(i) + 1));
    hive.run(microseconds{1'000'000 / changes_per_s});
  }
  auto per_node = static_cast<double>(nodes * seconds);
  auto messages = static_cast<double>(hive.sent().messages - before.messages) / per_node;
  std::printf("%zu nodes, each changes %d times a second: %.0f messages and %.0f bytes per node and second\n", nodes,
              changes_per_s, messages, static_cast<double>(hive.sent().bytes - before.bytes) / per_node);
  // Each node pushes to its push_degree peers at most every min_push_interval, and to a few more until it has chosen
  // them.
  EXPECT_LE(messages, 2.0 * 2 * static_cast<double>(defaults::push_degree) * (1'000.0 / 20));
  ASSERT_TRUE(hive.run_until([&] { return hive.agree(); }, 60s));
}

} // namespace
} // namespace hive
