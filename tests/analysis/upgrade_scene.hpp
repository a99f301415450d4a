#pragma once

#include "analysis/upgrade_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>

namespace hive::analysis {

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Two versions that differ only in what a test changes.
struct upgrade_check : testing::Test {
  std::vector<metric_point> old_metrics{{"a", "m", 100}};
  std::vector<metric_point> new_metrics{{"a", "m", 100}};
  std::vector<adapter_point> old_adapters{{"a", outcome::ok, ""}};
  std::vector<adapter_point> new_adapters{{"a", outcome::ok, ""}};
  environment old_machine{"cpu", 2};
  environment new_machine{"cpu", 2};
  bool old_present = true;
  bool new_present = true;
  std::vector<std::string> similar; ///< names similar to the old version's

  upgrade_result check(policy rule, finding_order order = finding_order::severity) const {
    return check_upgrade({old_present, "v1", similar, old_machine, old_metrics, old_adapters},
                         {new_present, "v2", {}, new_machine, new_metrics, new_adapters}, rule, order);
  }

  testing::AssertionResult says(verdict threshold, verdict strict) const {
    auto by_threshold = check(policy::threshold), by_strict = check(policy::strict);
    if (by_threshold.decided == threshold && by_strict.decided == strict)
      return testing::AssertionSuccess();
    return testing::AssertionFailure() << "threshold " << static_cast<int>(by_threshold.decided) << " ("
                                       << by_threshold.reason << "), strict " << static_cast<int>(by_strict.decided)
                                       << " (" << by_strict.reason << "); 0 safe, 1 regressed, 2 inconclusive ";
  }
};

} // namespace hive::analysis
