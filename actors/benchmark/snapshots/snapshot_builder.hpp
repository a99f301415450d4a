#pragma once

#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"

#include <optional>
#include <string>
#include <vector>

namespace hive {

/// How one adapter fared in a capture, with what it measured.
struct adapter_outcome {
  std::string name;
  wire::Tier tier = wire::Tier::FAST;
  wire::AdapterStatus status = wire::AdapterStatus::ERROR;
  std::string reason;
  double duration_s = 0;
  msg<wire::Measurement> measurement;
};

/// What is true of a whole capture.
struct capture_facts {
  std::string version;
  std::string git_sha;
  int64_t captured_at_unix_micros = 0;
  wire::Tier tier = wire::Tier::FAST;
  std::string node;
  msg<wire::Environment> environment;
};

/// Why a measurement cannot be kept: a value or sample that is not finite, a value that is no mean of its samples, a
/// name without text or given twice. Such a measurement is an error of its adapter as a whole: half of it would look
/// like all of it.
std::optional<std::string> find_fault(wire::Measurement::Reader measured);

/// Puts the outcomes of a capture together. A metric name that two adapters share is written `adapter.name`.
msg<wire::Snapshot> build_snapshot(const capture_facts& facts, const std::vector<adapter_outcome>& outcomes);

/// A snapshot that came from elsewhere as this node keeps it: HART OS's nested form becomes the flat one, `imported` is
/// set. ec::invalid when both forms are given, when version and path differ, when two metrics have one name, or when a
/// value is no mean of its samples.
caf::expected<msg<wire::Snapshot>> normalise_import(const msg<wire::ImportSnapshot>& import, int64_t now_unix_micros);

/// The same snapshot under its number.
msg<wire::Snapshot> with_capture_id(const msg<wire::Snapshot>& snapshot, uint64_t id);

} // namespace hive
