#pragma once

#include "apps/hivectl/output.hpp"
#include "messages/hartos.capnp.h"

#include <string>
#include <utility>
#include <vector>

namespace hive::ctl {

/// Progress of an import from HART OS.
struct hartos_report {
  /// Number of faults listed individually; all are counted.
  static constexpr size_t max_told = 1'000;

  uint64_t recorded = 0;
  uint64_t already_taken = 0;
  uint64_t outdated = 0;
  uint64_t left_out = 0;
  uint32_t routes = 0;
  uint32_t snapshots = 0;
  uint32_t unchanged_snapshots = 0;
  uint32_t baselines = 0;
  uint32_t unchanged_baselines = 0;
  uint32_t appended_baselines = 0;                         ///< of `baselines`, those under another number
  std::vector<std::pair<std::string, std::string>> faults; ///< places with reasons

  void leave_out(std::string place, std::string reason);

  msg<wire::HartosImport> answer() const;
  void show(output& out) const;
};

} // namespace hive::ctl
