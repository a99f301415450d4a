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

/// Key of the card of a node.
inline constexpr std::string_view card_key = "node";

/// Position of a write among all writes of its origin. An origin never reuses one.
struct write_stamp {
  uint64_t epoch = 0; ///< epoch of the origin; 0: before any write
  uint64_t version = 0;
  auto operator<=>(const write_stamp&) const = default;
};

/// Lower bits of a version, which count the writes of one run. The bits above are a random number, drawn at the start
/// of the run: an epoch is used twice when a disk is set back and nobody tells the node of its later slots, and even
/// then no stamp is used twice, and nothing that it signs contradicts what it signed in the other run.
inline constexpr unsigned write_count_bits = 24;
/// Number of different runs in one epoch. Half of those that replica_options::max_version allows, so that a run of more
/// than 2^24 writes does not reach it.
inline constexpr uint64_t max_run = (uint64_t{1} << 23) - 1;

/// Whether the origin wrote both in one run.
inline bool are_of_one_run(write_stamp a, write_stamp b) {
  return a.epoch == b.epoch && a.version >> write_count_bits == b.version >> write_count_bits;
}

/// Name of a slot within its origin.
struct slot_name {
  slot_kind kind = slot_kind::card;
  std::string key;
  auto operator<=>(const slot_name&) const = default;
};

/// A value signed by its origin.
struct slot {
  slot_name name;
  write_stamp stamp;
  std::string payload; ///< empty: the slot was erased
  signature_bytes signature{};

  /// Compares everything but the signatures.
  bool has_same_content(const slot& other) const {
    return name == other.name && stamp == other.stamp && payload == other.payload;
  }
};

using slot_ptr = std::shared_ptr<const slot>;

/// Null when the signature has a wrong length.
slot_ptr from_wire(wire::HiveSlot::Reader from);
void to_wire(const slot& from, wire::HiveSlot::Builder out);

/// The stored form of the slot, with the key of its origin.
msg<wire::StoredSlot> to_stored(const public_key& key, const slot& what);

/// Decodes a card to a msg<wire::NodeCard>. Fails with ec::malformed.
caf::expected<slot_content> decode_card(const slot& what);

/// Upper bound of the size of the slot in a wire::HiveDelta.
size_t wire_bytes(const slot& of);

} // namespace hive
