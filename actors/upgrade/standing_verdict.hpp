#pragma once

#include "actors/upgrade/checker.hpp"
#include "messages/upgrade.capnp.h"
#include "storage/database.hpp"

#include <caf/expected.hpp>
#include <optional>
#include <string>

namespace hive {

/// What this node says of a version on a track.
struct standing_verdict {
  wire::Verdict verdict;
  std::string measurement; ///< that said it; empty when the stored samples do
};

/// The verdict of the newest paired measurement of the version as the new one; without any, what policy statistical
/// says of it against the track's reference, from what is stored. Nothing when the version is that reference, or the
/// track has none (`reference` is empty). Fails with ec::corrupt.
caf::expected<std::optional<standing_verdict>> find_verdict(const database& db, const std::string& track,
                                                            const std::string& version, const std::string& reference,
                                                            const upgrade_checker_options& options);

} // namespace hive
