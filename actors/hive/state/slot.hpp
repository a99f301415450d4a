#pragma once

#include "messages/hive.capnp.h"
#include "messages/ids.hpp"
#include "platform/identity/keys.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace hive {

/// What a slot tells of. The numbers travel; a node keeps and passes on kinds that it does not know.
enum class slot_kind : uint16_t {
  card = 0,           ///< wire::NodeCard under key `card_key`
  tool_stats = 1,     ///< wire::SharedTools, one slot per bucket of task types
  latest_results = 2, ///< wire::SharedResults, one slot per adapter
  proposal = 3,       ///< an upgrade proposal
  vote = 4,           ///< a vote on one
  load = 5,           ///< wire::NodeLoad under key `load_key`
};

inline constexpr std::string_view card_key = "node";
inline constexpr std::string_view load_key = "load";

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
  bool says_the_same(const slot& other) const {
    return name == other.name && stamp == other.stamp && payload == other.payload;
  }
};

using slot_ptr = std::shared_ptr<const slot>;

/// Nothing when the signature has a wrong length.
slot_ptr from_wire(wire::HiveSlot::Reader from);
void to_wire(const slot& from, wire::HiveSlot::Builder out);

/// At most so many bytes does the slot take in a wire::HiveDelta.
size_t wire_bytes(const slot& of);

} // namespace hive
