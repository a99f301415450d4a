#pragma once

#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"

#include <caf/expected.hpp>
#include <string_view>

namespace hive {

/// Reads `{name: {value, direction, unit}}`, also as the member `metrics` of an object, which is what a command adapter
/// prints. A metric may have all members of wire::Metric, such as `samples` and `gate`.
///
/// Fails with ec::malformed or ec::invalid with the place in the document, ec::too_large, and ec::no_data when there is
/// no metric or none of them has a value.
caf::expected<msg<wire::Measurement>> read_metric_map(std::string_view bytes);

} // namespace hive
