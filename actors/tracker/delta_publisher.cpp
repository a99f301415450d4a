#include "actors/tracker/delta_publisher.hpp"

#include "actors/store/commit.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/tracker.capnp.h"
#include "storage/task_store.hpp"

#include <caf/all.hpp>

namespace hive {
namespace {

struct delta_publisher_state {
  delta_publisher_state() = default;
  static inline const char* name = "delta_publisher";
  committer_actor committer;
  std::optional<msg<wire::LearningDelta>> published;
};

using delta_publisher_pointer = publisher_actor::stateful_pointer<delta_publisher_state>;

/// The committer preserves order, so of two deltas the later one remains.
caf::result<msg<wire::Recorded>> publish(delta_publisher_pointer self, const msg<wire::LearningDelta>& delta) {
  write_set writes;
  task_store::put_published_delta(writes, delta);
  auto promise = self->make_response_promise<msg<wire::Recorded>>();
  commit(self, self->state.committer, std::move(writes))
    .then(
      [self, promise, delta](const committed&) mutable {
        self->state.published = delta;
        promise.deliver(msg<wire::Recorded>::build(
          [&](wire::Recorded::Builder out) { out.setRecorded(delta->getCodingBenchmarks().size()); }));
      },
      [promise](const caf::error& error) mutable { promise.deliver(error); });
  return promise;
}

publisher_actor::behavior_type delta_publisher(delta_publisher_pointer self, const std::shared_ptr<database>& db,
                                               committer_actor committer) {
  auto stored = task_store{*db}.published_delta();
  if (stored)
    self->state.published = std::move(*stored);
  else
    self->quit(stored.error());
  self->state.committer = std::move(committer);
  return {
    [self](const msg<wire::LearningDelta>& delta) { return publish(self, delta); },
    [self](const msg<wire::PublishedDeltaQuery>&) -> caf::result<msg<wire::LearningDelta>> {
      if (!self->state.published)
        return fail(ec::no_data, "no learning delta has been published yet");
      return *self->state.published;
    },
  };
}

} // namespace

publisher_actor spawn_delta_publisher(caf::actor_system& system, std::shared_ptr<database> db,
                                      committer_actor committer) {
  return system.spawn(delta_publisher, std::move(db), std::move(committer));
}

} // namespace hive
