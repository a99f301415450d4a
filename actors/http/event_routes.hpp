#pragma once

#include "actors/events/events.hpp"
#include "actors/http/route.hpp"

namespace prometheus {
class Registry;
}

namespace hive::http {

struct event_stream_options {
  /// Streams at the same time; more are answered 429.
  size_t max_streams = defaults::max_event_streams;
  /// Before a stream that has no event says that it lives. Also how long a client that went away without a word keeps
  /// its place.
  std::chrono::milliseconds keep_alive = defaults::event_keep_alive;
};

/// What happens, as server-sent events (WHATWG HTML, section 9.2). `metrics` gets hive_event_streams.
std::vector<route> event_routes(const events_actor& events, prometheus::Registry& metrics,
                                event_stream_options options = {});

} // namespace hive::http
