#pragma once

#include "actors/engines/spawned_table.hpp"

#include <string>
#include <vector>

namespace hive {

// Records as answers over HTTP.

msg<wire::Spawned> describe(const spawned_record& record);

/// With the measurement or the report, once there is one.
msg<wire::SpawnedResult> describe_result(const spawned_record& record);

msg<wire::SpawnedList> describe_all(const std::vector<const spawned_record*>& records);

/// The answer to keep-alives: those that are known, and the ids of those that are not.
msg<wire::SpawnedKept> describe_kept(const std::vector<const spawned_record*>& known,
                                     const std::vector<std::string>& gone);

msg<wire::SpawnedEnded> describe_end(const std::string& id);

} // namespace hive
