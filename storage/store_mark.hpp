#pragma once

#include "messages/msg.hpp"
#include "messages/store.capnp.h"

#include <filesystem>
#include <optional>

namespace hive {

/// Location of the mark: beside the store, so that both are copied and restored together.
std::filesystem::path mark_path(const std::filesystem::path& data_directory);

/// Reads the mark; nothing when there is none. ec::corrupt, naming the file, when it is damaged.
caf::expected<std::optional<msg<wire::StoreMark>>> read_mark(const std::filesystem::path& data_directory);

/// Replaces the mark atomically; durable on return. ec::storage_failed, naming the file, when it cannot be written.
caf::error write_mark(const std::filesystem::path& data_directory, const msg<wire::StoreMark>& mark);

/// Fsyncs a directory, so that the names in it are durable.
caf::error sync_directory(const std::filesystem::path& directory);

} // namespace hive
