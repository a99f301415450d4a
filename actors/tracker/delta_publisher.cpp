#include "actors/tracker/delta_publisher.hpp"

#include "actors/store/commit.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/tracker.capnp.h"
#include "storage/task_store.hpp"

#include <caf/all.hpp>

namespace hive {
namespace {

class delta_publisher_state {
public:
  using pointer = publisher_actor::stateful_pointer<delta_publisher_state>;
  static inline const char* name = "delta_publisher";

  /// Reads the stored delta. An error ends the actor.
  caf::error init(pointer self, delta_publisher_services services) {
    self_ = self;
    committer_ = std::move(services.committer);
    auto stored = task_store{*services.db}.published_delta();
    if (!stored)
      return stored.error();
    published_ = std::move(*stored);
    return caf::none;
  }

  /// The committer preserves order, so of two deltas the later one remains.
  caf::result<msg<wire::Recorded>> publish(const msg<wire::LearningDelta>& delta) {
    write_set writes;
    task_store::put_published_delta(writes, delta);
    auto promise = self_->make_response_promise<msg<wire::Recorded>>();
    commit(self_, committer_, std::move(writes))
      .then(
        [this, promise, delta](const committed&) mutable {
          published_ = delta;
          promise.deliver(msg<wire::Recorded>::build(
            [&](wire::Recorded::Builder out) { out.setRecorded(delta->getCodingBenchmarks().size()); }));
        },
        [promise](const caf::error& error) mutable { promise.deliver(error); });
    return promise;
  }

  caf::result<msg<wire::LearningDelta>> published() const {
    if (!published_)
      return fail(ec::no_data, "no learning delta has been published yet");
    return *published_;
  }

private:
  pointer self_ = nullptr;
  committer_actor committer_;
  std::optional<msg<wire::LearningDelta>> published_;
};

publisher_actor::behavior_type delta_publisher(delta_publisher_state::pointer self, delta_publisher_services services) {
  auto& state = self->state;
  if (auto error = state.init(self, std::move(services)))
    self->quit(std::move(error));
  return {
    [&state](const msg<wire::LearningDelta>& delta) { return state.publish(delta); },
    [&state](const msg<wire::PublishedDeltaQuery>&) { return state.published(); },
  };
}

} // namespace

publisher_actor spawn_delta_publisher(caf::actor_system& system, delta_publisher_services services) {
  return system.spawn(delta_publisher, std::move(services));
}

} // namespace hive
