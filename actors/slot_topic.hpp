#pragma once

// The contract between the federation and the services that share something with the other nodes. A topic is one kind
// of slot: its number, what its payloads say, who is told of the other nodes' slots and who publishes this node's. The
// federation carries slots of any topic and knows none of them, so a new one is added in the folder of its service, and
// given to the federation by the wiring.

#include "messages/door.capnp.h"
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
#include <string>
#include <string_view>
#include <vector>

namespace hive {

/// Number of a topic. It travels, and docs/hive.md lists those in use. A node keeps and passes on kinds it does not
/// know.
enum class slot_kind : uint16_t {
  card = 0, ///< a node's description of itself, the one kind that the federation itself reads
};

/// What a payload says, in the type of its topic. Null: the slot was erased.
using slot_content = std::shared_ptr<const std::any>;

template <class T>
slot_content make_content(T value) {
  return std::make_shared<const std::any>(std::move(value));
}

/// Null where there is no content, or content of another type.
template <class T>
const T* content_as(const slot_content& content) {
  return std::any_cast<T>(content.get());
}

/// Bounds of what this node publishes of a topic that gives way to all others: where they do not leave room, its last
/// slots in the order of their keys are left out.
struct slot_quota {
  size_t keys = 0;  ///< that are ever used, erased or not: the other nodes never forget one
  size_t bytes = 0; ///< keys and payloads of all topics together up to which this one is published
};

/// The pure part of a topic.
struct slot_rules {
  slot_kind kind{};
  std::string name; ///< in logs, such as "tool statistics"
  /// Reads and checks a payload, which is not empty: its values are finite and in range, its sums go together. Called
  /// once for each slot that comes in; an origin whose slots it refuses is quarantined, so the answer must depend on
  /// nothing but the arguments. ec::malformed or ec::invalid, naming what is wrong.
  std::function<caf::expected<slot_content>(std::string_view key, std::string_view payload)> decode;
  /// Adds to the list of nodes what a node's slot says; optional. The content is then kept in memory.
  std::function<void(const slot_content&, wire::NodeInfo::Builder)> describe = {};
  std::optional<slot_quota> quota = {}; ///< none: the topic has precedence
};

/// A service publishes all its slots of a kind, in place of those it published before. They are stored and pushed to
/// the other nodes at once; when they change quickly, at the pace of the federation's profile.
struct publish_slots {
  slot_kind kind{};
  std::map<std::string, std::string> payloads; ///< by key
};
using slot_publisher_actor = caf::typed_actor<caf::reacts_to<publish_slots>>;

/// The newest slot of this key.
struct shared_slot {
  std::string key;
  slot_content content;
};

/// Another node published these slots.
struct slots_accepted {
  slot_kind kind{};
  node_id origin;
  std::vector<shared_slot> slots;
};

/// Nothing that the node published counts any more: it is forgotten or in quarantine.
struct slots_withdrawn {
  slot_kind kind{};
  node_id origin;
};

/// Is told of the other nodes' slots, after a start of the federation of all that are stored.
using slot_consumer_actor = caf::typed_actor<caf::reacts_to<slots_accepted>, caf::reacts_to<slots_withdrawn>>;

/// The federation has started: the producer publishes all that it has, and from then on every change.
struct sharing_started {
  slot_kind kind{};
  slot_publisher_actor publisher;
};
using slot_producer_actor = caf::typed_actor<caf::reacts_to<sharing_started>>;

/// One topic, with its services on this node. Both are optional.
struct slot_topic {
  slot_rules rules;
  slot_consumer_actor consumer = {};
  slot_producer_actor producer = {};
};

} // namespace hive

// The services and the federation are parts of one node.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::publish_slots)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::slots_accepted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::slots_withdrawn)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::sharing_started)
