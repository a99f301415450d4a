#include "actors/scheduling/scheduling.hpp"

#include "actors/node/environment.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <gtest/gtest.h>
#include <sched.h>
#include <thread>

namespace hive {
namespace {

TEST(scheduling, has_a_thread_for_each_core_that_may_be_used) {
  EXPECT_EQ(actor_threads_for(64, "none"), 64U);
  EXPECT_EQ(actor_threads_for(64, ""), 64U);
  EXPECT_EQ(actor_threads_for(64, "2.5"), 3U);
  EXPECT_EQ(actor_threads_for(64, "0.5"), 1U);
  EXPECT_EQ(actor_threads_for(2, "16"), 2U);
  EXPECT_EQ(actor_threads_for(0, "none"), 1U) << "a number of cores that is not known";
  EXPECT_EQ(actor_threads_for(2, "-1"), 2U);
}

TEST(scheduling, counts_only_cores_on_which_the_process_may_run) {
  cpu_set_t before;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  std::thread{[&] {
    cpu_set_t one;
    CPU_ZERO(&one);
    for (size_t core = 0; core < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++core)
      if (CPU_ISSET(core, &before))
        CPU_SET(core, &one);
    ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0); // of this thread alone
    EXPECT_EQ(usable_cores(), 1U);
    EXPECT_EQ(default_actor_threads(), 1U);
  }}.join();
  EXPECT_EQ(usable_cores(), static_cast<uint32_t>(CPU_COUNT(&before)));
}

TEST(scheduling, runs_actors_with_the_threads_that_were_set) {
  for (size_t threads : {1, 3}) {
    caf::actor_system_config config;
    configure_scheduling(config, threads);
    caf::actor_system system{config};
    EXPECT_EQ(system.scheduler().num_workers(), threads);
  }
}

} // namespace
} // namespace hive
