#pragma once

#include "messages/msg.hpp"
#include "messages/store.capnp.h"

#include <filesystem>
#include <optional>

namespace hive {

struct database_options;

/// Decides how the store of a data directory is to be opened. A mark: as one that lives, whose files are those of the
/// mark, all there and as they were written. Nothing: as a new one, for which the directory is ready. The errors name
/// the file: ec::corrupt when something is missing or damaged, ec::unsupported for the store of a newer hived.
caf::expected<std::optional<msg<wire::StoreMark>>> prepare_opening(const database_options& options);

/// ec::corrupt with what an operator can do.
caf::error refuse_damage(std::string_view what);

} // namespace hive
