#pragma once

#include "actors/hive/link/actor_allowlist.hpp"
#include "actors/hive/link/channel.hpp"

#include <caf/actor_system.hpp>
#include <caf/io/scribe.hpp>
#include <memory>

namespace hive {

/// Makes CAF's network read and write `stream` from now on: the result goes to CAF's BASP broker. Given `allowlist`,
/// the other end may send to these actors alone. It loses its connection when it does otherwise, sends a frame that is
/// too large (see frame_filter), or leaves more than defaults::max_unsent_bytes unread.
caf::io::scribe_ptr make_scribe(caf::actor_system& system, channel stream,
                                std::shared_ptr<const actor_allowlist> allowlist = nullptr);

} // namespace hive
