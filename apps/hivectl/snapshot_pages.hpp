#pragma once

#include "apps/hivectl/client.hpp"
#include "messages/snapshot.capnp.h"

#include <string>
#include <vector>

namespace hive::ctl {

/// All versions that a node has captured, in byte order, one message per page. exit_status::unreachable when the node's
/// list does not end.
caf::expected<std::vector<msg<wire::SnapshotList>>> fetch_snapshot_pages(const client& node);

/// All captures of a version, oldest first, one message per page. ec::malformed when the node's list does not end.
caf::expected<std::vector<msg<wire::CaptureList>>> fetch_capture_pages(const client& node, const std::string& version);

} // namespace hive::ctl
