#pragma once

#include "messages/upgrade.capnp.h"

#include <string>
#include <vector>

namespace hive {

/// Appends sentences about the findings that were judged by single values: those of policies strict and threshold, and
/// under statistical the metrics with a floor and what could not be judged. Of many it tells the first.
void tell_values(wire::UpgradeCheck::Reader check, std::vector<std::string>& out);

/// What weakens a verdict that policies strict and threshold draw from single values, and what would have to be true
/// for the other answer.
void tell_other_answer_by_value(wire::UpgradeCheck::Reader check, std::vector<std::string>& out);

} // namespace hive
