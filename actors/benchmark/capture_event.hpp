#pragma once

#include "messages/events.capnp.h"
#include "messages/ids.hpp"
#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"

namespace hive {

/// A capture has begun, as an event.
msg<wire::Event> capture_started(const std::string& version, capture_id id);

/// How a capture or an import ended, as an event: in `good`, or in failed with the error's text.
msg<wire::Event> capture_ended(const std::string& version, capture_id id, wire::CaptureStep good,
                               const caf::expected<msg<wire::Snapshot>>& result);

/// A capture was deleted, as an event.
msg<wire::Event> capture_deleted(wire::CaptureDeleted::Reader deleted);

} // namespace hive
