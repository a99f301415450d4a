#pragma once

#include "actors/defaults.hpp"
#include "actors/remote/api.hpp"

#include <caf/error.hpp>
#include <caf/fwd.hpp>
#include <chrono>
#include <filesystem>
#include <string>

namespace hive {

struct guardrail_options {
  /// The signed manifest. Without it the adapter skips.
  std::filesystem::path manifest;
  /// File with the public key to verify with; required with `manifest`. Keep it out of reach of anyone who can change
  /// the guarded files.
  std::filesystem::path public_key;
  /// Time limit for hashing; exceeding it is an error.
  std::chrono::milliseconds timeout = defaults::adapter_timeout;

  /// Why there is nothing to measure; empty when there is something.
  std::string unavailable_reason() const;

  /// ec::invalid when only one of the two files is given.
  caf::error validate() const;
};

/// Spawns adapter `guardrail`: metric guardrail_integrity is 1.0 when all files and patterns are as signed by the
/// trusted key, else 0.0, with the first findings in the measurement's note. An unusable manifest is an error. Files
/// are hashed once regardless of `repeats`: a hash has no variance.
adapter_actor spawn_guardrail_adapter(caf::actor_system& system, guardrail_options options);

} // namespace hive
