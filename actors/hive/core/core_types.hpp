#pragma once

// What goes into hive_core and what comes out of it.

#include "actors/hive/link/api.hpp"
#include "actors/hive/members/clock_watch.hpp"
#include "actors/hive/members/expiry_watch.hpp"
#include "actors/hive/members/membership.hpp"
#include "actors/hive/state/replica.hpp"
#include "actors/slot_topic.hpp"
#include "messages/events.capnp.h"
#include "messages/gossip.capnp.h"
#include "platform/log.hpp"
#include "storage/write_set.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace hive {

/// The two clocks of a node: one that never jumps, and the one that people read.
struct core_time {
  tick_point steady;
  int64_t unix_micros = 0;
};

// -- events ----------------------------------------------------------------------

/// Time for a round of gossip; every `federation_profile::interval`.
struct round_due {};
/// Time to look at the members; every `membership_options::tick`.
struct pulse_due {};
/// The time that `core_output::wake_at` asked for has come.
struct wake_due {};

/// A question of gossip from a linked node. The output holds the answer.
struct question_received {
  node_id from;
  msg<wire::GossipQuestion> question;
};

/// The answer to the question that the core last asked this node, or why there is none.
struct answer_received {
  node_id from;
  caf::expected<msg<wire::GossipAnswer>> answer;
  std::chrono::microseconds round_trip{0};
  size_t sent_bytes = 0; ///< of the question
};

/// Messages of a linked node that could not be decoded.
struct malformed_received {
  node_id from;
  uint64_t messages = 0;
};

/// A linked node closes its link, which says nothing of how it is.
struct close_received {
  node_id from;
};

/// What the writes were for.
enum class store_purpose : uint8_t {
  own_slots, ///< nobody hears of them before they are durable
  epoch,     ///< likewise
  received,  ///< slots of other nodes; they can say them again
  forgotten, ///< nodes whose slots are erased
};

/// What became of writes: of those for own slots and for an epoch exactly one is under way at a time.
struct store_done {
  store_purpose purpose{};
  caf::error error;
  uint64_t epoch = 0; ///< that was stored, for store_purpose::epoch
};

using core_event =
  std::variant<round_due, pulse_due, wake_due, publish_slots, door_opened, link_offer, link_up, link_down, dial_failed,
               question_received, answer_received, malformed_received, close_received, store_done>;

// -- outputs ---------------------------------------------------------------------

/// A question to a linked node. The core asks a node nothing else before the answer or its failure has come.
struct question_to_send {
  node_id to;
  msg<wire::GossipQuestion> question;
};

struct store_order {
  store_purpose purpose{};
  write_set writes;
  uint64_t epoch = 0; ///< for store_purpose::epoch: at least this one, which is stored with the writes
};

struct log_line {
  log::level level{};
  std::string text;
};

using door_order = std::variant<maintain_link, open_link, close_link>;
using topic_update = std::variant<slots_accepted, slots_withdrawn>;

/// What the owner of the core does after a step, in this order; within each list in the order of its entries.
struct core_output {
  std::vector<log_line> log;
  std::vector<store_order> to_store;
  std::vector<topic_update> to_publish; ///< to the consumers of the topics
  std::vector<msg<wire::Event>> events;
  std::vector<door_order> to_door;
  std::vector<question_to_send> to_send;
  std::optional<caf::expected<msg<wire::GossipAnswer>>> answer; ///< to question_received
  std::optional<tick_point> wake_at;                            ///< wake_due is wanted then; earlier wishes still hold
};

} // namespace hive
