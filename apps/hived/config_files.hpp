#pragma once

#include "apps/hived/config.hpp"

namespace hive {

/// Reads the files that a node opens only when it measures: questions of probes, the guardrail's key and manifest, the
/// working directory of the tests. A start leaves those to the capture, which names them, since they may come later.
/// Throws config_error with a line for each that cannot be used.
void check_files(const node_config& config);

} // namespace hive
