#pragma once

#include "messages/register.hpp"

#include <caf/all.hpp>

namespace hive {

/// Configuration of an actor system as a node has it, without networking.
struct test_config : caf::actor_system_config {
  test_config() {
    register_messages(*this);
    set("logger.verbosity", caf::atom("quiet"));
  }
};

} // namespace hive
