#include "actors/http/worker_pool.hpp"

#include "tests/support/own_memory.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <system_error>

namespace hive::http {
namespace {

TEST(worker_pool, runs_everything_that_was_posted_before_join) {
  worker_pool pool{2};
  std::atomic<int> ran = 0;
  for (int n = 0; n < 1'000; ++n)
    pool.post([&] { ++ran; });
  pool.join();
  EXPECT_EQ(ran, 1'000);
}

TEST(worker_pool, ends_without_join) {
  worker_pool pool{2};
}

/// Leaves so many bytes of addresses to this process.
void leave_only(rlim_t bytes) {
  rlim_t pages = 0;
  std::ifstream{"/proc/self/statm"} >> pages;
  rlimit limit{};
  getrlimit(RLIMIT_AS, &limit);
  limit.rlim_cur = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + bytes;
  setrlimit(RLIMIT_AS, &limit);
}

TEST(worker_pool_DeathTest, throws_when_only_some_of_its_threads_can_be_started) {
  if (!memory_is_the_nodes_own)
    GTEST_SKIP() << "a sanitizer needs terabytes of addresses";
  auto start_too_many = [] {
    leave_only(256U << 20U);
    try {
      worker_pool pool{1'000};
    } catch (const std::system_error&) {
      std::_Exit(0);
    }
    std::_Exit(1);
  };
  EXPECT_EXIT(start_too_many(), testing::ExitedWithCode(0), "");
}

} // namespace
} // namespace hive::http
