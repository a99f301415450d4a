#pragma once

#include "messages/cluster_upgrade.capnp.h"
#include "messages/msg.hpp"

#include <CLI/CLI.hpp>
#include <caf/expected.hpp>
#include <string>
#include <vector>

namespace hive::ctl {

/// What a command line says about a proposal.
struct propose_options {
  std::string from, to;
  std::string track = "main";
  std::vector<std::string> members; ///< node ids; empty: all of the track
  std::string policy = "configured";
  std::string judge = "configured";
  double deadline_s = 0;           ///< 0: never
  std::vector<std::string> stages; ///< SHARE:DURATION[:DEADLINE]; empty: the node's
  bool measure = false;
  double max_minutes = 60;
  uint32_t attempts = 3;
  uint32_t heavy_votes = 0; ///< 0: as configured
  std::vector<std::string> required_tiers;
  std::vector<std::string> margins; ///< METRIC=SHARE
  bool queue = false;
};

void add_propose_options(CLI::App& command, propose_options& options);

/// The request for these options. exit_status::usage for stages and margins that make no sense.
caf::expected<msg<wire::ProposeUpgrade>> request_of(const propose_options& options);

} // namespace hive::ctl
