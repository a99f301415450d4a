#pragma once

#include "actors/events/api.hpp"
#include "actors/http/route.hpp"

namespace prometheus {
class Registry;
}

namespace hive::http {

struct event_stream_options {
  /// Number of concurrent streams; further ones get 429.
  size_t max_streams = defaults::max_event_streams;
  /// Interval of keep-alive comments on streams without events. Also bounds how long a client that vanished keeps its
  /// place.
  std::chrono::milliseconds keep_alive = defaults::event_keep_alive;
};

/// Events as server-sent events (WHATWG HTML, section 9.2). Adds hive_event_streams to `metrics`.
std::vector<route> event_routes(const events_actor& events, prometheus::Registry& metrics,
                                event_stream_options options = {});

} // namespace hive::http
