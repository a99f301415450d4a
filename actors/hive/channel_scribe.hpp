#pragma once

#include "actors/hive/channel.hpp"

#include <caf/actor_system.hpp>
#include <caf/io/scribe.hpp>

namespace hive {

/// Makes CAF's network read and write `stream` from now on: the result goes to CAF's BASP broker.
caf::io::scribe_ptr make_scribe(caf::actor_system& system, channel stream);

} // namespace hive
