#pragma once

#include <string>

namespace hive {

/// When the process runs out of memory, an exception reaches nobody, or a library finds its own state impossible (as
/// RocksDB 7.8 does when a disk fills while it opens a store), the process ends with one line on standard error and
/// status 1. Nothing acknowledged is lost: that is on disk.
void install_last_words();

/// Where the node keeps its data, for that line.
void name_data_in_last_words(const std::string& directory);

} // namespace hive
