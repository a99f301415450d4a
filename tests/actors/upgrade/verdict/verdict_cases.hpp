#pragma once

#include "actors/upgrade/verdict/version_comparison.hpp"

#include <string>
#include <vector>

namespace hive::test {

/// A check with all its inputs, which are the same on every machine.
struct verdict_case {
  std::string name;
  msg<wire::UpgradeQuery> query;
  check_inputs inputs;
  std::vector<analysis::configured_rules> rules = {};
};

/// Every policy, pairs and samples, and values of all kinds.
std::vector<verdict_case> verdict_cases();

/// One of them.
verdict_case verdict_case_named(const std::string& name);

} // namespace hive::test
