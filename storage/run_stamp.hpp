#pragma once

#include "messages/msg.hpp"
#include "messages/store.capnp.h"

#include <filesystem>
#include <optional>
#include <string_view>

namespace hive {

/// The file with the stamp of this node: NODE.stamp in the directory.
std::filesystem::path run_stamp_path(const std::filesystem::path& directory, std::string_view node);

/// Reads the stamp and removes its file, so that it counts for one start: a new one is written with the next slot. None
/// when there is none that belongs to this node and this boot of the machine, or when its file cannot be removed.
std::optional<msg<wire::RunStamp>> take_run_stamp(const std::filesystem::path& directory, std::string_view node);

/// Replaces the stamp atomically, creating the directory if it is missing. Not synced: a machine that loses it boots
/// anew. On failure no stamp is left; ec::storage_failed, naming the file.
caf::error put_run_stamp(const std::filesystem::path& directory, std::string_view node, uint64_t epoch,
                         uint64_t version);

} // namespace hive
