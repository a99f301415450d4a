#include "actors/upgrade/verdict/document_verification.hpp"

#include "actors/upgrade/verdict/first_difference.hpp"
#include "actors/upgrade/verdict/verdict_document.hpp"
#include "messages/canonical_json.hpp"
#include "messages/text.hpp"
#include "platform/hex.hpp"
#include "platform/sha256.hpp"

#include <algorithm>

namespace hive {
namespace {

constexpr size_t max_listed_faults = 100;
/// Of a text in the answer, whose schema allows 4,096.
constexpr size_t max_fault_bytes = 4'000;

struct finding {
  std::vector<std::string> faults; ///< empty: verified
  json_difference difference = {};
};

std::string or_nothing(const std::string& value) {
  return value.empty() ? "nothing" : value;
}

/// The document as it is against what its inputs give.
finding compare(std::string_view text, const document_inputs& inputs) {
  const auto& document = inputs.document();
  auto again = recompute(*document, inputs.found());
  if (!again)
    return {{"it cannot be computed from its inputs: " + text_of(again.error())}};
  auto expected = to_canonical_json(*again);
  if (expected == text)
    return {};
  if (auto found = first_difference(to_canonical_json(document), expected)) {
    auto where = found->pointer.empty() ? std::string{"the document"} : found->pointer;
    return {{where + " is " + or_nothing(found->in_first) + " in the document, and " + or_nothing(found->in_second) +
             " by its inputs"},
            std::move(*found)};
  }
  auto common = std::ranges::mismatch(text, expected).in1 - text.begin();
  return {{"its content is what its inputs give, but the file was written anew: byte " + std::to_string(common + 1) +
           " is the first that differs"}};
}

finding find_faults(std::string_view text, const document_inputs& inputs) {
  if (auto faults = inputs.faults(); !faults.empty())
    return {std::move(faults)};
  return compare(text, inputs);
}

void fill(wire::DocumentVerification::Builder out, const finding& found) {
  out.setVerified(found.faults.empty());
  auto listed = std::min(found.faults.size(), max_listed_faults);
  auto faults = out.initFaults(static_cast<uint32_t>(listed));
  for (uint32_t i = 0; i < faults.size(); ++i)
    faults.set(i, std::string{cut_text(found.faults[i], max_fault_bytes)});
  out.setFaultsLeftOut(static_cast<uint32_t>(found.faults.size() - listed));
  out.setPointer(found.difference.pointer);
  out.setInDocument(found.difference.in_first);
  out.setRecomputed(found.difference.in_second);
}

} // namespace

msg<wire::DocumentVerification> verify_document(std::string_view text, const document_inputs& inputs) {
  const auto& document = inputs.document();
  auto found = find_faults(text, inputs);
  return msg<wire::DocumentVerification>::build([&](wire::DocumentVerification::Builder out) {
    fill(out, found);
    out.setSha256(to_hex(sha256(text)));
    out.setAlgorithm(document->getAlgorithm());
    out.setOld(document->getQuery().getOld());
    out.setNew(document->getQuery().getNew());
    out.setPolicy(document->getQuery().getPolicy());
    out.setVerdict(document->getResult().getVerdict());
    out.setInputs(inputs.count());
  });
}

} // namespace hive
