#pragma once

#include "analysis/canary_health.hpp"

#include <string>

namespace hive::analysis {

/// So much in a block of each node.
inline health_block block_of(uint32_t number, good_bad tasks) {
  return {number, tasks, {30, 0}, {2, 0}, {1, 0}};
}

/// A stage of ten minutes with one canary, n0, and four controls, n1 to n4, all healthy and observed to its end. The
/// judge is n4.
inline stage_view healthy_stage() {
  stage_view out;
  out.options.duration_s = 600;
  out.judge = "n4";
  out.observed_s = 600;
  for (uint32_t i = 0; i < 5; ++i) {
    watched_node node{.node = "n" + std::to_string(i), .is_canary = i == 0, .silent_s = 1, .has_benchmarks = true};
    for (uint32_t minute = 0; minute < 10; ++minute)
      node.blocks.push_back(block_of(minute, {100, minute % 2}));
    out.nodes.push_back(node);
  }
  return out;
}

inline const criterion_judgement& judgement_of(const stage_judgement& stage, canary_criterion criterion) {
  for (const auto& each : stage.criteria)
    if (each.criterion == criterion)
      return each;
  static const criterion_judgement none{.reason = "is off"};
  return none;
}

} // namespace hive::analysis
