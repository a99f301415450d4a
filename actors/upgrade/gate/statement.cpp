#include "actors/upgrade/gate/statement_memo.hpp"

#include <initializer_list>

namespace hive::gate {
namespace {

using embedded = capnp::List<wire::StoredSlot>::Reader;

std::optional<uint8_t> track_of(slot_type type, std::string_view key) {
  if (type == slot_type::start)
    return key == slot_key(type, 0) ? std::optional<uint8_t>{0} : std::nullopt;
  for (uint8_t track = 0; track < max_tracks; ++track)
    if (key == slot_key(type, track))
      return track;
  return std::nullopt;
}

/// How embedded slots are decoded.
struct decoding {
  const slot_verifier& verify;
  statement_memo* memo;
};

caf::expected<statement_ptr> decode_embedded(wire::StoredSlot::Reader slot, std::initializer_list<slot_type> types,
                                             const decoding& how) {
  auto kind = static_cast<slot_type>(slot.getSlot().getKind());
  if (std::ranges::find(types, kind) == types.end())
    return fail(ec::invalid, "embedded slot of kind " + std::to_string(slot.getSlot().getKind()));
  return decode_statement(msg<wire::StoredSlot>::copy_of(slot), how.verify, how.memo);
}

/// `list` is the name of the field, for errors.
caf::error decode_all(embedded slots, const char* list, std::initializer_list<slot_type> types, const decoding& how,
                      statements& out) {
  for (uint32_t i = 0; i < slots.size(); ++i) {
    auto decoded = decode_embedded(slots[i], types, how);
    if (!decoded)
      return fail(code_of(decoded.error()), list + ("[" + std::to_string(i) + "]: ") + text_of(decoded.error()));
    out.push_back(std::move(*decoded));
  }
  return {};
}

caf::error load(std::string_view payload, statement& out, const decoding&, msg<wire::GateStart>*) {
  auto loaded = from_packed<wire::GateStart>(payload);
  if (!loaded)
    return loaded.error();
  out.content = std::move(*loaded);
  return {};
}

caf::error load(std::string_view payload, statement& out, const decoding&, msg<wire::GateVote>*) {
  auto loaded = from_packed<wire::GateVote>(payload);
  if (!loaded)
    return loaded.error();
  if ((*loaded)->getProposal().size() != sizeof(digest))
    return fail(ec::invalid, "vote on a proposal that is no hash");
  out.content = std::move(*loaded);
  return {};
}

caf::error load(std::string_view payload, statement& out, const decoding&, msg<wire::GateLead>*) {
  auto loaded = from_packed<wire::GateLead>(payload);
  if (!loaded)
    return loaded.error();
  out.content = std::move(*loaded);
  return {};
}

caf::error load(std::string_view payload, statement& out, const decoding&, msg<wire::GateRun>*) {
  auto loaded = from_packed<wire::GateRun>(payload);
  if (!loaded)
    return loaded.error();
  out.content = std::move(*loaded);
  return {};
}

caf::error load(std::string_view payload, statement& out, const decoding&, ask_content*) {
  auto loaded = from_packed<wire::GateAsk>(payload);
  if (!loaded)
    return loaded.error();
  ask_content ask;
  ask.message = std::move(*loaded);
  if (ask.message->hasPropose()) {
    auto what = proposal::from(ask.message->getPropose().getBody());
    if (!what)
      return what.error();
    if ((*what)->body().getTrack() != out.track)
      return fail(ec::invalid, "proposal for another track");
    ask.propose = std::move(*what);
  }
  if (ask.message->hasMembers()) {
    auto members = generation::from(ask.message->getMembers());
    if (!members)
      return members.error();
    ask.members = std::move(*members);
  }
  out.content = std::move(ask);
  return {};
}

caf::error load(std::string_view payload, statement& out, const decoding& how, seal_content*) {
  auto loaded = from_packed<wire::GateSeal>(payload);
  if (!loaded)
    return loaded.error();
  seal_content seal;
  seal.message = std::move(*loaded);
  if (seal.message->hasAccepted()) {
    auto lead = decode_embedded(seal.message->getAccepted().getLead(), {slot_type::lead}, how);
    if (!lead)
      return lead.error();
    seal.lead = std::move(*lead);
  }
  out.content = std::move(seal);
  return {};
}

caf::error load(std::string_view payload, statement& out, const decoding& how, proposed_content*) {
  auto loaded = from_packed<wire::GateProposed>(payload);
  if (!loaded)
    return loaded.error();
  proposed_content made;
  made.message = std::move(*loaded);
  auto value = decode_value(made.message->getValue(), how.verify, how.memo);
  if (!value)
    return value.error();
  made.value = std::move(*value);
  if (made.value->content->getTrack() != out.track)
    return fail(ec::invalid, "value for another track");
  if (auto error = decode_all(made.message->getPromises(), "promises", {slot_type::seal}, how, made.promises))
    return error;
  out.content = std::move(made);
  return {};
}

caf::expected<sealed_value> load_sealed(wire::GateSealed::Reader from, uint8_t track, const decoding& how) {
  auto out = decode_sealed(from, how.verify, how.memo);
  if (out && out->value->content->getTrack() != track)
    return fail(ec::invalid, "sealed value of another track");
  return out;
}

caf::error load(std::string_view payload, statement& out, const decoding& how, log_content*) {
  auto loaded = from_packed<wire::GateLog>(payload);
  if (!loaded)
    return loaded.error();
  log_content log;
  log.message = std::move(*loaded);
  auto newest = load_sealed(log.message->getNewest(), out.track, how);
  if (!newest)
    return newest.error();
  log.newest = std::move(*newest);
  for (auto each : log.message->getGenerations()) {
    auto sealed = load_sealed(each, out.track, how);
    if (!sealed)
      return sealed.error();
    log.generations.push_back(std::move(*sealed));
  }
  if (log.message->hasLine()) {
    auto line = line_start::from(log.message->getLine());
    if (!line)
      return line.error();
    log.line = std::move(*line);
  }
  out.content = std::move(log);
  return {};
}

template <class T>
caf::error load_as(statement& out, const decoding& how) {
  return load(out.payload(), out, how, static_cast<T*>(nullptr));
}

caf::error load_content(statement& out, const decoding& how) {
  switch (out.type) {
  case slot_type::start:
    return load_as<msg<wire::GateStart>>(out, how);
  case slot_type::ask:
    return load_as<ask_content>(out, how);
  case slot_type::vote:
    return load_as<msg<wire::GateVote>>(out, how);
  case slot_type::seal:
    return load_as<seal_content>(out, how);
  case slot_type::lead:
    return load_as<msg<wire::GateLead>>(out, how);
  case slot_type::log:
    return load_as<log_content>(out, how);
  case slot_type::run:
    return load_as<msg<wire::GateRun>>(out, how);
  case slot_type::value:
    return load_as<proposed_content>(out, how);
  }
  return fail(ec::invalid,
              "slot of kind " + std::to_string(static_cast<int>(out.type)) + ", which is none of the gate");
}

} // namespace

std::string slot_key(slot_type type, uint8_t track) {
  return type == slot_type::start ? "gate" : std::to_string(track);
}

namespace {

caf::expected<statement_ptr> decode_new(msg<wire::StoredSlot> whole, const decoding& how) {
  auto origin = how.verify(*whole);
  if (!origin)
    return fail(ec::invalid, "slot whose signature is not in order");
  auto made = std::make_shared<statement>();
  made->origin = *origin;
  made->whole = std::move(whole);
  auto slot = made->whole->getSlot();
  made->type = static_cast<slot_type>(slot.getKind());
  made->epoch = slot.getEpoch();
  made->version = slot.getVersion();
  auto track = track_of(made->type, as_view(slot.getKey()));
  if (!track)
    return fail(ec::invalid, "slot of the gate with key " + printable(as_view(slot.getKey())));
  made->track = *track;
  if (made->payload().size() > max_payload_bytes)
    return fail(ec::too_large, "slot of the gate with " + std::to_string(made->payload().size()) + " bytes");
  if (auto error = load_content(*made, how))
    return error;
  return statement_ptr{std::move(made)};
}

caf::expected<value_ptr> decode_new(capnp::Data::Reader bytes, const digest& hash, const decoding& how) {
  auto content = load_canonical<wire::GateValue>(bytes);
  if (!content)
    return content.error();
  auto made = std::make_shared<proposed_value>();
  made->content = std::move(*content);
  made->hash = hash;
  if (made->content->getKind() == wire::GateValueKind::MEMBERS) {
    auto members = generation::from(made->content->getMembers());
    if (!members)
      return members.error();
    made->members = std::move(*members);
  } else {
    auto what = proposal::from(made->content->getBody());
    if (!what)
      return what.error();
    if (!is_same(made->content->getProposal(), (*what)->id()))
      return fail(ec::invalid, "value whose proposal is not the hash of its body");
    made->what = std::move(*what);
  }
  if (auto error = decode_all(made->content->getEvidence(), "evidence",
                              {slot_type::ask, slot_type::vote, slot_type::run}, how, made->evidence))
    return error;
  return value_ptr{std::move(made)};
}

} // namespace

caf::expected<statement_ptr> decode_statement(msg<wire::StoredSlot> whole, const slot_verifier& verify,
                                              statement_memo* memo) {
  if (!memo)
    return decode_new(std::move(whole), {verify, nullptr});
  auto bytes = whole.bytes().size();
  auto hash = sha256(whole.bytes());
  if (auto known = memo->known_statements.find(hash))
    return known;
  auto made = decode_new(std::move(whole), {verify, memo});
  if (made)
    memo->known_statements.add(hash, *made, bytes);
  return made;
}

caf::expected<value_ptr> decode_value(capnp::Data::Reader bytes, const slot_verifier& verify, statement_memo* memo) {
  auto hash = sha256(view_of(bytes));
  if (auto known = memo ? memo->known_values.find(hash) : nullptr)
    return known;
  auto made = decode_new(bytes, hash, {verify, memo});
  if (made && memo)
    memo->known_values.add(hash, *made, bytes.size());
  return made;
}

caf::expected<sealed_value> decode_sealed(wire::GateSealed::Reader from, const slot_verifier& verify,
                                          statement_memo* memo) {
  sealed_value out;
  auto value = decode_value(from.getValue(), verify, memo);
  if (!value)
    return value.error();
  out.value = std::move(*value);
  if (auto error = decode_all(from.getAccepts(), "accepts", {slot_type::seal}, {verify, memo}, out.accepts))
    return error;
  return out;
}

void set_sealed(wire::GateSealed::Builder out, const sealed_value& sealed) {
  out.setValue(data_of(sealed.value->content.bytes()));
  auto accepts = out.initAccepts(static_cast<uint32_t>(sealed.accepts.size()));
  for (uint32_t i = 0; i < sealed.accepts.size(); ++i)
    accepts.setWithCaveats(i, *sealed.accepts[i]->whole);
}

} // namespace hive::gate
