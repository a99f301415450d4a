#pragma once

// Contract between the federation and the services that share data with other nodes. A topic is one kind of slot: its
// number, the decoding of its payloads, the consumer of other nodes' slots and the producer of those of this node. The
// federation carries slots of any topic and interprets none, so a new topic is added in the folder of its service and
// passed to the federation by the wiring.

#include "messages/door.capnp.h"
#include "messages/fwd.hpp"
#include "messages/ids.hpp"

#include <any>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/expected.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace hive {

/// Number of a topic, as sent between nodes; docs/how-to/hive.md lists them. Nodes keep and pass on unknown kinds.
enum class slot_kind : uint16_t {
  card = 0, ///< description of a node by itself; the only kind that the federation interprets
};

/// Decoded payload, in the type of its topic. Null: the slot was erased.
using slot_content = std::shared_ptr<const std::any>;

template <class T>
slot_content make_content(T value) {
  return std::make_shared<const std::any>(std::move(value));
}

/// The content as a `T`; null when there is none or it has another type.
template <class T>
const T* content_as(const slot_content& content) {
  return std::any_cast<T>(content.get());
}

/// Bounds for a topic that yields to all others: when space runs out, its slots with the last keys, in key order, are
/// left out.
struct slot_quota {
  size_t keys = 0;  ///< a slot is published only if the keys and payloads of all topics together then stay within this
                    ///< limit
  size_t bytes = 0; ///< this topic is published only while the keys and payloads of all topics together stay within
                    ///< this limit
};

/// Finds contradictions between two contents of one slot, neither of them null, which its origin wrote in one run.
/// Returns what is contradicted, or nothing. The origin is quarantined on all nodes for ever, and each node judges for
/// itself: the result must depend only on the arguments, and only on fields that no later version reads in another way.
using contradiction_rule = std::function<std::string(const slot_content& earlier, const slot_content& later)>;

/// The pure part of a topic.
struct slot_rules {
  slot_kind kind{};
  std::string name; ///< for logs, such as "tool statistics"
  /// Decodes and checks a non-empty payload: values finite and in range, sums consistent. An origin whose slots it
  /// refuses is quarantined, so the result must depend only on the arguments. ec::malformed or ec::invalid, naming what
  /// is wrong.
  std::function<caf::expected<slot_content>(std::string_view key, std::string_view payload)> decode;
  /// Adds a slot's content to the node list; optional. When set, contents are kept in memory.
  std::function<void(const slot_content&, wire::NodeInfo::Builder)> describe = {};
  std::optional<slot_quota> quota = {}; ///< none: the topic does not yield
  contradiction_rule contradicts = {};  ///< optional
  /// A change is stored and sent to the linked ones of the topic's readers at once, at most every
  /// defaults::urgent_interval; see slot_readers.
  bool is_urgent = false;
  /// What its owner publishes is not written before the owner says so by slots_admitted. The consumer also gets this
  /// node's own slots: the stored ones, those that other nodes return to a node that lost them, and each one written,
  /// once it is durable.
  bool waits_for_admission = false;
  /// Its slots share a room of their own with the other topics that have this: replica_options::own_room_bytes. All
  /// nodes of a hive must agree on which topics have it.
  bool has_own_room = false;
  /// How many task records a slot's content counts; optional. For the answer about a single node.
  std::function<uint64_t(const slot_content&)> count_records = {};
};

/// All slots of a kind that a service publishes; replaces the earlier ones. They are stored and pushed to other nodes
/// at once, or, when they change quickly, at the pace of the federation profile.
struct publish_slots {
  slot_kind kind{};
  std::map<std::string, std::string> payloads; ///< by key
};
using slot_publisher_actor = caf::typed_actor<caf::reacts_to<publish_slots>>;

/// Slots of several kinds that belong together: they are written and sent together.
struct publish_together {
  std::vector<publish_slots> kinds;
};

/// What the owner of the topic published last, and what it publishes from now on, is written; see
/// slot_rules::waits_for_admission.
struct slots_admitted {
  slot_kind kind{};
};

/// The nodes to which changes of an urgent topic are sent at once, in place of those named before. Before the first
/// time there are none. All other nodes get the changes as those of other topics.
struct slot_readers {
  slot_kind kind{};
  std::set<node_id> nodes;
};

/// For topics that wait for admission or are urgent.
using slot_sharing_actor = slot_publisher_actor::extend<caf::reacts_to<publish_together>,
                                                        caf::reacts_to<slots_admitted>, caf::reacts_to<slot_readers>>;

struct shared_slot {
  std::string key;
  slot_content content;
};

/// New slots of another node.
struct slots_accepted {
  slot_kind kind{};
  node_id origin;
  std::vector<shared_slot> slots;
};

/// All slots of the node are void: it was forgotten or quarantined.
struct slots_withdrawn {
  slot_kind kind{};
  node_id origin;
};

/// Receives the slots of other nodes; when the federation starts, it first delivers all stored ones.
using slot_consumer_actor = caf::typed_actor<caf::reacts_to<slots_accepted>, caf::reacts_to<slots_withdrawn>>;

/// Knows the nodes of the hive.
using node_directory_actor = caf::typed_actor<
  // This node and all known ones, or only the node asked for; ec::not_found when it is unknown.
  caf::replies_to<msg<wire::NodeQuery>>::with<msg<wire::NodeList>>>;

/// The federation has started: the producer publishes all its slots, then every change.
struct sharing_started {
  slot_kind kind{};
  slot_publisher_actor publisher;
  slot_sharing_actor sharing = {}; ///< the same actor
  node_directory_actor nodes = {}; ///< the same actor
  /// The store is known to hold all that this node ever told: a stamp outside of the data directory says so.
  bool disk_is_current = false;
};
using slot_producer_actor = caf::typed_actor<caf::reacts_to<sharing_started>>;

/// A topic with its services on this node, which are optional.
struct slot_topic {
  slot_rules rules;
  slot_consumer_actor consumer = {};
  slot_producer_actor producer = {};
};

} // namespace hive

// Messages within one node.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::publish_slots)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::publish_together)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::slots_admitted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::slot_readers)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::slots_accepted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::slots_withdrawn)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::sharing_started)
