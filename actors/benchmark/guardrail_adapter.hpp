#pragma once

#include "actors/benchmark/blocking_adapter.hpp"
#include "actors/defaults.hpp"
#include "actors/remote/api.hpp"

#include <filesystem>

namespace hive {

struct guardrail_options {
  /// The signed manifest. Without it the adapter skips.
  std::filesystem::path manifest;
  /// File with the public key that signatures are checked against; needed with `manifest`. Keep it out of reach of
  /// whoever may change the guarded files.
  std::filesystem::path public_key;
  /// Hashing that takes longer is cut and reported as an error.
  std::chrono::milliseconds timeout = defaults::adapter_timeout;

  /// Why there is nothing to measure; empty when there is.
  std::string why_idle() const;

  /// ec::invalid when only one of the two files is given.
  caf::error validate() const;
};

/// Adapter `guardrail`: metric guardrail_integrity is 1.0 when every file and pattern is as it was signed by the
/// trusted key, else 0.0 with the first findings in the measurement's note. A manifest that cannot be judged is an
/// error. The files are hashed once whatever the number of repeats: a hash has no spread.
adapter_actor::behavior_type guardrail_adapter(blocking_adapter_state::pointer self, guardrail_options options);

} // namespace hive
