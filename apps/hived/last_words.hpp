#pragma once

#include <string>

namespace hive {

/// Makes fatal failures end the process with one line on standard error and status 1: out of memory, uncaught
/// exceptions, and a library's abort (as by RocksDB 7.8 when a disk fills while it opens a store). Acknowledged data is
/// on disk and not lost.
void install_last_words();

/// Sets the data directory to print in that line.
void name_data_in_last_words(const std::string& directory);

} // namespace hive
