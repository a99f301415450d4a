#pragma once

#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"

#include <string>
#include <string_view>
#include <vector>

namespace hive {

/// A snapshot file of HART OS as the API takes it.
struct hartos_snapshot {
  msg<wire::ImportSnapshot> snapshot;
  std::string document;           ///< the same as JSON, for PUT /snapshots/{version}
  std::vector<std::string> notes; ///< what was left out, each with its place
};

/// Whether the text is a snapshot as HART OS writes it: in the nested form, with its time in seconds. False for what is
/// no JSON object.
bool is_hartos_snapshot(std::string_view text);

/// Reads agent_data/benchmarks/{version}.json, in HART OS's nested form or the flat one. A file that names no version
/// has that of its name, `stem`. HART OS writes more than a snapshot keeps, and not always metrics where metrics should
/// be: the former is dropped, the latter noted. ec::malformed for what is no JSON object, ec::invalid naming the place
/// for what no snapshot can be.
caf::expected<hartos_snapshot> read_hartos_snapshot(std::string_view text, std::string_view stem);

/// The snapshot in HART OS's nested form, with what that leaves out (node, machine, samples) in members that HART OS
/// ignores. Adapters and metrics are in byte order, so that two snapshots of one content give one text. Metrics without
/// a value are left out: HART OS would fail on them.
std::string to_hartos(wire::Snapshot::Reader snapshot);

} // namespace hive
