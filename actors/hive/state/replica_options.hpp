#pragma once

#include "actors/defaults.hpp"

#include <caf/error.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace hive {

/// Bounds of a replica. Use the same in the whole hive: a node cannot pass on what it refuses itself.
struct replica_options {
  size_t origins = 1'024;        ///< known nodes; the one with the oldest card yields to a newer one
  size_t slots_per_origin = 256; ///< 64 buckets of tools, one slot per adapter, upgrades
  size_t payload_bytes = defaults::max_slot_payload_bytes;
  size_t bytes_per_origin = 1u << 20; ///< keys and payloads; enough for 16,000 tools
  /// Topics with room of their own (slot_rules::has_own_room) have so much beside `bytes_per_origin`, and of the slots
  /// at most so many: what 160 results, 64 buckets of tools, card, load, GPUs and stages leave.
  size_t own_room_bytes = 2u << 20;
  size_t own_room_slots = 29;
  /// Slots that newer ones have replaced, kept per origin and kind with a contradiction_rule to be compared with what
  /// still arrives: at least the last one. In memory alone.
  size_t replaced_slots = 64;
  size_t replaced_bytes = 32u << 10;
  /// Keys and payloads of all origins. Proofs of equivocation count too, but are never refused for lack of room: liars
  /// could otherwise keep them out. They take at most two slots per origin.
  size_t bytes = size_t{256} << 20;
  /// Largest jump of an epoch. It grows by 1 with each start: an origin with more than a million unseen starts is
  /// trying to exhaust the numbers.
  uint64_t epoch_lead = 1'000'000;
  uint64_t max_epoch = uint64_t{1} << 40;
  uint64_t max_version = uint64_t{1} << 48;
  /// How far the time of a card may be ahead of the clock of this node. Order never depends on it: a node whose clock
  /// jumps excludes only itself.
  std::chrono::microseconds card_lead = std::chrono::minutes{10};
  /// Number of different rule-breaking slots after which their origin is quarantined. A single one may be a defect, and
  /// is sent again in each round.
  uint32_t strikes = 3;
  /// Refusals listed in the outcome of a join; all are counted.
  size_t named_refusals = 16;

  /// Fails with ec::invalid, naming the option.
  caf::error validate() const;
};

} // namespace hive
