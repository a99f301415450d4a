#include "tests/cluster/hive.hpp"
#include "tests/cluster/machines.hpp"
#include "tests/cluster/test_network.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/soak.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <random>

// Nodes on separate machines, with mutual TLS, whose network is partitioned. HIVE_SOAK=1 makes the partition last a
// minute.

namespace hive::cluster {
namespace {

using clock = std::chrono::steady_clock;

constexpr size_t machines = 5;

/// What each node recorded, and what the other nodes of its group must count.
class ground_truth {
public:
  void write(test_hive& hive, std::mt19937& random) {
    for (size_t i = 0; i < machines; ++i) {
      auto records = static_cast<int>(2 + random() % 3); // four others have at least the five that make a tool count
      record(hive.at(i), "porting", "ruff", records, 0);
      written_[i] += static_cast<uint64_t>(records);
    }
  }

  /// Whether every node of the group counts the records of the others in it, and those from outside as in `before`.
  bool holds(test_hive& hive, const std::vector<size_t>& group, const ground_truth& before) const {
    for (auto i : group) {
      uint64_t expected = 0;
      for (size_t other = 0; other < machines; ++other)
        if (other != i)
          expected += (std::ranges::find(group, other) != group.end() ? *this : before).written_[other];
      if (hive_samples(hive.at(i), "porting") != expected)
        return false;
    }
    return true;
  }

private:
  std::array<uint64_t, machines> written_{};
};

TEST(partition, both_sides_write_and_all_are_equal_after_it_heals) {
  if (!test_network::is_possible())
    GTEST_SKIP() << "network namespaces need root and the ip program";
  HIVE_RANDOM_SEED(seed);
  std::cout << "seed " << seed << "\n";
  std::mt19937 random{seed};
  std::chrono::seconds length{is_soak() ? 60 : 6};
  temporary_directory temp;
  test_network network{machines};
  test_hive hive{nodes_on_machines(
    machines, [&](size_t i) { return network.netns(i); }, test_network::address, temp.path())};
  ground_truth truth;
  truth.write(hive, random);
  const std::vector<size_t> all{0, 1, 2, 3, 4}, left{0, 1, 2}, right{3, 4};
  ASSERT_TRUE(timed("five machines count the same", [&] { return truth.holds(hive, all, truth); }));

  network.split_off(right);
  auto before = truth;
  ASSERT_TRUE(timed("each side misses the other", [&] {
    return !hive.all_see(3, "active", {4}) && !hive.all_see(4, "active", {3}) && !hive.all_see(0, "active", {1, 2});
  }));
  for (auto end = clock::now() + length; clock::now() < end; std::this_thread::sleep_for(500ms))
    truth.write(hive, random);
  ASSERT_TRUE(timed("each side counts its own",
                    [&] { return truth.holds(hive, left, before) && truth.holds(hive, right, before); }));

  network.heal();
  ASSERT_TRUE(timed("all are equal after the heal, with every record counted once",
                    [&] { return hive.is_converged() && truth.holds(hive, all, truth); }));
  ASSERT_TRUE(timed("all are active again",
                    [&] { return std::ranges::all_of(all, [&](size_t i) { return hive.all_see(i, "active"); }); }));
}

} // namespace
} // namespace hive::cluster
