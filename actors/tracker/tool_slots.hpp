#pragma once

#include "actors/slot_topic.hpp"
#include "analysis/hive_statistics.hpp"

#include <caf/expected.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace hive {

/// The topic of tool statistics: what every node learned of its coding tools. The content of a slot is a
/// std::vector<analysis::learned_tool>.
inline constexpr slot_kind tool_stats_kind{1};
slot_rules tool_stats_rules();

/// A node's tool statistics are spread over so many slots, by the hash of the task type, so that a change sends one of
/// them again and not everything.
inline constexpr size_t tool_buckets = 64;

/// The key of the slot that holds this task type: two digits.
std::string tool_bucket_of(std::string_view task_type);

/// Payloads of a node's statistics by key; only keys that hold anything. Of the 4,096 tools that others keep of a node,
/// and of what fits a slot, those with the most records. Names of users and models are not in it.
std::map<std::string, std::string> to_tool_slots(std::vector<analysis::learned_tool> learned);

/// What a payload says. ec::malformed or ec::invalid for what no node's records can have: impossible sums, a tool given
/// twice, a task type of another key.
caf::expected<std::vector<analysis::learned_tool>> from_tool_slot(std::string_view key, std::string_view payload);

} // namespace hive
