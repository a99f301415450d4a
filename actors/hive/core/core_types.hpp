#pragma once

// Events and outputs of hive_core.

#include "actors/hive/link/api.hpp"
#include "actors/hive/members/clock_watch.hpp"
#include "actors/hive/members/expiry_watch.hpp"
#include "actors/hive/members/membership.hpp"
#include "actors/hive/state/replica.hpp"
#include "actors/slot_topic.hpp"
#include "messages/events.capnp.h"
#include "messages/gossip.capnp.h"
#include "platform/identity/revocation_list.hpp"
#include "platform/log.hpp"
#include "storage/write_set.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace hive {

/// Monotonic and wall-clock time.
struct core_time {
  tick_point steady;
  int64_t unix_micros = 0;
};

/// Validity of the certificates of this node, in seconds since 1970.
struct certificate_dates {
  int64_t own_from = 0;
  int64_t own_until = 0;
  int64_t ca_until = 0; ///< of the issuing CA
  std::vector<watched_certificate> watched;
};

// -- events ----------------------------------------------------------------------

/// Timer for a round of gossip; every `federation_profile::interval`.
struct round_due {};
/// Timer for the failure detector; every `membership_options::tick`.
struct pulse_due {};
/// Timer requested by `core_output::wake_at`.
struct wake_due {};

/// A gossip question of a linked node. The output holds the answer.
struct question_received {
  node_id from;
  msg<wire::GossipQuestion> question;
};

/// The answer to the last question to this node, or the error.
struct answer_received {
  node_id from;
  caf::expected<msg<wire::GossipAnswer>> answer;
  std::chrono::microseconds round_trip{0};
  size_t sent_bytes = 0; ///< of the question
};

/// A linked node sent messages that could not be decoded.
struct malformed_received {
  node_id from;
  uint64_t messages = 0;
};

/// Links with these nodes are in use from now on, and those of earlier such events no longer: in a large hive they are
/// not among those that are closed for being too many.
struct links_used {
  std::set<node_id> nodes;
};

/// A link with this node is wanted now: it is dialled once if there is none.
struct link_wanted {
  node_id node;
};

/// The operator vouches that the store is no older copy: this node need not hear others before it publishes.
struct store_vouched {};

/// Revocation lists of the CAs, as PEM, from the operator. The output says what became of them.
struct revocations_given {
  std::string text;
  std::string source; ///< file or route, for errors
};

/// The CAs that this node trusts have changed, or its own certificate.
struct trust_renewed {
  admission_check admit;
  std::vector<certificate> trusted;
  certificate_dates dates;
};

/// A linked node has sent a goodbye. This says nothing about its health.
struct close_received {
  node_id from;
};

/// Purpose of a write.
enum class store_purpose : uint8_t {
  own_slots, ///< published only once durable
  epoch,     ///< also published only once durable
  received,  ///< slots of other nodes, which can be received again
  forgotten, ///< erased slots of forgotten nodes
  revoked,   ///< revocation lists
};

/// Result of a write. At most one write of own slots and one of the epoch are in flight.
struct store_done {
  store_purpose purpose{};
  caf::error error;
  uint64_t epoch = 0; ///< stored epoch, for store_purpose::epoch
};

using core_event = std::variant<round_due, pulse_due, wake_due, publish_slots, publish_together, slots_admitted,
                                slot_readers, door_opened, link_offer, link_up, link_down, dial_failed,
                                question_received, answer_received, malformed_received, close_received, links_used,
                                link_wanted, store_vouched, store_done, revocations_given, trust_renewed>;

// -- outputs ---------------------------------------------------------------------

/// A question to a linked node. The core sends the node no other question until this one is answered or has failed.
struct question_to_send {
  node_id to;
  msg<wire::GossipQuestion> question;
};

struct store_order {
  store_purpose purpose{};
  write_set writes;
  uint64_t epoch = 0; ///< for store_purpose::epoch: the lowest epoch to store with the writes
};

struct log_line {
  log::level level{};
  std::string text;
};

using door_order = std::variant<maintain_link, open_link, close_link>;
using topic_update = std::variant<slots_accepted, slots_withdrawn>;

/// Actions for the owner of the core to take after a step, in the order of these fields, and of the entries in each.
struct core_output {
  std::vector<log_line> log;
  /// Stamp of the newest slot of this node, to be noted outside of the store before anybody is told of the slot.
  std::optional<write_stamp> to_note;
  std::vector<store_order> to_store;
  std::vector<topic_update> to_publish; ///< for the consumers of the topics
  std::vector<msg<wire::Event>> events;
  std::vector<door_order> to_door;
  std::vector<question_to_send> to_send;
  std::optional<caf::expected<msg<wire::GossipAnswer>>> answer; ///< reply to question_received
  std::optional<tick_point> wake_at; ///< when to send wake_due; earlier requests stay in force
  /// Reply to revocations_given: the lists of that text, all of which the node holds now. ec::conflict for one that is
  /// older than the one held, or has its number and other content; then none was taken.
  std::optional<caf::expected<std::vector<revocation_list>>> given;
  std::optional<revocations> revoked; ///< in force from now on; before anything else is done
};

} // namespace hive
