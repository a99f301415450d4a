#pragma once

#include "messages/benchmark.capnp.h"

#include <caf/expected.hpp>
#include <capnp/list.h>
#include <string>
#include <vector>

namespace hive {

/// The adapters that take part in a measurement of versions, by name: those that are named, or all that can run
/// versions and would measure now. ec::invalid for a named one that is unknown or cannot run versions, ec::no_data when
/// none is named and none can.
caf::expected<std::vector<std::string>> choose_adapters(capnp::List<capnp::Text>::Reader named,
                                                        wire::BenchmarkList::Reader known);

/// Those of which a metric may be named by one of these patterns; all without patterns. ec::invalid when none may.
caf::expected<std::vector<std::string>> adapters_with(capnp::List<capnp::Text>::Reader patterns,
                                                      std::vector<std::string> adapters);

} // namespace hive
