#pragma once

#include "messages/baseline.capnp.h"
#include "messages/msg.hpp"
#include "storage/database.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace hive {

/// A page of the list of agents.
struct agent_page {
  std::vector<msg<wire::Agent>> agents;
  std::vector<msg<wire::AgentLineFigures>> figures; ///< of each agent, or none
  std::string next;                                 ///< empty on the last page
  uint64_t known = 0;
};

/// Baselines of an agent that its figures are of.
inline constexpr size_t max_line_baselines = 20;

/// Reads the figures of all agents of the page: some 40 microseconds each. Fails with ec::corrupt.
caf::error read_figures(const database& db, agent_page& into);

/// The figures of an agent's newest baselines, oldest first, at least one. Pure.
msg<wire::AgentLineFigures> figures_of(std::span<const msg<wire::BaselineSummary>> oldest_first);

msg<wire::AgentList> build_agent_list(const agent_page& page);

} // namespace hive
