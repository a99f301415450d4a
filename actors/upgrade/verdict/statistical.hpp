#pragma once

#include "analysis/upgrade_check.hpp"
#include "messages/msg.hpp"
#include "messages/upgrade.capnp.h"

#include <functional>
#include <optional>
#include <string>

namespace hive {

/// Name and version of the algorithm of policy statistical, for documents that are to be computed again.
std::string statistical_algorithm();

/// A new version against the old one and against the reference of its track. The worse verdict counts.
struct statistical_comparison {
  analysis::upgrade_result with_old;
  std::string old_version;
  std::optional<analysis::upgrade_result> with_reference; ///< unless that is the old version, or none is known
  std::string reference;

  analysis::verdict decided() const;

  /// The answer. `describe` writes what the comparison does not know.
  msg<wire::UpgradeCheck> answer(const std::function<void(wire::UpgradeCheck::Builder)>& describe) const;
};

/// Compares by policy statistical. The points must outlive the result.
statistical_comparison compare_statistically(const analysis::version_points& old_side,
                                             const analysis::version_points& new_side,
                                             const std::optional<analysis::version_points>& reference,
                                             analysis::look_plan plan,
                                             analysis::finding_order order = analysis::finding_order::severity);

} // namespace hive
