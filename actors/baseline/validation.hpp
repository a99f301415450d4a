#pragma once

#include "messages/baseline.capnp.h"
#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"

#include <optional>

namespace hive {

/// What an agent's validation compares.
struct validation_input {
  /// Nothing without a baseline.
  std::optional<wire::AgentFigures::Reader> reference;
  std::optional<wire::AgentFigures::Reader> anchor;
  wire::AgentFigures::Reader present;
  double pass_rate = 0; ///< of the node's tests now; NaN when unknown
  wire::ValidationPolicy policy = wire::ValidationPolicy::STRICT;
};

/// HART OS's rule: a success rate below 0.95 × the reference's is a regression, and so is the tests' pass rate.
///
/// What the reference has and the present lacks is missing: it passes by policy threshold, and makes the answer
/// inconclusive by policy strict, as does having no baseline. A pass rate that the reference lacks is not compared.
/// `decay` holds the same comparison with the anchor; it decides nothing.
msg<wire::AgentValidation> validate(const validation_input& input);

/// What validations compare of a baseline.
void fill_figures(wire::AgentFigures::Builder out, wire::Baseline::Reader baseline);
/// The same of the present recipe; the pass rate stays unknown.
void fill_figures(wire::AgentFigures::Builder out, wire::RecipeMetrics::Reader recipe);

/// The pass rate of the tests among an agent's or the node's figures: `regression.test_pass_rate`, or HART OS's name
/// `regression.pass_rate`. NaN when there is none.
double pass_rate_of(capnp::List<wire::AdapterFigures>::Reader figures);
double pass_rate_of(wire::LatestResults::Reader results);

} // namespace hive
