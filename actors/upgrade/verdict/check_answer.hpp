#pragma once

#include "analysis/upgrade_check.hpp"
#include "messages/upgrade.capnp.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace hive {

/// Words that a message with this result takes, so that the answer fits one segment: an answer that grew would be
/// copied at the end, which costs more than everything else. Generous, because unused room costs nothing.
uint32_t words_of(const analysis::upgrade_result& result);

/// Writes the verdict, its reason and the findings; of each list the first defaults::max_listed_findings.
void write(const analysis::upgrade_result& result, wire::UpgradeCheck::Builder out);

/// A judgement, and the version against which it was made.
struct judgement_against {
  std::string_view version;
  const analysis::metric_judgement* judgement;
};

/// Writes the first defaults::max_listed_findings of these judgements.
void write(std::span<const judgement_against> judgements, wire::UpgradeCheck::Builder out);

} // namespace hive
