#include "actors/upgrade/decision/decision_document.hpp"

#include "actors/upgrade/verdict/verdict_document.hpp"
#include "messages/canonical_json.hpp"
#include "messages/json_text.hpp"
#include "platform/hex.hpp"

#include <kj/encoding.h>

namespace hive {
namespace {

using kind = wire::GateValueKind;

/// A new version keeps the code of the old ones: documents outlive releases.
constexpr uint32_t known_format = 1;

/// Of all judgements in a document, as JSON: below what a JSON document may hold, whatever they say.
constexpr size_t max_judgement_bytes = size_t{4} << 20;

// -- writing ---------------------------------------------------------------------------

std::string to_base64(std::string_view bytes) {
  auto text = kj::encodeBase64({reinterpret_cast<const kj::byte*>(bytes.data()), bytes.size()}, false);
  return {text.begin(), text.size()};
}

/// In a canonical message, so that one content has one text.
std::string to_text(const gate::sealed_value& sealed) {
  auto message = msg<wire::GateSealed>::build([&](wire::GateSealed::Builder out) { gate::set_sealed(out, sealed); });
  return to_base64(to_packed(gate::to_canonical<wire::GateSealed>(*message)));
}

void write(std::span<const gate::sealed_value> values, capnp::List<wire::SealedInDocument>::Builder out) {
  for (uint32_t i = 0; i < out.size(); ++i) {
    auto content = *values[i].value->content;
    out[i].setPosition(content.getPosition());
    out[i].setKind(content.getKind());
    out[i].setHash(to_hex(values[i].value->hash));
    out[i].setSealed(to_text(values[i]));
  }
}

/// The judgements that fit, each as JSON.
std::vector<std::pair<const member_judgement*, std::string>> fitting(const std::vector<member_judgement>& judgements) {
  std::vector<std::pair<const member_judgement*, std::string>> out;
  constexpr size_t most = 64; // as in the schema
  size_t bytes = 0;
  for (const auto& each : judgements) {
    auto text = to_json(each.document);
    if (out.size() == most || bytes + text.size() > max_judgement_bytes)
      continue;
    bytes += text.size();
    out.emplace_back(&each, std::move(text));
  }
  return out;
}

void write(const std::vector<member_judgement>& judgements, wire::DecisionDocument::Builder out) {
  auto chosen = fitting(judgements);
  auto list = out.initJudgements(static_cast<uint32_t>(chosen.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    const auto& [from, text] = chosen[i];
    list[i].setNode(from->node.value);
    list[i].setStage(from->stage);
    list[i].setSha256(hash_of(from->document));
    list[i].setDocument(text);
  }
}

/// Those of the members values that lead up to the proposal.
std::span<const gate::sealed_value> before_proposal(const decision_parts& parts) {
  auto opened = parts.values.front().value->content->getPosition();
  auto is_before = [&](const gate::sealed_value& each) { return each.value->content->getPosition() < opened; };
  auto end = std::ranges::find_if_not(parts.generations, is_before);
  return {parts.generations.begin(), end};
}

/// Whether the values begin with the opening and have no gap, and the members values lead to those who sealed them.
caf::error check_complete(const decision_parts& parts) {
  auto opened = *parts.values.front().value->content;
  if (opened.getKind() != kind::OPEN)
    return fail(ec::no_data, "this node does not have the opening of the proposal; ask another one for the document");
  auto position = opened.getPosition();
  for (const auto& each : parts.values)
    if (each.value->content->getPosition() != position++)
      return fail(ec::no_data, "this node does not have what was sealed at position " + std::to_string(position - 1) +
                                 "; ask another one for the document");
  auto sealers = parts.first;
  for (const auto& each : before_proposal(parts)) {
    if (!each.value->members || !gate::is_same(each.value->content->getGeneration(), sealers->hash()))
      break;
    sealers = each.value->members;
  }
  if (!gate::is_same(opened.getGeneration(), sealers->hash()))
    return fail(ec::no_data,
                "this node does not have all changes of members that lead to those who sealed the proposal; "
                "ask another one for the document");
  return caf::none;
}

void write_summary(const decision_parts& parts, wire::DecisionDocument::Builder out) {
  auto outcome = outcome_of(parts.values);
  out.setTrack(parts.first->content().getTrack());
  out.setDecision(outcome.decision);
  out.setRollout(outcome.rollout);
  if (outcome.decided)
    out.setHash(to_hex(outcome.decided->hash));
  const auto& what = parts.values.front().value->what;
  if (!what)
    return; // a members value, which no proposal has: the verification says so
  out.setId(to_hex(what->id()));
  out.setFrom(what->body().getFrom());
  out.setTo(what->body().getTo());
}

// -- reading ---------------------------------------------------------------------------

std::optional<kj::Array<kj::byte>> from_base64(capnp::Text::Reader text) {
  auto decoded = kj::decodeBase64({text.begin(), text.size()});
  if (decoded.hadErrors)
    return std::nullopt;
  return kj::Array<kj::byte>{std::move(decoded)};
}

caf::expected<gate::generation_ptr> decode_first(capnp::Text::Reader text) {
  auto bytes = from_base64(text);
  if (!bytes)
    return fail(ec::malformed, "it is no base64");
  auto content = gate::load_canonical<wire::GateGeneration>(bytes->asPtr());
  if (!content)
    return content.error();
  return gate::generation::from(**content);
}

caf::expected<gate::sealed_value> decode(wire::SealedInDocument::Reader from, const gate::slot_verifier& verify) {
  auto bytes = from_base64(from.getSealed());
  if (!bytes)
    return fail(ec::malformed, "it is no base64");
  auto message = from_packed<wire::GateSealed>(gate::view_of(bytes->asPtr()));
  if (!message)
    return message.error();
  return gate::decode_sealed(**message, verify);
}

std::string place_of(const char* list, uint32_t index) {
  return list + ("[" + std::to_string(index) + "]");
}

/// "values[2].evidence[1]: …" from the place of the value and what is wrong in it.
std::string fault_at(const std::string& place, const caf::error& error) {
  auto text = text_of(error);
  bool names_place = text.starts_with("evidence[") || text.starts_with("accepts[");
  return place + (names_place ? "." : ": ") + text;
}

void decode_all(capnp::List<wire::SealedInDocument>::Reader from, const char* list, const gate::slot_verifier& verify,
                std::vector<gate::sealed_value>& out, std::vector<std::string>& faults) {
  for (uint32_t i = 0; i < from.size(); ++i) {
    auto sealed = decode(from[i], verify);
    if (sealed)
      out.push_back(std::move(*sealed));
    else
      faults.push_back(fault_at(place_of(list, i), sealed.error()));
  }
}

void decode_judgements(capnp::List<wire::MemberJudgement>::Reader from, decoded_decision& out) {
  for (uint32_t i = 0; i < from.size(); ++i) {
    auto document = read_document(as_view(from[i].getDocument()));
    if (document)
      out.parts.judgements.push_back(
        {{std::string{as_view(from[i].getNode())}}, from[i].getStage(), std::move(*document)});
    else
      out.faults.push_back(fault_at(place_of("judgements", i), document.error()));
  }
}

/// Before all else, since a document of a later form may hold what is unknown here.
caf::error check_format(std::string_view text) {
  capnp::MallocMessageBuilder scratch;
  auto members = parse_json_object(text, scratch);
  if (!members)
    return members.error();
  for (auto member : *members)
    if (member.getName() == "format" && member.getValue().isNumber()) {
      auto format = member.getValue().getNumber();
      if (format == known_format)
        return caf::none;
      return fail(ec::unsupported, "its form has version " + std::string{kj::str(format).cStr()} +
                                     ", and the known version is " + std::to_string(known_format));
    }
  return fail(ec::invalid, "it is no decision document: it names no version of its form");
}

} // namespace

decision_outcome outcome_of(std::span<const gate::sealed_value> values) {
  decision_outcome out{.rollout = "none"};
  for (const auto& each : values) {
    auto content = *each.value->content;
    switch (content.getKind()) {
    case kind::APPROVED:
    case kind::GO:
      if (content.getKind() == kind::APPROVED)
        out = {wire::UpgradeDecision::APPROVED, {}, each.value};
      out.rollout = "canary " + std::to_string(content.getCanaries().size()) + "/" +
                    std::to_string(each.value->what ? each.value->what->size() : 0);
      break;
    case kind::REJECTED:
      out = {wire::UpgradeDecision::REJECTED, "none", each.value};
      break;
    case kind::ABORTED:
      out = {wire::UpgradeDecision::ABORTED, "none", each.value};
      break;
    case kind::COMPLETE:
      out.rollout = "complete";
      break;
    case kind::BACK:
      out.rollout = "rolling back";
      break;
    case kind::CLOSED:
      out.rollout = "rolled back";
      break;
    case kind::OPEN:
    case kind::MEMBERS:
      break;
    }
  }
  return out;
}

caf::expected<msg<wire::DecisionDocument>> make_decision_document(const decision_parts& parts) {
  if (parts.values.empty())
    return fail(ec::no_data, "nothing is sealed for the proposal, so there is nothing to prove");
  if (auto error = check_complete(parts))
    return error;
  return encode_decision(parts);
}

caf::expected<msg<wire::DecisionDocument>> encode_decision(const decision_parts& parts) {
  capnp::MallocMessageBuilder scratch;
  auto out = scratch.initRoot<wire::DecisionDocument>();
  out.setFormat(known_format);
  write_summary(parts, out);
  out.setFirstGeneration(to_base64(gate::to_canonical<wire::GateGeneration>(parts.first->content()).bytes()));
  auto generations = before_proposal(parts);
  write(generations, out.initGenerations(static_cast<uint32_t>(generations.size())));
  write(parts.values, out.initValues(static_cast<uint32_t>(parts.values.size())));
  write(parts.judgements, out);
  auto made = msg<wire::DecisionDocument>::adopt(scratch);
  // What nobody could read back is no document.
  if (auto broken = check(*made))
    return fail(ec::too_large, "the decision does not fit into a document: " + broken->pointer + " " + broken->rule);
  if (made.bytes().size() > max_bytes_of(capnp::Schema::from<wire::DecisionDocument>()))
    return fail(ec::too_large, "the decision does not fit into a document");
  return made;
}

bool is_decision_document(std::string_view text) {
  capnp::MallocMessageBuilder scratch;
  auto members = parse_json_object(text, scratch);
  if (members)
    for (auto member : *members)
      if (member.getName() == "format" || member.getName() == "first_generation")
        return true;
  return false;
}

caf::expected<msg<wire::DecisionDocument>> read_decision_document(std::string_view text) {
  if (text.size() > max_document_bytes)
    return fail(ec::too_large, "a document has at most " + std::to_string(max_document_bytes) + " bytes");
  if (auto error = check_format(text))
    return error;
  auto read = from_json<wire::DecisionDocument>(text);
  if (!read)
    return read.error();
  if (read->bytes().size() > max_bytes_of(capnp::Schema::from<wire::DecisionDocument>()))
    return fail(ec::too_large, "the document holds more than any decision");
  return read;
}

decoded_decision decode_decision(wire::DecisionDocument::Reader document, const gate::slot_verifier& verify) {
  decoded_decision out;
  auto first = decode_first(document.getFirstGeneration());
  if (first)
    out.parts.first = std::move(*first);
  else
    out.faults.push_back(fault_at("first_generation", first.error()));
  decode_all(document.getGenerations(), "generations", verify, out.parts.generations, out.faults);
  decode_all(document.getValues(), "values", verify, out.parts.values, out.faults);
  decode_judgements(document.getJudgements(), out);
  return out;
}

} // namespace hive
