#pragma once

#include "messages/msg.hpp"
#include "messages/store.capnp.h"

#include <filesystem>
#include <optional>

namespace hive {

/// Where the mark of a data directory lies: beside the store, so that it is copied and set back with it.
std::filesystem::path mark_path(const std::filesystem::path& data_directory);

/// Reads the mark; nothing when there is none. ec::corrupt, naming the file, when it is damaged.
caf::expected<std::optional<msg<wire::StoreMark>>> read_mark(const std::filesystem::path& data_directory);

/// Replaces the mark and returns when it is on disk: a crash leaves the old one or the new one, whole.
/// ec::storage_failed, naming the file, when it cannot be written.
caf::error write_mark(const std::filesystem::path& data_directory, const msg<wire::StoreMark>& mark);

/// Waits until the names in a directory are on disk.
caf::error sync_directory(const std::filesystem::path& directory);

} // namespace hive
