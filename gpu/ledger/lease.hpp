#pragma once

#include "messages/gpu.capnp.h"
#include "messages/ids.hpp"

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace hive::gpu {

/// Time of the ledger: microseconds since 1970, passed in with each event and never less than before.
using instant = std::chrono::microseconds;
using duration = std::chrono::microseconds;

/// Memory in MiB (2²⁰ bytes).
using mib = uint64_t;

struct hash_lease_id {
  size_t operator()(const lease_id& id) const {
    return std::hash<uint64_t>{}(id.value);
  }
};

/// Proves that its bearer holds a lease. Grows with every grant, also over restarts, because each start of the node has
/// a higher epoch. Tokens of different nodes have no order.
struct lease_token {
  uint64_t epoch = 0;
  uint64_t sequence = 0; ///< 0: none
  auto operator<=>(const lease_token&) const = default;
};

/// The CUDA context of a process alone takes some hundred MiB, so a lease has at least this much.
inline constexpr mib min_lease_mib = 512;
inline constexpr uint32_t max_gang = 64;
/// Devices of a node that are leased; further ones are left alone.
inline constexpr size_t max_devices = 256;

/// What a holder asks for. Value type.
struct lease_request {
  std::string holder;
  std::string key;          ///< repeats of a request with the same holder and key are one request; empty: none
  mib vram = min_lease_mib; ///< on each device; an exclusive lease is charged with the whole device
  uint32_t devices = 1;     ///< all or none
  bool shared = false;
  bool timed = false; ///< at most one timed lease of the node is in use at a time; not with `shared`
  int32_t priority = 0;
  duration ttl = std::chrono::seconds{30};
  duration max_duration = std::chrono::hours{1};
  duration patience{0}; ///< in the queue, ends without a poll for this long; 0: waits until it is withdrawn

  bool operator==(const lease_request&) const = default;
};

/// A device of a lease.
struct holding {
  size_t device = 0; ///< index into the ledger's devices
  mib charge = 0;
  mib peak = 0;         ///< most memory seen in use by the lease
  bool drained = false; ///< the charge has been given back
};

/// A request from its arrival to its end.
struct lease {
  lease_id id;
  lease_request asked;
  wire::LeaseState state = wire::LeaseState::QUEUED;
  wire::LeaseOutcome outcome = wire::LeaseOutcome::OPEN; ///< decided when it begins to end
  std::string reason;
  lease_token token;
  std::vector<holding> devices;
  instant requested_at{0};
  instant granted_at{0};
  instant expires_at{0}; ///< without a renewal; in the queue: without a poll, 0 if it has all patience
  instant ends_at{0};    ///< longest duration
  instant ended_at{0};
  instant since{0};                    ///< when its present state began
  std::optional<instant> promised_at;  ///< the earliest promise; only the head of the queue gets one
  bool has_processes = false;          ///< processes of it are known and have not been seen to end
  bool ready = false;                  ///< its loading phase is over
  std::optional<instant> scheduled_at; ///< its entry among the deadlines

  /// Uses its devices' compute units, unlike one whose processes are gone.
  bool is_in_use() const {
    return state > wire::LeaseState::QUEUED && state < wire::LeaseState::DRAINING;
  }
};

} // namespace hive::gpu
