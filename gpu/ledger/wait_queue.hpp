#pragma once

#include "gpu/ledger/placement.hpp"

#include <set>

namespace hive::gpu {

/// A request in the queue. Small: a pass looks at hundreds.
struct waiting {
  /// Arrival minus the waiting that its priority counts as. It never changes, so nobody overtakes by growing older.
  instant order{0};
  lease_id id;
  demand what;
  duration max_duration{0};
};

struct by_turn {
  bool operator()(const waiting& a, const waiting& b) const {
    return a.order != b.order ? a.order < b.order : a.id < b.id;
  }
};

using wait_queue = std::set<waiting, by_turn>;

inline waiting entry_of(const lease& request, const ledger_options& options) {
  return {request.requested_at - request.asked.priority * options.priority_step, request.id, demand_of(request.asked),
          request.asked.max_duration};
}

} // namespace hive::gpu
