#pragma once

#include "actors/benchmark/snapshots/snapshot_builder.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <string>

namespace hive {

/// Asks the registry for a measurement with one adapter.
struct measure_once {
  std::string adapter;
  msg<wire::MeasureRequest> request;
};

struct measured_once {
  adapter_outcome outcome;
};

} // namespace hive

// Messages within one node.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::measure_once)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::measured_once)
