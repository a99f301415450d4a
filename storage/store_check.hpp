#pragma once

#include "messages/msg.hpp"
#include "messages/store.capnp.h"

#include <filesystem>

namespace hive {

/// Reads every file of the mark completely and verifies it. ec::corrupt names the first file that is missing, shorter
/// or different, or a non-empty log that the mark does not list. Takes about half a CPU-second per GiB, on up to four
/// threads, or as long as the disk needs.
caf::error check_files(const std::filesystem::path& store, wire::StoreMark::Reader mark);

/// A mark that describes a store of version `schema` as it is now, with all its files.
caf::expected<msg<wire::StoreMark>> mark_as_it_is(const std::filesystem::path& store, uint32_t schema);

} // namespace hive
