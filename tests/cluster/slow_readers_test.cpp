#include "tests/cluster/http_node.hpp"
#include "tests/support/files.hpp"
#include "tests/support/own_memory.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <thread>

// Clients that request a snapshot of 6 MB and do not read it. Their cost is bounded, and others are served.

namespace hive::cluster {
namespace {

constexpr size_t readers = 500;
constexpr size_t bound_mib = 256;

class slow_readers : public testing::Test {
protected:
  slow_readers() {
    node_.await_ready();
    EXPECT_EQ(node_.put("/api/v1/snapshots/v1", large_snapshot(46)).status, 200);
    snapshot_bytes_ = node_.get("/api/v1/snapshots/v1").body.size();
    EXPECT_GT(snapshot_bytes_, 5'500'000u);
    put_file("/proc/" + std::to_string(node_.pid()) + "/clear_refs", "5"); // resets VmHWM
  }

  temporary_directory temp_;
  hived_process node_{hived_options{.directory = temp_.path()}};
  size_t snapshot_bytes_ = 0;
};

TEST_F(slow_readers, cannot_fill_the_memory_nor_hold_up_records) {
  auto before = node_.memory_mib("VmRSS");
  std::vector<raw_connection> slow;
  for (size_t i = 0; i < readers; ++i) {
    slow.emplace_back(port_of(node_));
    slow.back().send("GET /api/v1/snapshots/v1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  std::chrono::duration<double, std::milli> slowest{0};
  size_t records = 0;
  for (auto end = std::chrono::steady_clock::now() + 12s; std::chrono::steady_clock::now() < end; ++records) {
    auto begin = std::chrono::steady_clock::now();
    ASSERT_EQ(node_.post("/api/v1/tasks", task_record(records)).status, 201);
    slowest = std::max<decltype(slowest)>(slowest, std::chrono::steady_clock::now() - begin);
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_EQ(node_.get("/healthz").status, 200);
  auto most = node_.memory_mib("VmHWM");
  if (memory_is_the_nodes_own) {
    EXPECT_LE(most, bound_mib);
  }
  std::printf("%zu readers of %zu bytes that read nothing: %zu MiB resident before, %zu MiB at most; %zu records, the "
              "slowest durable after %.1f ms\n",
              readers, snapshot_bytes_, before, most, records, slowest.count());
  slow.clear();
  EXPECT_TRUE(wait_until([&] { return is_quiet(node_); }));
  EXPECT_EQ(node_.get("/api/v1/snapshots/v1").body.size(), snapshot_bytes_);
}

TEST_F(slow_readers, honest_readers_are_all_served) {
  std::vector<std::thread> threads;
  std::atomic<size_t> whole = 0;
  for (int i = 0; i < 30; ++i)
    threads.emplace_back([&] {
      for (int tries = 0; tries < 60; ++tries) {
        auto answer = node_.get("/api/v1/snapshots/v1");
        if (answer.status != 503) {
          whole += answer.status == 200 && answer.body.size() == snapshot_bytes_;
          return;
        }
        std::this_thread::sleep_for(answer.retry_after);
      }
    });
  std::chrono::duration<double, std::milli> slowest{0};
  for (size_t record = 0; record < 50; ++record) {
    auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(node_.post("/api/v1/tasks", task_record(record)).status, 201);
    slowest = std::max<decltype(slowest)>(slowest, std::chrono::steady_clock::now() - begin);
  }
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(whole, threads.size());
  std::printf("30 readers at once: %zu MiB at most; the slowest of 50 records durable after %.1f ms\n",
              node_.memory_mib("VmHWM"), slowest.count());
}

} // namespace
} // namespace hive::cluster
