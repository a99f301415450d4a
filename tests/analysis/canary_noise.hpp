#pragma once

#include "analysis/canary_stage.hpp"
#include "tests/analysis/agent_noise.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace hive::analysis {

/// Nodes that work on tasks while a stage watches them, minute by minute.
struct canary_world {
  const char* name = "steady";
  double base = 0.01; ///< share of tasks that fail under the old version
  double added = 0;   ///< and how much more under the new one
  uint32_t canaries = 1;
  uint32_t controls = 4;
  double tasks = 20; ///< per minute and node
  uint32_t minutes = 10;
  double correlation = 0;   ///< of the tasks of a node in a minute
  double minute_spread = 0; ///< of the traffic from minute to minute, σ of a lognormal distribution; all nodes alike
  double node_traffic = 0;  ///< of the traffic from node to node, likewise
  double node_spread = 0;   ///< of the share of failures from node to node, likewise
  double common_bursts = 0; ///< per minute: two minutes in which 30% fail on all nodes
  double own_bursts = 0;    ///< per minute and node: two minutes in which 20% fail on it
  uint32_t outage = 0;      ///< minutes, from the fourth on, in which 97% fail on all nodes
  bool canaries_idle = false;
};

/// The blocks of all nodes for so many minutes.
class canary_traffic {
public:
  canary_traffic(noise& random, const canary_world& world) : random_{random}, world_{world} {
    for (uint32_t i = 0; i < world.canaries + world.controls; ++i)
      nodes_.push_back({spread(world.node_traffic), spread(world.node_spread), 0});
  }

  std::vector<watched_node> watch(uint32_t minutes) {
    std::vector<watched_node> out;
    for (size_t i = 0; i < nodes_.size(); ++i)
      out.push_back({.node = "n" + std::to_string(i), .is_canary = i < world_.canaries, .silent_s = 0});
    for (uint32_t minute = 0; minute < minutes; ++minute) {
      if (random_.succeeds(world_.common_bursts))
        burst_ = 2;
      double traffic = world_.tasks * spread(world_.minute_spread);
      for (size_t i = 0; i < nodes_.size(); ++i)
        out[i].blocks.push_back(block(minute, traffic, nodes_[i], out[i].is_canary));
      burst_ -= burst_ > 0;
    }
    return out;
  }

private:
  struct node {
    double traffic;
    double failures;
    uint32_t burst;
  };

  /// A factor whose mean is 1.
  double spread(double sigma) {
    return sigma > 0 ? random_.lognormal(sigma) * exponential(-sigma * sigma / 2) : 1;
  }

  double share(uint32_t minute, node& at, bool is_canary) {
    double out = (world_.base + (is_canary ? world_.added : 0)) * at.failures;
    if (burst_ > 0)
      out = std::max(out, 0.3);
    if (random_.succeeds(world_.own_bursts))
      at.burst = 2;
    if (at.burst > 0) {
      out = std::max(out, 0.2);
      --at.burst;
    }
    bool is_out = minute >= 3 && minute < 3 + world_.outage;
    return std::min(is_out ? 0.97 : out, 1.0);
  }

  /// From a beta distribution, so that the tasks of a minute are correlated.
  double shared_share(double mean) {
    if (world_.correlation == 0 || mean <= 0 || mean >= 1)
      return mean;
    double weight = 1 / world_.correlation - 1;
    double bad = std::gamma_distribution<double>{mean * weight}(random_.generator());
    double good = std::gamma_distribution<double>{(1 - mean) * weight}(random_.generator());
    return bad / (bad + good);
  }

  health_block block(uint32_t minute, double traffic, node& at, bool is_canary) {
    double failing = shared_share(share(minute, at, is_canary));
    auto tasks = is_canary && world_.canaries_idle ? 0 : std::llround(traffic * at.traffic);
    health_block out{.number = minute};
    for (int64_t i = 0; i < tasks; ++i)
      ++(random_.succeeds(failing) ? out.tasks.bad : out.tasks.good);
    return out;
  }

  noise& random_;
  canary_world world_;
  std::vector<node> nodes_;
  uint32_t burst_ = 0;
};

} // namespace hive::analysis
