#pragma once

#include "actors/audit/api.hpp"
#include "actors/store/api.hpp"
#include "platform/token_bucket.hpp"
#include "storage/database.hpp"

#include <caf/expected.hpp>
#include <caf/fwd.hpp>
#include <memory>

namespace prometheus {
class Registry;
}

namespace hive {

struct auditor_services {
  std::shared_ptr<database> db;
  committer_actor committer;
  std::shared_ptr<prometheus::Registry> metrics; ///< gets hive_audit_total by role and result
};

struct auditor_options {
  /// Newest records that are kept.
  uint64_t max_records = 100'000;
  /// Refused requests that are recorded. At most 8,640 of a day, which is a twelfth of what is kept.
  event_rate refused{.per_s = 0.1, .burst = 20};
};

/// Spawns the keeper of the audit. Fails with ec::corrupt if the records cannot be read.
///
/// A record is durable before its act begins, and once more, with the answer, before the caller gets that. So a crash
/// loses no act: at worst its record has no answer, and then the act may have been done or not.
caf::expected<audit_actor> spawn_auditor(caf::actor_system& system, auditor_services services,
                                         auditor_options options = {});

} // namespace hive
