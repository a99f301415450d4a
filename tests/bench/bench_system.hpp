#pragma once

#include "actors/hive/link/network.hpp"
#include "actors/scheduling/scheduling.hpp"
#include "tests/support/actor_fixture.hpp"

#include <chrono>

namespace hive {

/// An actor system that schedules as a node does.
struct bench_config : test_config {
  bench_config() {
    configure_scheduling(*this);
  }
};

/// The same with the network module.
struct bench_network_config : bench_config {
  bench_network_config() {
    configure_network(*this, {});
  }
};

using bench_clock = std::chrono::steady_clock;

inline double seconds_since(bench_clock::time_point start) {
  return std::chrono::duration<double>(bench_clock::now() - start).count();
}

} // namespace hive
