#pragma once

#include "messages/gpu.capnp.h"
#include "messages/ids.hpp"
#include "storage/database.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hive {

/// The id as the API shows it, `EPOCH-COUNT`.
std::string to_text(lease_id id);

/// The reverse; nothing for another text.
std::optional<lease_id> lease_id_of(std::string_view text);

/// GPU leases: those that have not ended, and the history.
class lease_store {
public:
  explicit lease_store(const database& db) : db_{db} {
  }

  /// All that have not ended, by their ids. Fails with ec::corrupt, as do all below.
  caf::expected<std::vector<msg<wire::Lease>>> open() const;

  /// Visits those that have ended, from the newest before `before` (0: the newest of all) to the oldest, until `visit`
  /// returns `stop`.
  caf::error visit_ended(lease_id before, const std::function<database::scan(const msg<wire::Lease>&)>& visit) const;

  /// One that has ended, or nothing.
  caf::expected<std::optional<msg<wire::Lease>>> find_ended(lease_id id) const;

  /// Puts a lease where its state belongs, and takes it from where it was.
  static void put(write_set& writes, lease_id id, const msg<wire::Lease>& lease);

  /// Forgets all that ended and whose ids are lower than `id`.
  static void forget_before(write_set& writes, lease_id id);

private:
  const database& db_;
};

} // namespace hive
