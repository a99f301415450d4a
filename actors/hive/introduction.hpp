#pragma once

#include "actors/hive/channel.hpp"
#include "actors/interfaces.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>

namespace hive {

/// internal: what an accepted connection publishes: takes the dialling node's end of the link and answers with this
/// node's.
using greeter_actor = caf::typed_actor<caf::replies_to<link_actor>::with<link_actor>>;

/// internal: an introduction is over.
struct introduced {
  uint64_t connection = 0;
  caf::expected<link_actor> peer; ///< the other node's end of the link, or why there is none
};

using introduction_owner_actor = caf::typed_actor<caf::reacts_to<introduced>>;

/// Gives an admitted connection to CAF and exchanges the ends of the link over it: `face` for the other node's. `owner`
/// is told the end within `timeout`. The connection is identified by the number that the owner gave it. The actor that
/// does this must be told to exit when the connection ends before: CAF's registry holds it.
caf::actor introduce(caf::actor_system& system, channel stream, channel_side side, uint64_t connection,
                     const link_actor& face, const introduction_owner_actor& owner, std::chrono::milliseconds timeout);

} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::introduced)
