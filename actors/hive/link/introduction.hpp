#pragma once

#include "actors/hive/link/actor_allowlist.hpp"
#include "actors/hive/link/channel.hpp"

#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/event_based_actor.hpp>
#include <memory>

namespace hive {

/// internal: published by the accepting end: receives the actor of the dialling end and answers with its own end's
/// actor.
template <class Local, class Remote>
using introducer_actor = caf::typed_actor<typename caf::replies_to<Remote>::template with<Local>>;

/// internal: result of an introduction.
template <class Remote>
struct introduced {
  uint64_t connection = 0;
  caf::expected<Remote> peer; ///< the peer's actor, or the reason for the failure
};

template <class Remote>
using introduction_owner = caf::typed_actor<caf::reacts_to<introduced<Remote>>>;

/// Hands an accepted connection to CAF and exchanges the actors of both ends over it: the peer gets `local`, and
/// `owner` gets the result within `timeout`. `connection` is its id for the owner. Send the returned actor an exit
/// message if the connection ends first, because CAF's registry keeps it alive.
///
/// Used for links between nodes and for both ends of a connection with an engine. With an `allowlist`, to which it adds
/// the exchanged actors, the peer may send to no others.
template <class Local, class Remote>
caf::actor introduce(caf::actor_system& system, channel stream, channel_side side, uint64_t connection,
                     const Local& local, const introduction_owner<Remote>& owner, std::chrono::milliseconds timeout,
                     const std::shared_ptr<actor_allowlist>& allowlist = nullptr);

} // namespace hive

template <class Remote>
struct caf::allowed_unsafe_message_type<hive::introduced<Remote>> : std::true_type {};
