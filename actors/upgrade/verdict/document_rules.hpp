#pragma once

#include "actors/upgrade/verdict/version_comparison.hpp"
#include "messages/verdict.capnp.h"

#include <vector>

namespace hive {

/// Writes the operator's rules into a verdict document.
void write_configured(configured_rules rules, wire::VerdictDocument::Builder out);

/// The operator's rules in a verdict document.
std::vector<analysis::configured_rules> read_configured(wire::VerdictDocument::Reader document);

/// Writes the rules by which the policy judges each metric; of other sides than the old one only those that differ.
void write_rules(const version_comparison& compared, wire::Policy policy, wire::VerdictDocument::Builder out);

} // namespace hive
