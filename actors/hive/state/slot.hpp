#pragma once

#include "actors/slot_topic.hpp"
#include "messages/hive.capnp.h"
#include "messages/ids.hpp"
#include "messages/msg.hpp"
#include "platform/identity/keys.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace hive {

/// The key of a node's card.
inline constexpr std::string_view card_key = "node";

/// Place of a write among all writes of its origin. An origin never uses one twice.
struct write_stamp {
  uint64_t epoch = 0; ///< the start of the origin; 0: before any write
  uint64_t version = 0;
  auto operator<=>(const write_stamp&) const = default;
};

/// What a slot is one of, within its origin.
struct slot_name {
  slot_kind kind = slot_kind::card;
  std::string key;
  auto operator<=>(const slot_name&) const = default;
};

/// One signed statement of its origin.
struct slot {
  slot_name name;
  write_stamp stamp;
  std::string payload; ///< empty: the slot was erased
  signature_bytes signature{};

  /// Whether both say the same, whoever signed and however often.
  bool has_same_content(const slot& other) const {
    return name == other.name && stamp == other.stamp && payload == other.payload;
  }
};

using slot_ptr = std::shared_ptr<const slot>;

/// Nothing when the signature has a wrong length.
slot_ptr from_wire(wire::HiveSlot::Reader from);
void to_wire(const slot& from, wire::HiveSlot::Builder out);

/// The slot as it is stored, with its origin's key.
msg<wire::StoredSlot> to_stored(const public_key& key, const slot& what);

/// The content of a card: a msg<wire::NodeCard>. ec::malformed.
caf::expected<slot_content> decode_card(const slot& what);

/// At most so many bytes does the slot take in a wire::HiveDelta.
size_t wire_bytes(const slot& of);

} // namespace hive
