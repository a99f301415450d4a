#pragma once

#include "messages/msg.hpp"
#include "messages/store.capnp.h"

#include <filesystem>

namespace hive {

/// Reads every file of the mark in whole and compares it: ec::corrupt, naming the first one that is missing, shorter or
/// different, or a log that the mark does not know although something was written to it. Takes
/// about half a second of processor time per GiB, on up to four threads, or as long as the disk needs.
caf::error check_files(const std::filesystem::path& store, wire::StoreMark::Reader mark);

/// The mark of a store as it lies there, with every file as it is.
caf::expected<msg<wire::StoreMark>> mark_as_it_is(const std::filesystem::path& store);

} // namespace hive
