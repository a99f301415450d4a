#pragma once

#include <string>

namespace hive {

/// Makes fatal failures end the process with one line on standard error and status 1: out of memory, an uncaught
/// exception, or an abort by a library (as by RocksDB 7.8 when the disk fills up while a store is opened). Acknowledged
/// data is on disk and not lost.
void install_last_words();

/// Sets the data directory that this line names.
void name_data_in_last_words(const std::string& directory);

} // namespace hive
