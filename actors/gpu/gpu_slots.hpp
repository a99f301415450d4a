#pragma once

#include "actors/slot_topic.hpp"
#include "gpu/ledger/ledger.hpp"

namespace hive {

/// Topic of the nodes' GPUs: one slot per node, which contains a wire::NodeGpus. It says where a request may succeed;
/// only the node itself grants.
inline constexpr slot_kind gpu_kind{12};
slot_rules gpu_rules();

/// What the others are told. Free memory is rounded down to GiB, so that not every change is told.
publish_slots gpus_to_publish(const gpu::ledger& ledger);

} // namespace hive
