#pragma once

#include "actors/remote/register.hpp"

#include <caf/all.hpp>

namespace hive {

/// Configuration of an actor system like a node's, but without networking.
struct test_config : caf::actor_system_config {
  test_config() {
    register_remote_messages(*this);
    set("logger.verbosity", caf::atom("quiet"));
  }
};

} // namespace hive
