#pragma once

#include "messages/hive.capnp.h"
#include "messages/revocation.capnp.h"
#include "storage/database.hpp"
#include "storage/keys.hpp"

#include <functional>

namespace hive {

/// A node's stored view of its hive: the newest slots of all nodes, itself included, and proofs against equivocators.
class hive_store {
public:
  explicit hive_store(const database& db) : db_{db} {
  }

  /// Stops at the first error, which is the visitor's or ec::corrupt.
  caf::error visit_slots(const std::function<caf::error(wire::StoredSlot::Reader)>& visit_slot) const;
  caf::error visit_proofs(const std::function<caf::error(wire::EquivocationProof::Reader)>& visit_proof) const;

  caf::error visit_contradictions(const std::function<caf::error(wire::EquivocationProof::Reader)>& visit_proof) const;

  caf::error visit_revocations(const std::function<caf::error(wire::StoredRevocationList::Reader)>& visit_list) const;

  static void put_slot(write_set& writes, std::string_view origin, const msg<wire::StoredSlot>& slot);
  static void put_proof(write_set& writes, std::string_view origin, const msg<wire::EquivocationProof>& proof);
  /// Apart from the proofs above, which earlier versions read as proofs of two slots under one stamp.
  static void put_contradiction(write_set& writes, std::string_view origin, const msg<wire::EquivocationProof>& proof);
  /// The newest revocation list of a CA, which is named by the hash of its key.
  static void put_revocations(write_set& writes, std::string_view ca, std::string_view der);
  /// Erases everything stored about one node.
  static void erase_origin(write_set& writes, std::string_view origin);

private:
  const database& db_;
};

} // namespace hive
