#pragma once

#include "messages/gate_record.capnp.h"
#include "messages/verdict.capnp.h"
#include "storage/database.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace hive {

/// What a node keeps of the cluster gate: its own statements, what was sealed, and by what it judged. All reads fail
/// with ec::corrupt.
class gate_store {
public:
  explicit gate_store(const database& db) : db_{db} {
  }

  /// This node's newest statements, one of each kind and track.
  caf::expected<std::vector<msg<wire::StoredSlot>>> statements() const;

  /// The value slots of any node whose values this node accepted last.
  caf::expected<std::vector<msg<wire::StoredSlot>>> values() const;

  /// Visits the sealed values of a track, the oldest first, until `visit_one` returns `stop`.
  caf::error visit_decisions(uint8_t track,
                             const std::function<database::scan(const msg<wire::SealedRecord>&)>& visit_one) const;

  caf::expected<std::optional<msg<wire::SealedRecord>>> decision(uint8_t track, uint64_t position) const;

  /// The verdict documents by which this node voted on a proposal.
  caf::expected<std::vector<msg<wire::VerdictDocument>>> judgements(std::string_view proposal) const;

  /// Whether the notification of the sealed value was begun.
  caf::expected<bool> is_notified(uint8_t track, uint64_t position) const;

  static void put_statement(write_set& writes, uint8_t track, const msg<wire::StoredSlot>& slot);
  static void put_value(write_set& writes, uint8_t track, const msg<wire::StoredSlot>& slot);
  static void put_decision(write_set& writes, uint8_t track, uint64_t position, const msg<wire::SealedRecord>& record);
  static void put_judgement(write_set& writes, std::string_view proposal, std::string_view sha256,
                            const msg<wire::VerdictDocument>& document);
  static void put_notice(write_set& writes, uint8_t track, uint64_t position, const msg<wire::NoticeRecord>& record);

  /// Forgets sealed values, and notices of them, at positions below `position`.
  static void forget_before(write_set& writes, uint8_t track, uint64_t position);
  static void forget_judgements(write_set& writes, std::string_view proposal);

private:
  const database& db_;
};

} // namespace hive
