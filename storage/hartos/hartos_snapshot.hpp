#pragma once

#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"

#include <string>
#include <string_view>
#include <vector>

namespace hive {

/// A HART OS snapshot file, converted for the API.
struct hartos_snapshot {
  msg<wire::ImportSnapshot> snapshot;
  std::string document;           ///< the same as JSON, for PUT /snapshots/{version}
  std::vector<std::string> notes; ///< what was skipped, and where
};

/// Whether the text is a snapshot in HART OS's nested form, with a numeric timestamp. False for anything but a JSON
/// object.
bool is_hartos_snapshot(std::string_view text);

/// Reads agent_data/benchmarks/{version}.json in HART OS's nested or flat form. A file without a version gets the one
/// in its name, `stem`. Members that snapshots do not have are dropped; malformed metrics are skipped and noted.
/// ec::malformed when it is not a JSON object; ec::invalid, naming the place, when it cannot be a snapshot.
caf::expected<hartos_snapshot> read_hartos_snapshot(std::string_view text, std::string_view stem);

/// The snapshot in HART OS's nested form. What that form lacks (node, machine, samples) is in members that HART OS
/// ignores. Adapters and metrics are in byte order, so that equal snapshots give equal text. Metrics without a value
/// are omitted: HART OS would fail on them.
std::string to_hartos(wire::Snapshot::Reader snapshot);

} // namespace hive
