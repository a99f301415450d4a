// Documents of decisions from anywhere.
//
// Promises: no text crashes the reader or the verification. A refusal gives its reason. What is read has a canonical
// form that reads back the same. Only a text in that form is verified, and its values give what it says of itself.

#include "actors/upgrade/decision/decision_verification.hpp"
#include "actors/upgrade/decision/statement_signing.hpp"
#include "messages/canonical_json.hpp"
#include "tests/fuzz/fuzz_target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hive;
  auto text = fuzz::text_of(data, size);
  auto document = read_decision_document(text);
  if (!document) {
    fuzz::require(!text_of(document.error()).empty(), "a refusal says why");
    return 0;
  }
  auto canonical = to_canonical_json(*document);
  auto again = read_decision_document(canonical);
  fuzz::require(again && to_canonical_json(*again) == canonical, "a canonical form reads back the same");
  auto result = verify_decision(text, **document, verification_inputs{**document});
  fuzz::require(result->getVerified() == (result->getFaults().size() == 0), "what fails says why");
  fuzz::require(!result->getVerified() || canonical == text, "only the canonical form is verified");
  if (!result->getVerified())
    return 0;
  auto decoded = decode_decision(**document, verify_statement);
  auto outcome = outcome_of(decoded.parts.values);
  fuzz::require(outcome.decision == (*document)->getDecision(), "the values give the decision");
  fuzz::require(outcome.rollout == as_view((*document)->getRollout()), "the values give the rollout");
  return 0;
}
