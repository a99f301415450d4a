#pragma once

#include "messages/msg.hpp"
#include "messages/store.capnp.h"

#include <filesystem>
#include <optional>

namespace hive {

struct database_options;

/// Decides how to open the store of a data directory. Returns a mark for a live store, after verifying all files of the
/// mark. Returns nothing for a new store, whose directory is then ready. Errors name the file: ec::corrupt when
/// something is missing or damaged, ec::unsupported for a store of a newer hived, in which nothing is then changed.
caf::expected<std::optional<msg<wire::StoreMark>>> prepare_opening(const database_options& options);

/// An ec::corrupt error with advice for the operator.
caf::error refuse_damage(std::string_view what);

} // namespace hive
