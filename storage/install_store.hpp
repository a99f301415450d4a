#pragma once

#include "messages/install.capnp.h"
#include "storage/database.hpp"

#include <caf/expected.hpp>
#include <string_view>
#include <vector>

namespace hive {

/// Benchmarks that are installed from git, by name.
class install_store {
public:
  explicit install_store(const database& db) : db_{db} {
  }

  /// All, in byte order of their names. ec::corrupt for a record that cannot be read.
  caf::expected<std::vector<msg<wire::InstalledBenchmark>>> all() const;

  static void put(write_set& writes, const msg<wire::InstalledBenchmark>& installed);
  static void erase(write_set& writes, std::string_view name);

private:
  const database& db_;
};

} // namespace hive
