#pragma once

#include "messages/baseline.capnp.h"
#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"

#include <optional>
#include <string>

namespace hive {

/// What an agent's validation compares.
struct validation_input {
  /// Nothing without a baseline.
  std::optional<wire::AgentFigures::Reader> reference;
  std::optional<wire::AgentFigures::Reader> anchor;
  wire::AgentFigures::Reader present;
  double pass_rate = 0; ///< of the node's tests now; NaN when unknown
  /// What the agent's counted runs say. Empty where other figures than the agent's own are validated.
  capnp::List<wire::StreamVerdict>::Reader verdicts = {};
  /// What the agent does otherwise than before on its way to an outcome; empty likewise.
  capnp::List<capnp::Text>::Reader trajectory = {};
  /// Why the present rewards cannot be compared with the reference's, as another judge gave them; empty if they can.
  std::string judge_changed = {};
  wire::ValidationPolicy policy = wire::ValidationPolicy::STRICT;
};

/// Adds what an agent's counted runs and its judge say about its own figures.
void add_evidence(validation_input& input, wire::Agent::Reader agent);

/// HART OS's rule: a success rate below 0.95 × the reference's is a regression, and so is the tests' pass rate.
///
/// What the reference has and the present lacks is missing: it passes by policy threshold, and makes the answer
/// inconclusive by policy strict, as does having no baseline. A pass rate that the reference lacks is not compared.
/// `decay` holds the same comparison with the anchor; it decides nothing.
///
/// The counted runs add their evidence: a regression of a stream that they confirm is one even if the recipe's rate
/// does not show it, and each regression says whether they support it. Other tools and more steps regress too. A change
/// of the judge is named as missing.
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
