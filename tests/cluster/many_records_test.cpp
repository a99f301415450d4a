#include "tests/cluster/task_load.hpp"
#include "tests/support/soak.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <cstdlib>
#include <gtest/gtest.h>
#include <optional>

// A node with very many task records must know all of them after kill -9. How soon it serves again, how much memory it
// needs and how fast it answers is printed, not asserted. HIVE_SOAK=1 takes the full count.

namespace hive::cluster {
namespace {

constexpr uint64_t records_normally = 100'000;
constexpr uint64_t records_when_soaking = 10'000'000;
constexpr uint32_t writers = 2;
constexpr uint32_t largest_batch = 10'000;
constexpr size_t record_questions = 1'000;

using clock = std::chrono::steady_clock;

double seconds_since(clock::time_point begin) {
  return std::chrono::duration<double>(clock::now() - begin).count();
}

class many_records : public testing::Test {
protected:
  /// Returns the number of records written: at least `records`, since the last requests are completed.
  uint64_t fill(uint64_t records) {
    std::vector<std::thread> threads;
    std::atomic<uint64_t> acknowledged = 0;
    for (uint32_t id = 0; id < writers; ++id)
      threads.emplace_back([&, id] {
        task_writer writer{id, id, largest_batch};
        while (writer.acknowledged() < records / writers)
          if (!writer.step(*node_))
            break;
        EXPECT_TRUE(writer.surprises().empty()) << writer.surprises().front();
        acknowledged += writer.acknowledged();
      });
    for (auto& thread : threads)
      thread.join();
    return acknowledged;
  }

  /// Returns the seconds until the first answer.
  double restart() {
    node_->kill();
    auto begin = clock::now();
    node_.emplace(hived_options{.directory = temp_.path()});
    node_->await_ready();
    EXPECT_EQ(ask().status, 200);
    return seconds_since(begin);
  }

  reply ask() const {
    return node_->get("/api/v1/tools/best?task_type=task1");
  }

  /// Median of the response times over HTTP in microseconds, each on its own connection.
  double time_question() const {
    std::vector<double> times;
    for (size_t i = 0; i < record_questions; ++i) {
      auto begin = clock::now();
      EXPECT_EQ(ask().status, 200);
      times.push_back(seconds_since(begin) * 1e6);
    }
    std::ranges::nth_element(times, times.begin() + record_questions / 2);
    return times[record_questions / 2];
  }

  uint64_t counted() const {
    return node_->get("/api/v1/tools/summary").as<wire::ToolSummary>()->getTotalBenchmarks();
  }

  temporary_directory temp_;
  std::optional<hived_process> node_{std::in_place, hived_options{.directory = temp_.path()}};
};

TEST_F(many_records, a_killed_node_serves_again_with_all_of_them) {
  node_->await_ready();
  auto begin = clock::now();
  auto records = fill(is_soak() ? records_when_soaking : records_normally);
  auto filled_s = seconds_since(begin);
  auto filled_mib = node_->memory_mib("VmRSS"), most_mib = node_->memory_mib("VmHWM");
  auto after_kill_s = restart();
  EXPECT_EQ(counted(), records);
  auto fresh_mib = node_->memory_mib("VmRSS");
  auto again_s = restart(); // its log has been recovered already
  EXPECT_EQ(counted(), records);
  std::printf(
    "%llu records over HTTP, %.0f/s with %u clients in batches of %u on average; resident %zu MiB, at most %zu "
    "MiB\nserving %.0f ms after a kill, then %zu MiB resident; %.0f ms after the next kill\nbest tool over HTTP "
    "in %.0f us, median of %zu\n",
    static_cast<unsigned long long>(records), static_cast<double>(records) / filled_s, writers, largest_batch / 2,
    filled_mib, most_mib, after_kill_s * 1e3, fresh_mib, again_s * 1e3, time_question(), record_questions);
}

} // namespace
} // namespace hive::cluster
