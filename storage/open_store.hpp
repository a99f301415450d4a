#pragma once

#include "storage/file_ledger.hpp"

#include <filesystem>
#include <rocksdb/db.h>

namespace hive {

/// An open store, for those who copy its files.
struct open_store {
  rocksdb::DB& db;
  const file_ledger& ledger;
  std::filesystem::path directory; ///< of the files
  bool may_flush = false;          ///< whether the disk has room for what is in memory
};

} // namespace hive
