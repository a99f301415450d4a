#pragma once

#include "apps/hivectl/client.hpp"
#include "messages/snapshot.capnp.h"

#include <vector>

namespace hive::ctl {

/// All versions that a node has captured, page by page in byte order. ec::malformed for a node whose list does not end.
caf::expected<std::vector<msg<wire::SnapshotList>>> fetch_snapshot_pages(const client& node);

} // namespace hive::ctl
