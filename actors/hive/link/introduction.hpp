#pragma once

#include "actors/hive/link/channel.hpp"
#include "actors/hive/link/reachable_actors.hpp"

#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/event_based_actor.hpp>
#include <memory>

namespace hive {

/// internal: what an accepted connection publishes: takes the dialling end's actor and answers with this end's.
template <class Face, class Peer>
using greeter_actor = caf::typed_actor<typename caf::replies_to<Peer>::template with<Face>>;

/// internal: an introduction is over.
template <class Peer>
struct introduced {
  uint64_t connection = 0;
  caf::expected<Peer> peer; ///< the other end's actor, or why there is none
};

template <class Peer>
using introduction_owner = caf::typed_actor<caf::reacts_to<introduced<Peer>>>;

/// Gives an admitted connection to CAF and exchanges the two ends' actors over it: `face` for the other end's. `owner`
/// is told the end within `timeout`. The connection is identified by the number that the owner gave it. The actor that
/// does this must be told to exit when the connection ends before: CAF's registry holds it.
///
/// For a link between nodes, and for either end of an engine's connection with a node. Given `within_reach`, to which
/// it adds what it exchanges, the other end may send to no other actor.
template <class Face, class Peer>
caf::actor introduce(caf::actor_system& system, channel stream, channel_side side, uint64_t connection,
                     const Face& face, const introduction_owner<Peer>& owner, std::chrono::milliseconds timeout,
                     const std::shared_ptr<reachable_actors>& within_reach = nullptr);

} // namespace hive

template <class Peer>
struct caf::allowed_unsafe_message_type<hive::introduced<Peer>> : std::true_type {};
