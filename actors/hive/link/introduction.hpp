#pragma once

#include "actors/hive/link/actor_allowlist.hpp"
#include "actors/hive/link/channel.hpp"

#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/event_based_actor.hpp>
#include <memory>

namespace hive {

/// internal: what an accepted connection publishes: takes the dialling end's actor and answers with this end's.
template <class Local, class Remote>
using introducer_actor = caf::typed_actor<typename caf::replies_to<Remote>::template with<Local>>;

/// internal: an introduction is over.
template <class Remote>
struct introduced {
  uint64_t connection = 0;
  caf::expected<Remote> peer; ///< the other end's actor, or why there is none
};

template <class Remote>
using introduction_owner = caf::typed_actor<caf::reacts_to<introduced<Remote>>>;

/// Gives an admitted connection to CAF and exchanges the two ends' actors over it: `local` for the other end's. `owner`
/// is told the end within `timeout`. The connection is identified by the number that the owner gave it. The actor that
/// does this must be told to exit when the connection ends before: CAF's registry holds it.
///
/// For a link between nodes, and for either end of an engine's connection with a node. Given `allowlist`, to which
/// it adds what it exchanges, the other end may send to no other actor.
template <class Local, class Remote>
caf::actor introduce(caf::actor_system& system, channel stream, channel_side side, uint64_t connection,
                     const Local& local, const introduction_owner<Remote>& owner, std::chrono::milliseconds timeout,
                     const std::shared_ptr<actor_allowlist>& allowlist = nullptr);

} // namespace hive

template <class Remote>
struct caf::allowed_unsafe_message_type<hive::introduced<Remote>> : std::true_type {};
