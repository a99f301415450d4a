#pragma once

#include "actors/slot_topic.hpp"
#include "actors/upgrade/stages/stage_counts.hpp"

#include <caf/expected.hpp>
#include <span>
#include <string_view>
#include <vector>

namespace hive {

/// Topic of the nodes' health in stages: one slot per node. Its content is a std::vector<stage_counts>, by track.
inline constexpr slot_kind stage_health_kind{13};
slot_rules stage_health_rules();

/// What this node tells of the stages that it observes, which are of different tracks, in their order.
publish_slots stages_to_publish(std::span<const stage_counts> stages);

/// Decodes a payload. ec::malformed; ec::invalid for what no node can have counted: another key, tracks out of order,
/// blocks out of order or beyond those that it observed.
caf::expected<std::vector<stage_counts>> from_stage_slot(std::string_view key, std::string_view payload);

} // namespace hive
