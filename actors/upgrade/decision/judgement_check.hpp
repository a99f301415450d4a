#pragma once

#include "actors/upgrade/decision/sealed_chain.hpp"
#include "actors/upgrade/decision/verification_inputs.hpp"

namespace hive {

/// Checks that the judgements in the document are those of the votes, and that each judgement that is at hand supports
/// its vote and can be computed again from its inputs. What is not at hand is left unchecked, by name.
void check_judgements(const decision_parts& parts, const verification_inputs& inputs, findings& out);

} // namespace hive
