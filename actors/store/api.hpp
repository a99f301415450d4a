#pragma once

// The only writer of the database.

#include "storage/write_set.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace hive {

/// The committer's answer: the writes are durable.
struct committed {};

/// The only writer of the database.
using committer_actor = caf::typed_actor<
  // Makes the writes durable together, then answers. ec::overloaded: nothing was written, retry later.
  // ec::storage_failed: nothing was written and the store accepts no more writes.
  caf::replies_to<write_set>::with<committed>>;

} // namespace hive

// Local to a process by design: no node writes to another node's store.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::write_set)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::committed)
