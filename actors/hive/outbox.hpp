#pragma once

#include "actors/interfaces.hpp"
#include "storage/database.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <memory>
#include <optional>

namespace hive {

/// A federation of one node: keeps the newest delta and shows it.
class outbox_state {
public:
  using pointer = federation_actor::stateful_pointer<outbox_state>;
  static inline const char* name = "outbox";

  /// Reads what is stored. An error ends the actor.
  caf::error init(pointer self, std::shared_ptr<database> db, committer_actor committer);

  caf::result<msg<wire::Recorded>> publish(const msg<wire::LearningDelta>& delta);
  caf::result<msg<wire::LearningDelta>> published() const;

private:
  pointer self_ = nullptr;
  committer_actor committer_;
  std::optional<msg<wire::LearningDelta>> newest_; ///< what is durable
};

/// Spawn with `sys.spawn(outbox, db, committer)`. Ends with ec::corrupt when what is stored cannot be read.
federation_actor::behavior_type outbox(outbox_state::pointer self, std::shared_ptr<database> db,
                                       committer_actor committer);

} // namespace hive
