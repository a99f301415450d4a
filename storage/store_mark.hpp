#pragma once

#include "messages/msg.hpp"
#include "messages/store.capnp.h"

#include <filesystem>
#include <optional>

namespace hive {

/// Location of the mark: beside the store, so that both are copied and restored together.
std::filesystem::path mark_path(const std::filesystem::path& data_directory);

/// Reads the mark; nothing when there is none. ec::corrupt, naming the file, when it is damaged; ec::unsupported, as
/// `refuse_newer`, when it is of a store of a later version, whatever else is in it then.
caf::expected<std::optional<msg<wire::StoreMark>>> read_mark(const std::filesystem::path& data_directory);

/// An ec::unsupported error with advice for the operator: the store in `data_directory` has a later schema version.
/// `software` is the release that wrote it last, if that is known.
caf::error refuse_newer(const std::filesystem::path& data_directory, uint32_t found, std::string_view software);

/// Replaces the mark atomically; durable on return. ec::storage_failed, naming the file, when it cannot be written.
caf::error write_mark(const std::filesystem::path& data_directory, const msg<wire::StoreMark>& mark);

/// Fsyncs a directory, so that the names in it are durable.
caf::error sync_directory(const std::filesystem::path& directory);

} // namespace hive
