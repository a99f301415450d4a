#pragma once

#include "analysis/tool_sums.hpp"

#include <optional>
#include <string>

namespace hive::analysis {

inline std::string reason(const std::optional<refusal>& refused) {
  return refused ? refused->text : "accepted";
}

} // namespace hive::analysis
