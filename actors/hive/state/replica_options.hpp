#pragma once

#include "actors/defaults.hpp"

#include <caf/error.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace hive {

/// Bounds of what a replica keeps and takes in. All nodes of a hive should use the same ones: what one refuses, others
/// cannot pass on to it.
struct replica_options {
  size_t origins = 1'024;        ///< nodes that are ever known; a new one beyond is refused
  size_t slots_per_origin = 256; ///< 64 buckets of tools, an adapter each, upgrades
  size_t payload_bytes = defaults::max_slot_payload_bytes;
  size_t bytes_per_origin = 1u << 20; ///< keys and payloads; 16,000 tools
  /// Keys and payloads of all origins. Proofs of equivocation count, but none is refused for it: that would make room
  /// for liars. They are at most two slots of each origin.
  size_t bytes = size_t{256} << 20;
  /// How far an epoch may lie above those seen of its origin. It grows by 1 with each start; more than a million starts
  /// unseen is a node that tries to use its numbers up.
  uint64_t epoch_lead = 1'000'000;
  uint64_t max_epoch = uint64_t{1} << 40;
  uint64_t max_version = uint64_t{1} << 48;
  /// How far a card's time may lie ahead of this node's clock. Order never depends on it: a node whose clock jumps
  /// shuts itself out and nobody else.
  std::chrono::microseconds card_lead = std::chrono::minutes{10};
  /// Different signed slots that break the rules before their origin is quarantined: one may be a defect, and is
  /// offered again each round.
  uint32_t strikes = 3;
  /// Most refusals that one join names; all are counted.
  size_t named_refusals = 16;

  /// ec::invalid naming the option.
  caf::error validate() const;
};

} // namespace hive
