#pragma once

#include "actors/upgrade/cluster/cluster_gate.hpp"
#include "apps/hived/toml_section.hpp"

#include <string>
#include <vector>

namespace hive {

/// The section [upgrade], as far as it says who decides and by what.
struct gate_config {
  std::vector<std::string> tracks = {"main"};
  std::vector<gate_member> members; ///< empty: this node alone
  uint8_t slack = 0;
  proposal_defaults proposals;
};

/// Reads it; refuses what it cannot take with the place in the file.
void read_gate(toml_section& in, gate_config& out);

} // namespace hive
