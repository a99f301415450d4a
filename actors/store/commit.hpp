#pragma once

#include "actors/store/api.hpp"

#include <caf/duration.hpp>
#include <caf/message_priority.hpp>
#include <utility>

namespace hive {

/// Requests a durable write from the committer; the caller adds `.then`, `.await` or `.receive`. All services write
/// this way. There is no timeout: it could not tell whether the write will still happen, and proceeding without knowing
/// would build on a state that the disk may contradict (docs/decisions/0018). The committer answers every write set,
/// even when it ends. The committer and the services bound what a hanging disk can hold back.
template <caf::message_priority Priority = caf::message_priority::normal, class Self>
auto commit(Self* self, const committer_actor& committer, write_set writes) {
  return self->template request<Priority>(committer, caf::infinite, std::move(writes));
}

} // namespace hive
