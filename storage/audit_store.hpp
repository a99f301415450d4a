#pragma once

#include "messages/audit.capnp.h"
#include "storage/database.hpp"

#include <optional>

namespace hive {

/// The newest records of the audit, by their numbers.
class audit_store {
public:
  explicit audit_store(const database& db) : db_{db} {
  }

  /// Numbers of the first and the last record; 0: there is none.
  struct range {
    uint64_t first = 0;
    uint64_t last = 0;
  };
  /// Fails with ec::corrupt, as do all below.
  caf::expected<range> numbers() const;

  caf::expected<std::optional<msg<wire::AuditRecord>>> find(uint64_t number) const;

  /// The newest records below `before` (0: of all) that are not older than `since`, at most `limit`. Looks at a bounded
  /// number of records.
  caf::expected<msg<wire::AuditPage>> page(wire::AuditQuery::Reader query) const;

  static void put(write_set& writes, const msg<wire::AuditRecord>& record);
  static void forget(write_set& writes, uint64_t number);

private:
  const database& db_;
};

} // namespace hive
