#pragma once

#include "actors/tracker/api.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"
#include "messages/tracker.capnp.h"

#include <atomic>
#include <memory>

namespace hive {

/// Replaces the federation: keeps the newest delta in memory and counts deltas.
struct published_deltas {
  std::atomic<int> count = 0;
  msg<wire::LearningDelta> newest;
};

inline publisher_actor::behavior_type test_publisher(publisher_actor::pointer,
                                                     std::shared_ptr<published_deltas> deltas) {
  return {
    [deltas](const msg<wire::LearningDelta>& delta) {
      deltas->newest = delta;
      ++deltas->count;
      return msg<wire::Recorded>{};
    },
    [deltas](const msg<wire::PublishedDeltaQuery>&) { return deltas->newest; },
  };
}

} // namespace hive
