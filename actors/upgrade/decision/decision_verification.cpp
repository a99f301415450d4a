#include "actors/upgrade/decision/decision_verification.hpp"

#include "actors/upgrade/decision/judgement_check.hpp"
#include "actors/upgrade/decision/statement_signing.hpp"
#include "actors/upgrade/verdict/first_difference.hpp"
#include "messages/canonical_json.hpp"

namespace hive {
namespace {

constexpr size_t max_listed = 100;
/// Of a text in the answer, whose schema allows 4,096.
constexpr size_t max_listed_bytes = 4'000;

struct verified_document {
  findings found;
  uint32_t signatures = 0;
  gate::generation_ptr first;
};

void check_first_members(const gate::generation& first, const verification_inputs& inputs, findings& out) {
  std::set<node_id> members;
  for (gate::rank i = 0; i < first.size(); ++i)
    members.insert(first.node(i));
  if (!inputs.trusted()) {
    out.unchecked.push_back(
      "first_generation: the document does not prove who the first members are; compare them with "
      "those that you trust");
    return;
  }
  for (const auto& each : members)
    if (!inputs.trusted()->contains(each))
      out.faults.push_back("first_generation: " + each.value + " is none of the members that are trusted");
  for (const auto& each : *inputs.trusted())
    if (!members.contains(each))
      out.faults.push_back("first_generation: " + each.value + " is missing, which is trusted as a member");
}

void note_line(const gate::generation& first, findings& out) {
  if (first.content().getLine().size() > 0)
    out.unchecked.push_back(
      "first_generation: an operator began this line of members after a quorum was lost; that the "
      "members before it decide nothing any more is the operator's word");
}

/// Everything that the document says is in the values that it holds, so it is made again from them.
void check_summary(wire::DecisionDocument::Reader document, const decision_parts& parts, findings& out) {
  auto again = encode_decision(parts);
  if (!again) {
    out.faults.push_back("the document cannot be made again from its values: " + text_of(again.error()));
    return;
  }
  auto given = to_json<wire::DecisionDocument>(document);
  auto expected = to_json(*again);
  if (given == expected)
    return;
  auto found = first_difference(given, expected).value_or(json_difference{});
  auto or_nothing = [](const std::string& value) { return value.empty() ? "nothing" : value; };
  out.faults.push_back(found.pointer + " is " + or_nothing(found.in_first) + " in the document, and " +
                       or_nothing(found.in_second) + " by its values");
}

void check_parts(wire::DecisionDocument::Reader document, const decision_parts& parts,
                 const verification_inputs& inputs, findings& out) {
  check_first_members(*parts.first, inputs, out);
  note_line(*parts.first, out);
  if (parts.values.empty()) {
    out.faults.push_back("values: nothing is sealed for the proposal");
    return;
  }
  check_chain(parts, out);
  if (!out.faults.empty())
    return; // what follows would speak of values that are none
  check_judgements(parts, inputs, out);
  check_summary(document, parts, out);
  out.unchecked.push_back("whether a voter was in quarantine when its vote was counted is known to the members alone");
}

verified_document verify(wire::DecisionDocument::Reader document, const verification_inputs& inputs) {
  verified_document out;
  auto decoded = decode_decision(document, [&](wire::StoredSlot::Reader statement) {
    ++out.signatures;
    return verify_statement(statement);
  });
  out.found.faults = std::move(decoded.faults);
  out.first = decoded.parts.first;
  if (out.found.faults.empty())
    check_parts(document, decoded.parts, inputs, out.found);
  return out;
}

/// The first of the texts; the last one says how many are left out.
template <class Init>
void set_texts(const std::vector<std::string>& from, Init init) {
  auto count = std::min(from.size(), max_listed);
  auto list = init(static_cast<uint32_t>(count));
  for (uint32_t i = 0; i < count; ++i)
    list.set(i, std::string{cut_text(from[i], max_listed_bytes)});
  if (from.size() > max_listed)
    list.set(max_listed - 1, "and " + std::to_string(from.size() - max_listed + 1) + " more");
}

msg<wire::DecisionVerification> to_answer(wire::DecisionDocument::Reader document, const verified_document& of) {
  return msg<wire::DecisionVerification>::build([&](wire::DecisionVerification::Builder out) {
    out.setVerified(of.found.faults.empty());
    out.setId(document.getId());
    out.setDecision(document.getDecision());
    out.setRollout(document.getRollout());
    out.setHash(document.getHash());
    out.setSignatures(of.signatures);
    set_texts(of.found.faults, [&](uint32_t count) { return out.initFaults(count); });
    set_texts(of.found.unchecked, [&](uint32_t count) { return out.initUnchecked(count); });
    if (!of.first)
      return;
    auto members = out.initMembers(static_cast<uint32_t>(of.first->size()));
    for (uint32_t i = 0; i < members.size(); ++i)
      members.set(i, of.first->node(static_cast<gate::rank>(i)).value);
  });
}

} // namespace

msg<wire::DecisionVerification> verify_decision(wire::DecisionDocument::Reader document,
                                                const verification_inputs& inputs) {
  return to_answer(document, verify(document, inputs));
}

msg<wire::DecisionVerification> verify_decision(std::string_view text, wire::DecisionDocument::Reader document,
                                                const verification_inputs& inputs) {
  auto result = verify(document, inputs);
  if (auto canonical = to_json<wire::DecisionDocument>(document) + "\n"; canonical != text) {
    auto common = std::ranges::mismatch(text, canonical).in1 - text.begin();
    result.found.faults.push_back("the file is not in the form that nodes write: byte " + std::to_string(common + 1) +
                                  " is the first that differs");
  }
  return to_answer(document, result);
}

} // namespace hive
