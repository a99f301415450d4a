#pragma once

#include "apps/hivectl/client.hpp"
#include "apps/hivectl/hartos_folder.hpp"
#include "apps/hivectl/hartos_report.hpp"
#include "apps/hivectl/progress.hpp"
#include "messages/baseline.capnp.h"

#include <functional>
#include <set>

namespace hive::ctl {

/// Sends the baselines of one agent's folder under their numbers. A file that cannot be a baseline, and one whose
/// number the node has with other content, is left out and reported; with `append` the latter gets the next free
/// number.
class hartos_baseline_import {
public:
  hartos_baseline_import(const client& node, const hartos_agent& agent, bool append, hartos_report& report,
                         progress& running);

  /// Only what ends the whole import: an unreachable node, or a folder that cannot be read.
  caf::error run();

private:
  caf::error send(uint32_t number, const std::filesystem::path& file, const std::set<uint32_t>& known);

  const client& node_;
  const hartos_agent& agent_;
  const bool append_;
  hartos_report& report_;
  progress& running_;
};

/// Calls `visit` for every baseline of every agent of the node, until it returns an error.
caf::error visit_baselines(const client& node, const std::function<caf::error(wire::Baseline::Reader)>& visit);

} // namespace hive::ctl
