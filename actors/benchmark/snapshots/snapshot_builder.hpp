#pragma once

#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"

#include <optional>
#include <string>
#include <vector>

namespace hive {

/// Result of one adapter in a capture, with its measurement.
struct adapter_outcome {
  std::string name;
  wire::Tier tier = wire::Tier::FAST;
  wire::AdapterStatus status = wire::AdapterStatus::ERROR;
  std::string reason;
  double duration_s = 0;
  msg<wire::Measurement> measurement;
  bool given = false;     ///< measured by the capture's caller
  bool is_leased = false; ///< of the node's own lease: only then does the measurement's evidence count
  std::optional<msg<wire::Contention>> contention = {}; ///< what else used the machine, if the node measured it
};

/// Facts about a whole capture.
struct capture_facts {
  std::string version;
  std::string git_sha;
  int64_t captured_at_unix_micros = 0;
  wire::Tier tier = wire::Tier::FAST;
  std::string node;
  msg<wire::Environment> environment;
};

/// Why a measurement cannot be stored: a value or sample that is not finite, a value that is not the mean of its
/// samples, a rule out of its range or about an unknown field, or a name that is empty or used twice. Such a
/// measurement is an error of the whole adapter, since a part of it would look complete.
std::optional<std::string> find_fault(wire::Measurement::Reader measured);

/// Builds a snapshot from a capture's outcomes. A metric name shared by several adapters is written `adapter.name`.
msg<wire::Snapshot> build_snapshot(const capture_facts& facts, const std::vector<adapter_outcome>& outcomes);

/// Converts an imported snapshot to the node's form: HART OS's nested form becomes flat, and `imported` is set.
/// ec::invalid when both forms are given, when version and path differ, when two metrics share a name, when a value is
/// not the mean of its samples, or when a metric needs an unknown field of the environment equal.
caf::expected<msg<wire::Snapshot>> normalise_import(const msg<wire::ImportSnapshot>& import, int64_t now_unix_micros);

/// A copy of the snapshot with its capture number set.
msg<wire::Snapshot> with_capture_id(const msg<wire::Snapshot>& snapshot, uint64_t id);

} // namespace hive
