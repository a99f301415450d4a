#pragma once

#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"

#include <caf/expected.hpp>
#include <string_view>

namespace hive {

/// Reads `{name: {value, direction, unit}}`, or the same as the member `metrics`, as HART OS's benchmarks write it.
/// ec::malformed or ec::invalid, naming the place; ec::no_data when it names no metric.
caf::expected<msg<wire::Measurement>> read_metric_map(std::string_view bytes);

} // namespace hive
