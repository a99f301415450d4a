#pragma once

#include "tests/actors/upgrade/decision/decided_hive.hpp"

#include <string>
#include <vector>

namespace hive::test {

/// A decision of a hive with all that a document of it holds.
struct decision_case {
  std::string name;
  decision_parts parts;
  wire::UpgradeDecision decision{};
  std::string rollout;
};

/// Every decision and every end of a rollout, after a change of members, with slack, and after another proposal.
std::vector<decision_case> decision_cases();

/// One of them.
decision_case decision_case_named(const std::string& name);

/// A verdict document with its only inputs, the snapshots of v1 and v2.
struct judged_case {
  msg<wire::VerdictDocument> document;
  std::string sha256;
  msg<wire::Snapshot> before, after;
};

/// By policy strict: of a latency that was 100 and is `latency` now.
judged_case judged(double latency);

} // namespace hive::test
