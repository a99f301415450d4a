#pragma once

#include "actors/upgrade/gate/proposal.hpp"
#include "messages/packed.hpp"

#include <functional>
#include <variant>

namespace hive::gate {

struct statement;
using statement_ptr = std::shared_ptr<const statement>;
using statements = std::vector<statement_ptr>;

/// Verifies the signature of a slot that is embedded in another one, and returns its origin; none when it is not in
/// order.
using slot_verifier = std::function<std::optional<node_id>(wire::StoredSlot::Reader)>;

/// A value with its evidence, decoded once.
struct proposed_value {
  msg<wire::GateValue> content; ///< canonical
  digest hash{};
  proposal_ptr what;      ///< null for members
  statements evidence;    ///< signatures are in order
  generation_ptr members; ///< of a value of that kind
};
using value_ptr = std::shared_ptr<const proposed_value>;

/// A value with the seal slots that seal it. Whether they do is for certificate.hpp to say.
struct sealed_value {
  value_ptr value;
  statements accepts;
};

struct ask_content {
  msg<wire::GateAsk> message;
  proposal_ptr propose;   ///< null: none
  generation_ptr members; ///< null: none
};

struct seal_content {
  msg<wire::GateSeal> message;
  statement_ptr lead; ///< of the accepted value; null: none
};

struct proposed_content {
  msg<wire::GateProposed> message;
  value_ptr value;
  statements promises;
};

struct log_content {
  msg<wire::GateLog> message;
  sealed_value newest;
  std::vector<sealed_value> generations;
  std::optional<line_start> line;
};

/// A signed slot of the gate, decoded and checked once; shared by all that hold it.
struct statement {
  node_id origin;
  slot_type type = slot_type::ask;
  uint8_t track = 0;
  uint64_t epoch = 0; ///< of the slot: with the version its stamp
  uint64_t version = 0;
  msg<wire::StoredSlot> whole;
  std::variant<msg<wire::GateStart>, ask_content, msg<wire::GateVote>, seal_content, msg<wire::GateLead>, log_content,
               msg<wire::GateRun>, proposed_content>
    content;

  const msg<wire::GateStart>& start() const {
    return std::get<msg<wire::GateStart>>(content);
  }
  const ask_content& ask() const {
    return std::get<ask_content>(content);
  }
  const msg<wire::GateVote>& vote() const {
    return std::get<msg<wire::GateVote>>(content);
  }
  const msg<wire::GateSeal>& seal() const {
    return std::get<seal_content>(content).message;
  }
  const statement_ptr& claim() const {
    return std::get<seal_content>(content).lead;
  }
  const msg<wire::GateLead>& lead() const {
    return std::get<msg<wire::GateLead>>(content);
  }
  const log_content& log() const {
    return std::get<log_content>(content);
  }
  const msg<wire::GateRun>& run() const {
    return std::get<msg<wire::GateRun>>(content);
  }
  const proposed_content& proposed() const {
    return std::get<proposed_content>(content);
  }

  bool is_newer_than(const statement& other) const {
    return std::pair{epoch, version} > std::pair{other.epoch, other.version};
  }
  std::string_view payload() const {
    return view_of(whole->getSlot().getPayload());
  }
};

/// Key of the slots of a track; start slots have one key for all.
std::string slot_key(slot_type type, uint8_t track);

struct statement_memo;

/// Decodes a slot, and checks its signature and those of all that are embedded. The result depends on the slot and on
/// `verify` alone. `memo`: what was decoded before with the same `verify`, which is not decoded again; optional.
/// ec::malformed or ec::invalid, naming what is wrong.
caf::expected<statement_ptr> decode_statement(msg<wire::StoredSlot> whole, const slot_verifier& verify,
                                              statement_memo* memo = nullptr);

/// Decodes the canonical bytes of a value.
caf::expected<value_ptr> decode_value(capnp::Data::Reader bytes, const slot_verifier& verify,
                                      statement_memo* memo = nullptr);

/// Decodes a value with its accepts. Whether they seal it is for certificate.hpp to say.
caf::expected<sealed_value> decode_sealed(wire::GateSealed::Reader from, const slot_verifier& verify,
                                          statement_memo* memo = nullptr);

/// The message that decode_sealed reads.
void set_sealed(wire::GateSealed::Builder out, const sealed_value& sealed);

} // namespace hive::gate
