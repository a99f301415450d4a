#pragma once

#include "storage/baseline_store.hpp"

#include <caf/expected.hpp>
#include <string>
#include <string_view>

namespace hive {

/// The agent with these ids. A flow id holds letters, digits and '-', so that `{prompt}_{flow}` is unambiguous; a
/// decimal one is written without leading zeros: "007" and "7" are one flow, as for HART OS. ec::invalid naming the id.
caf::expected<stored_agent> agent_named(std::string_view prompt, std::string_view flow);

/// `prompt/flow`, for texts and as the position in lists.
std::string to_string(const stored_agent& who);

/// The agent of a position that `to_string` made. ec::invalid.
caf::expected<stored_agent> agent_at(std::string_view position);

/// The agent that a message names; its ids were checked when the message entered the directory.
template <class Reader>
stored_agent agent_of(const Reader& message) {
  return {std::string{message.getPromptId().cStr()}, std::string{message.getFlowId().cStr()}};
}

} // namespace hive
