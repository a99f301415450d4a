#pragma once

#include "actors/defaults.hpp"
#include "actors/remote/api.hpp"
#include "messages/snapshot.capnp.h"

#include <chrono>
#include <functional>
#include <string>

namespace hive {

/// All that the registry knows of one adapter. Value type.
struct adapter_definition {
  std::string name;
  wire::Tier tier = wire::Tier::FAST;
  /// `builtin`, `command`, or the repository it was installed from.
  std::string source = "builtin";
  bool requires_gpu = false;
  double min_vram_gb = 0;
  /// Time for one answer, with all its repeats.
  std::chrono::milliseconds timeout = defaults::adapter_timeout;
  /// Why it would skip a measurement now, for want of something to measure; empty when it would not. Not set: never.
  std::function<std::string()> why_idle;
  /// Makes the actor; called again when it ended unasked.
  std::function<adapter_actor()> spawn;

  /// Whether a capture of `wanted` runs it: fast and GPU-less dynamic adapters with fast, the others with heavy.
  bool belongs_to(wire::Tier wanted) const {
    bool fast = tier == wire::Tier::FAST || (tier == wire::Tier::DYNAMIC && !requires_gpu);
    return wanted == wire::Tier::ALL || fast == (wanted == wire::Tier::FAST);
  }
};

} // namespace hive
