#include "tests/cluster/hive.hpp"
#include "tests/cluster/lossy_network.hpp"
#include "tests/cluster/machines.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/soak.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <numeric>
#include <random>

// Five nodes on separate machines, with mutual TLS, over a network that loses 30% of all frames in either direction
// from the start. HIVE_SOAK=1 makes them write for a minute. Times are printed, not asserted.

namespace hive::cluster {
namespace {

using clock = std::chrono::steady_clock;

constexpr size_t lossy_machines = 5;
constexpr double loss = 0.3;

TEST(packet_loss, records_of_five_nodes_reach_all_and_count_once) {
  if (!lossy_network::is_possible())
    GTEST_SKIP() << "a lossy network needs root, the ip program and /dev/net/tun";
  HIVE_RANDOM_SEED(seed);
  std::cout << "seed " << seed << "\n";
  std::mt19937 random{seed};
  temporary_directory temp;
  lossy_network network{lossy_machines, loss, seed};
  test_hive hive{nodes_on_machines(
    lossy_machines, [&](size_t i) { return network.netns(i); }, lossy_network::address, temp.path())};

  std::array<uint64_t, lossy_machines> written{};
  auto write = [&] {
    for (size_t i = 0; i < lossy_machines; ++i) {
      auto records = static_cast<int>(2 + random() % 3); // four others have at least the five that make a tool count
      record(hive.at(i), "porting", "ruff", records, 0);
      written[i] += static_cast<uint64_t>(records);
    }
  };
  auto holds_truth = [&] {
    auto all = std::accumulate(written.begin(), written.end(), uint64_t{0});
    for (size_t i = 0; i < lossy_machines; ++i)
      if (hive_samples(hive.at(i), "porting") != all - written[i])
        return false;
    return true;
  };
  write();
  auto what_each_says = [&] {
    std::string out;
    for (size_t i = 0; i < lossy_machines; ++i)
      out += "node " + std::to_string(i) + " " + hive.at(i).node() + " counts " +
             std::to_string(hive_samples(hive.at(i), "porting")) + "\n" + hive.at(i).log();
    return out;
  };
  ASSERT_TRUE(timed("five nodes met and count the same", holds_truth)) << what_each_says();
  std::chrono::seconds length{is_soak() ? 60 : 10};
  for (auto end = clock::now() + length; clock::now() < end; std::this_thread::sleep_for(200ms))
    write();
  EXPECT_TRUE(timed("all count the ground truth after the last record", holds_truth)) << what_each_says();
  EXPECT_TRUE(timed("all hold the same", [&] { return hive.is_converged(); }));

  std::cout << network.lost() << " of " << network.frames() << " frames were lost, the largest had "
            << network.largest_frame() << " bytes\n";
  EXPECT_LE(network.largest_frame(), 1'514U);
  EXPECT_GT(network.frames(), 1'000U);
  EXPECT_NEAR(static_cast<double>(network.lost()) / static_cast<double>(network.frames()), loss, 0.05);
}

/// How long it takes until all nodes know new records, over links that lose every tenth frame. HIVE_SOAK=1 uses 64
/// nodes.
TEST(packet_loss, records_are_known_to_all_nodes_soon) {
  if (!lossy_network::is_possible())
    GTEST_SKIP() << "a lossy network needs root, the ip program and /dev/net/tun";
  HIVE_RANDOM_SEED(seed);
  const size_t nodes = is_soak() ? 64 : 6;
  const int writes = is_soak() ? 20 : 3;
  std::mt19937 random{seed};
  temporary_directory temp;
  lossy_network network{nodes, .1, seed};
  test_hive hive{nodes_on_machines(
    nodes, [&](size_t i) { return network.netns(i); }, lossy_network::address, temp.path())};
  ASSERT_TRUE(timed("all know all", [&] { return hive.is_converged(); }));

  std::vector<double> times;
  for (int i = 0; i < writes; ++i) {
    auto task = "task" + std::to_string(i);
    auto writer = random() % nodes;
    std::this_thread::sleep_for(std::chrono::milliseconds{1'000 + random() % 1'000}); // at a random time within a round
    auto begin = clock::now();
    record(hive.at(writer), task, "ruff", 5, 0);
    std::vector<size_t> without;
    for (size_t node = 0; node < nodes; ++node)
      if (node != writer)
        without.push_back(node);
    ASSERT_TRUE(wait_until([&] {
      std::erase_if(without, [&](size_t node) { return hive_samples(hive.at(node), task) == 5; });
      return without.empty();
    }));
    times.push_back(std::chrono::duration<double>(clock::now() - begin).count());
  }
  std::ranges::sort(times);
  std::cout << nodes << " nodes that lose 10 % of all frames: records are known to all after "
            << times[times.size() / 2] << " s (median), " << times.back() << " s (worst of " << writes << "); seed "
            << seed << "\n";
}

} // namespace
} // namespace hive::cluster
