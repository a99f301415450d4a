// Verdict documents from anywhere.
//
// Promises: no text crashes the reader or the verification. A refusal gives its reason. What is read has a canonical
// form that reads back the same, and is never verified without the inputs that it names.

#include "actors/upgrade/verdict/document_verification.hpp"
#include "actors/upgrade/verdict/verdict_document.hpp"
#include "messages/canonical_json.hpp"
#include "messages/ec.hpp"
#include "tests/fuzz/fuzz_target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hive;
  auto text = fuzz::text_of(data, size);
  auto document = read_document(text);
  if (!document) {
    fuzz::require(!text_of(document.error()).empty(), "a refusal says why");
    return 0;
  }
  auto canonical = to_canonical_json(*document);
  auto again = read_document(canonical);
  fuzz::require(again && to_canonical_json(*again) == canonical, "a canonical form reads back the same");
  document_inputs inputs{*document};
  auto result = verify_document(text, inputs);
  fuzz::require(!result->getVerified() || inputs.count() == 0, "nothing is verified without its inputs");
  fuzz::require(result->getVerified() == (result->getFaults().size() == 0), "what fails says why");
  return 0;
}
