#pragma once

#include "actors/upgrade/decision/verification_inputs.hpp"

namespace hive {

/// Checks what a document proves, and says what it leaves open: signatures, generations, certificates, that each value
/// follows from its evidence by the rules and the policy, what the document says of itself, and the judgements that are
/// at hand. Takes any content; nothing that is missing or not understood is verified.
msg<wire::DecisionVerification> verify_decision(wire::DecisionDocument::Reader document,
                                                const verification_inputs& inputs);

/// The same of a document that was read from `text`, which must be in its canonical form, to the byte.
msg<wire::DecisionVerification> verify_decision(std::string_view text, wire::DecisionDocument::Reader document,
                                                const verification_inputs& inputs);

} // namespace hive
