#include "analysis/reference_rule.hpp"

#include <algorithm>

namespace hive::analysis {

reference_step judge_reference(std::span<const reference_evidence> critical, bool accepted_by_operator) {
  if (accepted_by_operator)
    return reference_step::moves_as_accepted;
  double level = better_level / static_cast<double>(critical.size());
  bool any_better = std::ranges::any_of(critical, [&](const auto& each) { return each.p_better <= level; });
  bool all_hold = std::ranges::all_of(
    critical, [](const auto& each) { return each.decided == verdict::safe && each.p_worse > worse_level; });
  return any_better && all_hold ? reference_step::moves_as_better : reference_step::stays;
}

} // namespace hive::analysis
