#pragma once

#include "analysis/environment.hpp"
#include "messages/snapshot.capnp.h"

namespace hive {

/// The machine in the analysis's form, which refers to the message's memory.
analysis::environment to_environment(wire::Environment::Reader environment);

} // namespace hive
