#include "actors/hive/outbox.hpp"

#include "storage/task_store.hpp"

#include <caf/all.hpp>

namespace hive {

caf::error outbox_state::init(pointer self, std::shared_ptr<database> db, committer_actor committer) {
  self_ = self;
  committer_ = std::move(committer);
  auto newest = task_store{*db}.published_delta();
  if (!newest)
    return newest.error();
  newest_ = std::move(*newest);
  return caf::none;
}

caf::result<msg<wire::Recorded>> outbox_state::publish(const msg<wire::LearningDelta>& delta) {
  write_set writes;
  task_store::put_published_delta(writes, delta);
  auto promise = self_->make_response_promise<msg<wire::Recorded>>();
  // Awaited, so that of two deltas the later one stays.
  self_->request(committer_, caf::infinite, std::move(writes))
    .await(
      [this, promise, delta](const committed&) mutable {
        newest_ = delta;
        promise.deliver(msg<wire::Recorded>::build(
          [&](wire::Recorded::Builder out) { out.setRecorded(delta->getCodingBenchmarks().size()); }));
      },
      [promise](const caf::error& error) mutable { promise.deliver(error); });
  return promise;
}

caf::result<msg<wire::LearningDelta>> outbox_state::published() const {
  if (!newest_)
    return fail(ec::no_data, "nothing was handed to the hive yet");
  return *newest_;
}

federation_actor::behavior_type outbox(outbox_state::pointer self, std::shared_ptr<database> db,
                                       committer_actor committer) {
  if (auto error = self->state.init(self, std::move(db), std::move(committer)))
    self->quit(std::move(error));
  return {
    [self](const msg<wire::LearningDelta>& delta) { return self->state.publish(delta); },
    [self](const msg<wire::PublishedDeltaQuery>&) { return self->state.published(); },
  };
}

} // namespace hive
