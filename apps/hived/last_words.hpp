#pragma once

namespace hive {

/// When the process runs out of memory, or an exception reaches nobody, it ends with one line on standard error and
/// status 1. Nothing acknowledged is lost: that is on disk.
void install_last_words();

} // namespace hive
