#pragma once

#include "actors/review/prepared_change.hpp"
#include "messages/baseline.capnp.h"
#include "messages/msg.hpp"

namespace hive::review {

/// Asks whether an agent would get worse with the recipe of a change. `pass_rate` is that of the review's own tests at
/// the head, NaN when they gave none: then it is missing, rather than the node's own. `strict`: what is missing makes
/// the answer inconclusive.
msg<wire::ValidateAgent> validation_request(const recipe_change& recipe, double pass_rate, bool strict);

/// Takes the answer into `out`, whose agent is set.
void read_validation(wire::AgentValidation::Reader answer, agent_result& out);

} // namespace hive::review
