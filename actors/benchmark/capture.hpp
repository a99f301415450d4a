#pragma once

#include "actors/benchmark/adapter_definition.hpp"
#include "actors/benchmark/capture_tally.hpp"
#include "actors/benchmark/snapshots/snapshot_builder.hpp"
#include "actors/remote/api.hpp"
#include "messages/benchmark.capnp.h"

namespace hive {

/// An adapter of a capture. Without a handle it is not asked, and `unavailable` says why.
struct capture_member {
  adapter_definition definition;
  adapter_actor handle;
  std::string unavailable;
};

/// The result of a capture.
struct capture_result {
  std::vector<adapter_outcome> outcomes;
  /// Adapters that neither answered nor ended in time; they must be replaced.
  std::vector<std::string> hung;
};

// internal: performs one capture for the registry. Asks all members in parallel, and those under a GPU lease after all
// others, one at a time. Once each has answered, failed, ended
// or timed out, it answers and ends.
using capture_actor = caf::typed_actor<caf::replies_to<msg<wire::MeasureRequest>>::with<capture_result>>;

/// `tally` counts it among the captures of the node.
capture_actor spawn_capture(caf::actor_system& system, std::vector<capture_member> members,
                            std::shared_ptr<capture_tally> tally);

/// Upper bound on the duration of a capture of these members.
std::chrono::milliseconds capture_limit(const std::vector<capture_member>& members);

} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::capture_result)
