#pragma once

#include "actors/store/api.hpp"

#include <caf/duration.hpp>
#include <caf/message_priority.hpp>
#include <utility>

namespace hive {

/// Asks the committer for a durable write; the caller adds `.then`, `.await` or `.receive`. Every service writes this
/// way. There is no timeout: it could not tell whether the write will still happen, and who goes on without knowing
/// builds on a state that the disk may contradict (docs/decisions/0018). The committer answers every write set, also
/// when it ends; what a disk that hangs holds back is bounded by the committer and by the services.
template <caf::message_priority Priority = caf::message_priority::normal, class Self>
auto commit(Self* self, const committer_actor& committer, write_set writes) {
  return self->template request<Priority>(committer, caf::infinite, std::move(writes));
}

} // namespace hive
