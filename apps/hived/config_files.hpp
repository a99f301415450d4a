#pragma once

#include "apps/hived/config.hpp"

namespace hive {

/// Checks the files that a node opens only when it measures: probe questions, the guardrail's key and manifest, the
/// tests' working directory. A start does not check them, because they may appear later; the capture reports them.
/// Throws config_error with one line per unusable file.
void check_files(const node_config& config);

} // namespace hive
