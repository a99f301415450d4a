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
  size_t slots_per_origin = 256; ///< of all topics; see own_room_slots
  size_t payload_bytes = defaults::max_slot_payload_bytes;
  size_t bytes_per_origin = 1u << 20; ///< keys and payloads; enough for 16,000 tools
  /// Quota per origin of the topics with room of their own (slot_rules::has_own_room): bytes in addition to
  /// `bytes_per_origin`, and how many of the `slots_per_origin` they may take. 29 are a start, and 7 slots for each of
  /// 4 tracks. The 227 others are 159 results, 64 buckets of tools, card, load, GPUs and health in stages.
  size_t own_room_bytes = 2u << 20;
  size_t own_room_slots = 29;
  /// Bounds of the replaced slots that are kept in memory, per origin and kind with a contradiction_rule, to compare
  /// them with slots that arrive later. The last one is always kept.
  size_t replaced_slots = 64;
  size_t replaced_bytes = 32u << 10;
  /// Keys and payloads of all origins. Proofs of equivocation count too, but are never refused for lack of room, since
  /// liars could otherwise keep them out. They take at most two slots per origin.
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
