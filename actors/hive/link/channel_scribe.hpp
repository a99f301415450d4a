#pragma once

#include "actors/hive/link/actor_allowlist.hpp"
#include "actors/hive/link/channel.hpp"

#include <caf/actor_system.hpp>
#include <caf/io/scribe.hpp>
#include <memory>

namespace hive {

/// Wraps `stream` for CAF's network; pass the result to CAF's BASP broker. With an `allowlist`, the peer may send only
/// to the actors on it. The connection closes when the peer breaks that rule, sends an oversized frame (see
/// frame_filter), or leaves more than defaults::max_unsent_bytes unread.
caf::io::scribe_ptr make_scribe(caf::actor_system& system, channel stream,
                                std::shared_ptr<const actor_allowlist> allowlist = nullptr);

} // namespace hive
