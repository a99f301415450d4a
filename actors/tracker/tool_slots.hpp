#pragma once

#include "actors/slot_topic.hpp"
#include "analysis/hive_statistics.hpp"

#include <caf/expected.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace hive {

/// The topic of tool statistics: what each node learned about its coding tools. A slot's content is a
/// std::vector<analysis::learned_tool>.
inline constexpr slot_kind tool_stats_kind{1};
slot_rules tool_stats_rules();

/// Number of slots over which a node's tool statistics are spread, by the hash of the task type, so that a change
/// resends one slot instead of all.
inline constexpr size_t tool_buckets = 64;

/// The key of the slot for this task type: two digits.
std::string tool_bucket_of(std::string_view task_type);

/// Packs tools of one bucket. Those with the most records, if not all fit a slot.
std::string to_tool_slot(std::vector<analysis::learned_tool> learned);

/// Decodes a payload. ec::malformed; ec::invalid for impossible content: wrong sums, a duplicate tool, a task type that
/// belongs to another key.
caf::expected<std::vector<analysis::learned_tool>> from_tool_slot(std::string_view key, std::string_view payload);

} // namespace hive
