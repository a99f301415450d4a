#pragma once

#include "apps/hived/toml_section.hpp"
#include "storage/backup/backup_create.hpp"

#include <chrono>

namespace hive {

/// The section [backup].
struct backup_config {
  backup_options options;
  std::chrono::seconds every{0}; ///< 0: the node makes none by itself
};

/// Reads it; refuses what it cannot take with the place in the file.
void read_backup(toml_section& in, backup_config& out);

} // namespace hive
