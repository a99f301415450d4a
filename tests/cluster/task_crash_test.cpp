#include "tests/cluster/task_load.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/soak.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstdlib>
#include <gtest/gtest.h>
#include <optional>

// kill -9 at random moments while eight writers post task records. After each restart every acknowledged record is
// there exactly once, no other record is there twice, and the statistics match the records. HIVE_SOAK=1 takes the full
// count of kills, HIVE_SEED repeats a run.

namespace hive::cluster {
namespace {

constexpr size_t kills_normally = 8;
constexpr size_t kills_when_soaking = 500;
constexpr uint32_t writers = 8;
constexpr int longest_life_ms = 300;
/// One start in this many is killed before the node is ready.
constexpr size_t starts_per_early_kill = 5;
/// After this many kills, all records are read again and not only the new ones: an old one could have been lost.
constexpr size_t kills_per_full_audit = 50;
/// Half of the writers post single records.
constexpr uint32_t largest_crash_batch = 40;

class task_crash : public testing::Test {
protected:
  task_crash() {
    for (uint32_t id = 0; id < writers; ++id)
      writers_.emplace_back(id, random_(), id % 2 ? 1 : largest_crash_batch);
  }

  void start() {
    node_.emplace(hived_options{.directory = temp_.path()});
    if (random_() % starts_per_early_kill == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(random_() % longest_life_ms));
      node_->kill();
      ++early_kills_;
      node_.emplace(hived_options{.directory = temp_.path()});
    }
    node_->await_ready();
  }

  void write_until_killed() {
    std::atomic<bool> stop = false;
    std::vector<std::thread> threads;
    for (auto& writer : writers_)
      threads.emplace_back([&] { writer.run(*node_, stop); });
    std::this_thread::sleep_for(std::chrono::milliseconds(random_() % longest_life_ms));
    node_->kill();
    stop = true;
    for (auto& thread : threads)
      thread.join();
    for (const auto& writer : writers_)
      ASSERT_TRUE(writer.surprises().empty()) << writer.surprises().front();
  }

  void audit(task_audit& audit) {
    audit.read_new(*node_);
    audit.expect_kept(writers_);
    audit.expect_statistics(*node_);
  }

  template <class Count>
  uint64_t sum(Count count) const {
    uint64_t out = 0;
    for (const auto& writer : writers_)
      out += (writer.*count)();
    return out;
  }

  temporary_directory temp_;
  const uint32_t seed_ = random_seed();
  std::mt19937_64 random_{seed_};
  std::optional<hived_process> node_;
  std::vector<task_writer> writers_;
  size_t early_kills_ = 0;
};

TEST_F(task_crash, acknowledged_records_survive_kill_9_once_and_the_statistics_are_theirs) {
  auto kills = is_soak() ? kills_when_soaking : kills_normally;
  std::printf("seed %u\n", seed_);
  auto began = std::chrono::steady_clock::now();
  task_audit running;
  start();
  for (size_t round = 1; round <= kills && !HasFailure(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    write_until_killed();
    start();
    audit(running);
    if (round % kills_per_full_audit == 0 || round == kills) {
      task_audit full;
      audit(full);
      EXPECT_EQ(full.records(), running.records());
    }
  }
  for (auto& writer : writers_)
    writer.settle(*node_);
  task_audit last;
  audit(last);
  EXPECT_EQ(last.records(), sum(&task_writer::acknowledged));
  EXPECT_GT(last.records(), kills) << "the writers hardly wrote: the kills proved nothing";
  std::printf("kills %zu while %u writers wrote, %zu while starting; %llu records, all acknowledged and there once, "
              "%llu of them sent again after a lost answer; %.1f s\n",
              kills, writers, early_kills_, static_cast<unsigned long long>(last.records()),
              static_cast<unsigned long long>(sum(&task_writer::duplicates)),
              std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
}

} // namespace
} // namespace hive::cluster
