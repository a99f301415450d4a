#pragma once

#include "actors/upgrade/gate/certificate.hpp"

#include <map>

namespace hive::gate {

/// What a sealer has promised, accepted and heard of; its whole state as an acceptor is in its seal slot.
struct seal_state {
  struct known_start {
    uint64_t start = 0;
    uint64_t nonce = 0;
    bool operator==(const known_start&) const = default;
  };
  struct acceptance {
    round in;
    digest value{};
    bool own = false; ///< accepted here; otherwise heard of at the admission
    statement_ptr lead;
  };

  uint64_t start = 0;
  bool admitted = false;
  uint64_t admitted_at = 0;
  std::optional<round> promised;
  std::optional<acceptance> accepted;
  std::map<node_id, known_start> starts; ///< of other nodes, by their own words
  std::map<node_id, uint64_t> holds;     ///< sequence of the newest run slot of other nodes

  /// Takes the state out of the seal slot of this node.
  static seal_state from(const statement& seal, const generation& sealers);

  msg<wire::GateSeal> to_message(const place& where, const node_id& self) const;

  /// Whether a round may be promised or proposed in: nothing higher was promised.
  bool may_take_part(const round& in) const {
    return !promised || *promised <= in;
  }
  bool may_accept(const round& in) const {
    return may_take_part(in) && (!accepted || accepted->in < in);
  }
  void promise(const round& in) {
    if (!promised || *promised < in)
      promised = in;
  }
  void accept(const round& in, const digest& value, statement_ptr lead);
  /// Forgets what belongs to one position.
  void go_on() {
    promised.reset();
    accepted.reset();
  }
};

} // namespace hive::gate
