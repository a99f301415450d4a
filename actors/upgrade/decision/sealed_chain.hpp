#pragma once

#include "actors/upgrade/decision/decision_document.hpp"

namespace hive {

/// What was found out about a part of a document.
struct findings {
  std::vector<std::string> faults;
  std::vector<std::string> unchecked; ///< what could not be checked, and why
};

/// Checks that the members values lead from the first generation to the one that sealed the proposal, and that each
/// value is sealed, follows from the one before and is justified by its evidence.
void check_chain(const decision_parts& parts, findings& out);

} // namespace hive
