#pragma once

#include "messages/fwd.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace hive::wire {
struct ChangeList;
struct ChangesQuery;
struct MetricHistory;
struct MetricHistoryQuery;
struct MetricList;
struct MetricsQuery;
} // namespace hive::wire

namespace hive {

/// Tells how metrics came to be what they are.
using historian_actor = caf::typed_actor<
  // Points of a metric, and the changes of its history. ec::not_found, with metrics of similar names, when it has none;
  // ec::invalid for a page that is both before one capture and after another.
  caf::replies_to<msg<wire::MetricHistoryQuery>>::with<msg<wire::MetricHistory>>,
  // The changes of all metrics, newest first. ec::invalid for a place that no page ends at; ec::overloaded when too
  // many wait for the changes to be found.
  caf::replies_to<msg<wire::ChangesQuery>>::with<msg<wire::ChangeList>>,
  // All metrics, those that moved first. Fails as the changes do.
  caf::replies_to<msg<wire::MetricsQuery>>::with<msg<wire::MetricList>>>;

} // namespace hive
