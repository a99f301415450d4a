#include "actors/upgrade/cluster/gate_topics.hpp"

#include "actors/upgrade/decision/statement_signing.hpp"
#include "actors/upgrade/gate/contradiction.hpp"
#include "messages/text.hpp"
#include "platform/identity/node_identity.hpp"

namespace hive {
namespace {

using gate::slot_type;

std::string name_of(slot_type type) {
  switch (type) {
  case slot_type::ask:
    return "gate asks";
  case slot_type::vote:
    return "gate votes";
  case slot_type::start:
    return "gate starts";
  case slot_type::seal:
    return "gate seals";
  case slot_type::lead:
    return "gate rounds";
  case slot_type::log:
    return "gate log";
  case slot_type::run:
    return "gate hooks";
  case slot_type::value:
    return "gate values";
  }
  return "gate";
}

caf::expected<slot_content> decode(slot_type type, std::string_view key, std::string_view payload) {
  auto whole = msg<wire::StoredSlot>::load(payload);
  if (!whole)
    return whole.error();
  auto inner = (*whole)->getSlot();
  if (inner.getKind() != static_cast<uint16_t>(type) || as_view(inner.getKey()) != key)
    return fail(ec::invalid, "statement of another kind or track than its slot");
  auto origin = verify_statement(**whole);
  if (!origin)
    return fail(ec::invalid, "the signature of a statement is not in order");
  auto decoded = gate::decode_statement(std::move(*whole), *origin, verify_statement);
  if (!decoded)
    return decoded.error();
  return make_content(std::move(*decoded));
}

/// What is embedded was verified when the slot was accepted.
std::optional<node_id> claimed_origin(wire::StoredSlot::Reader slot) {
  public_key key{};
  auto bytes = slot.getPublicKey();
  if (bytes.size() != key.size())
    return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), key.begin());
  return node_id_of(key);
}

gate::statement_ptr decode_accepted(std::string_view payload) {
  auto whole = msg<wire::StoredSlot>::load(payload);
  auto origin = whole ? claimed_origin(**whole) : std::nullopt;
  if (!origin)
    return nullptr;
  auto decoded = gate::decode_statement(std::move(*whole), *origin, claimed_origin);
  return decoded ? *decoded : nullptr;
}

std::string contradiction_of(slot_type type, std::string_view earlier, std::string_view later) {
  auto one = decode_accepted(earlier);
  auto other = decode_accepted(later);
  bool contradicts = one && other && gate::is_contradiction(*one, *other);
  return contradicts ? "two statements of the " + name_of(type) + " that no honest node signs both" : std::string{};
}

bool may_contradict(slot_type type) {
  return type == slot_type::vote || type == slot_type::seal || type == slot_type::lead || type == slot_type::run;
}

} // namespace

slot_rules gate_rules(slot_type type) {
  slot_rules out;
  out.kind = kind_of(type);
  out.name = name_of(type);
  out.decode = [type](std::string_view key, std::string_view payload) { return decode(type, key, payload); };
  if (may_contradict(type))
    out.contradicts = [type](std::string_view earlier, std::string_view later) {
      return contradiction_of(type, earlier, later);
    };
  out.is_urgent = true;
  out.waits_for_admission = true;
  out.has_own_room = true;
  return out;
}

std::string to_slot_payload(const gate::statement& what) {
  return std::string{what.whole.bytes()};
}

} // namespace hive
