#pragma once

#include "messages/events.capnp.h"
#include "messages/ids.hpp"
#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"

namespace hive {

/// The event for a started capture.
msg<wire::Event> capture_started(const std::string& version, capture_id id);

/// The event for the end of a capture or import: its step is `good`, or `failed` with the error's text.
msg<wire::Event> capture_ended(const std::string& version, capture_id id, wire::CaptureStep good,
                               const caf::expected<msg<wire::Snapshot>>& result);

/// The event for a deleted capture.
msg<wire::Event> capture_deleted(wire::CaptureDeleted::Reader deleted);

} // namespace hive
