#include "apps/hived/wiring/base_group.hpp"

#include "actors/events/events.hpp"
#include "actors/http/event_routes.hpp"
#include "actors/store/commit.hpp"
#include "actors/store/committer.hpp"
#include "storage/epoch.hpp"

#include <algorithm>
#include <caf/all.hpp>

namespace hive {

std::vector<service> base_group::services() {
  auto store = make_service("store", committer, [this] { return spawn_committer(node_.system, {node_.db}); });
  store.essential = true;
  return {std::move(store), make_service("events", events, [this] { return start_events(); })};
}

std::vector<http::route> base_group::routes() const {
  http::event_stream_options streams;
  streams.max_streams = std::min(streams.max_streams, defaults::part_of_connections(node_.config.http.max_connections));
  return http::event_routes(events, *node_.metrics, streams);
}

/// Ids of events begin with the epoch, so a restarted event log needs a new epoch.
caf::expected<events_actor> base_group::start_events() {
  if (events)
    if (auto failure = begin_next_epoch())
      return failure;
  return spawn_events(node_.system, {.epoch = node_.identity.epoch});
}

caf::error base_group::begin_next_epoch() {
  // A write of the previous federation's epoch may still be in flight.
  if (auto failure = await_commit({}))
    return failure;
  auto next = epoch_write(*node_.db, node_.identity.epoch + 1);
  if (!next)
    return next.error();
  if (auto failure = await_commit(std::move(next->writes)))
    return failure;
  node_.identity.epoch = next->epoch;
  return caf::none;
}

caf::error base_group::await_commit(write_set writes) {
  caf::scoped_actor self{node_.system};
  caf::error failure;
  commit(self.ptr(), committer, std::move(writes))
    .receive([](const committed&) {}, [&](caf::error& error) { failure = std::move(error); });
  return failure;
}

} // namespace hive
