#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <string>

namespace hive {

struct scrape_metrics {};

/// What Prometheus reads of a node.
using monitor_actor = caf::typed_actor<
  // All metrics in Prometheus's text format, as they are now. Answers within seconds: what a service does not answer in
  // time is left out and named by hive_metrics_missing. ec::overloaded when too many wait for an answer.
  caf::replies_to<scrape_metrics>::with<std::string>>;

} // namespace hive

// Within one node.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::scrape_metrics)
