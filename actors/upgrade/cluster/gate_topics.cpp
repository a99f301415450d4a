#include "actors/upgrade/cluster/gate_topics.hpp"

#include "actors/upgrade/decision/statement_signing.hpp"
#include "actors/upgrade/gate/contradiction.hpp"
#include "actors/upgrade/gate/statement_memo.hpp"
#include "messages/text.hpp"

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

caf::expected<slot_content> decode(slot_type type, std::string_view key, std::string_view payload,
                                   gate::statement_memo& memo) {
  auto whole = msg<wire::StoredSlot>::load(payload);
  if (!whole)
    return whole.error();
  auto inner = (*whole)->getSlot();
  if (inner.getKind() != static_cast<uint16_t>(type) || as_view(inner.getKey()) != key)
    return fail(ec::invalid, "statement of another kind or track than its slot");
  // A copy, in the form that the statement has when it is embedded: by that it is remembered.
  auto decoded = gate::decode_statement(msg<wire::StoredSlot>::copy_of(**whole), verify_statement, &memo);
  if (!decoded)
    return decoded.error();
  return make_content(std::move(*decoded));
}

std::string contradiction_of(slot_type type, const slot_content& earlier, const slot_content& later) {
  const auto* one = content_as<gate::statement_ptr>(earlier);
  const auto* other = content_as<gate::statement_ptr>(later);
  bool contradicts = one && other && gate::is_contradiction(**one, **other);
  return contradicts ? "two statements of the " + name_of(type) + " that no honest node signs both" : std::string{};
}

bool may_contradict(slot_type type) {
  return type == slot_type::vote || type == slot_type::seal || type == slot_type::lead || type == slot_type::run;
}

} // namespace

std::vector<slot_rules> gate_rules() {
  auto memo = std::make_shared<gate::statement_memo>();
  std::vector<slot_rules> out;
  for (auto type : gate_slot_types) {
    auto& rules = out.emplace_back();
    rules.kind = kind_of(type);
    rules.name = name_of(type);
    rules.decode = [type, memo](std::string_view key, std::string_view payload) {
      return decode(type, key, payload, *memo);
    };
    if (may_contradict(type))
      rules.contradicts = [type](const slot_content& earlier, const slot_content& later) {
        return contradiction_of(type, earlier, later);
      };
    rules.is_urgent = true;
    rules.waits_for_admission = true;
    rules.has_own_room = true;
  }
  return out;
}

std::string to_slot_payload(const gate::statement& what) {
  return std::string{what.whole.bytes()};
}

} // namespace hive
