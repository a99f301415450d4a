#pragma once

#include <compare>
#include <string_view>

namespace hive::analysis {

/// Which of two version names is the older one, as people read them:
/// - Numbers count as numbers: v9 is older than v10. A `v` before the first number says nothing.
/// - One that continues where the other ends is newer: 1.2 is older than 1.2.1, and v1.2 than v1.2-3-gabc, which git
///   describes three commits later. A part after a dot weighs more than one after a dash: v1.2-3-gabc is older than
///   v1.2.1.
/// - A mark of a release to come makes it older: 2.0-dev, 2.0-alpha, 2.0-beta, 2.0-pre, 2.0-rc1, then 2.0.
/// - Names are equal only if all their bytes are, so that this is a total order.
std::strong_ordering compare_versions(std::string_view a, std::string_view b);

} // namespace hive::analysis
