#pragma once

#include "actors/remote/api.hpp"
#include "messages/msg.hpp"

#include <caf/atom.hpp>
#include <caf/fwd.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <chrono>
#include <cstddef>

namespace hive {

using settle_atom = caf::atom_constant<caf::atom("settle")>;

/// Joins the records of an engine on their way to its node: while one message is under way, records gather for the next
/// one. Ends with the connection.
using record_joiner_actor = caf::typed_actor<
  // Answers when the records are durable, each message with what became of its own records. ec::invalid, naming the
  // field, for records that no node would take; these harm no others. ec::overloaded when too many records wait.
  // Otherwise the error with which the node answers, which concerns all records that travelled together; nothing of
  // them is stored then. ec::outcome_unknown when the connection is lost meanwhile, ec::unavailable when they were not
  // sent.
  caf::replies_to<msg<wire::RecordTasks>>::with<msg<wire::TasksRecorded>>,
  // Sends what has gathered, and answers when no record waits any more.
  caf::replies_to<settle_atom>::with<caf::ok_atom>>;

struct record_joiner_options {
  engine_session_actor session;
  /// Of each message to the node.
  std::chrono::milliseconds timeout{10'000};
  /// How long a message waits for the records that are expected, those of the callers that the last answer set free;
  /// also at most half of the time that the last answer took. A caller alone never waits.
  std::chrono::microseconds gather{1'000};
  /// Records of one message. Those of one call stay together.
  size_t most_joined = 1'000;
  /// Records that wait, at about 0.5 KB each.
  size_t most_waiting = 100'000;
};

record_joiner_actor spawn_record_joiner(caf::actor_system& system, record_joiner_options options);

} // namespace hive
