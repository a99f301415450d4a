#pragma once

#include "actors/benchmark/api.hpp"
#include "actors/defaults.hpp"
#include "actors/remote/api.hpp"
#include "messages/snapshot.capnp.h"

#include <caf/allowed_unsafe_message_type.hpp>
#include <chrono>
#include <functional>
#include <string>

namespace hive {

/// The registry's description of one adapter. Value type.
struct adapter_definition {
  std::string name;
  wire::Tier tier = wire::Tier::FAST;
  /// `builtin`, `command`, or the repository from which it was installed.
  std::string source = "builtin";
  bool requires_gpu = false;
  double min_vram_gb = 0;
  /// Time limit of a measurement with all its repeats.
  std::chrono::milliseconds timeout = defaults::adapter_timeout;
  /// Whether it runs under a GPU lease: a capture asks it after all others, which would disturb it, and one at a time.
  bool is_leased = false;
  /// Whether it can be told to run a version of the software (MeasureRequest's target). Otherwise it measures what is
  /// installed.
  bool runs_versions = false;
  /// How long a measurement may wait for its device before its time limit begins.
  std::chrono::milliseconds wait{0};
  /// Why the adapter would skip a measurement now, because there is nothing to measure; empty when it would not. May be
  /// unset.
  std::function<std::string()> unavailable_reason;
  /// Removes the adapter in the registry's place, because it has more to remove; none: the registry does.
  adapter_owner_actor owner = {};
  /// Spawns the actor; called again after the actor ended unexpectedly.
  std::function<adapter_actor()> spawn;

  /// The longest time from a request to the answer.
  std::chrono::milliseconds longest_answer() const {
    return wait + timeout;
  }

  /// Whether the other one describes the same adapter in the same words.
  bool is_same(const adapter_definition& other) const {
    return name == other.name && tier == other.tier && source == other.source && requires_gpu == other.requires_gpu &&
           min_vram_gb == other.min_vram_gb && timeout == other.timeout && is_leased == other.is_leased;
  }

  /// Whether a capture of tier `wanted` runs this adapter. Tier fast has the fast adapters and those dynamic ones that
  /// need no GPU, tier heavy all others.
  bool belongs_to(wire::Tier wanted) const {
    bool fast = tier == wire::Tier::FAST || (tier == wire::Tier::DYNAMIC && !requires_gpu);
    return wanted == wire::Tier::ALL || fast == (wanted == wire::Tier::FAST);
  }
};

/// Adds an adapter of `owner`, or replaces the owner's adapter of this name.
struct offer_adapter {
  adapter_definition definition;
};

/// Ends and removes an adapter that was offered.
struct withdraw_adapter {
  std::string name;
};

} // namespace hive

// Messages within one node.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::offer_adapter)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::withdraw_adapter)
