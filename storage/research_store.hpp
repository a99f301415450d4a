#pragma once

#include "messages/research.capnp.h"
#include "storage/database.hpp"
#include "storage/keys.hpp"

#include <functional>

namespace hive {

/// AutoResearch sessions, running and finished.
class research_store {
public:
  explicit research_store(const database& db) : db_{db} {
  }

  /// The session, or nothing when it does not exist. Fails with ec::corrupt.
  caf::expected<std::optional<msg<wire::ResearchSession>>> find(std::string_view id) const;

  /// Visits sessions by id, after `after`, until `visit_session` returns `stop`. Fails with ec::corrupt.
  caf::error visit(std::string_view after,
                   const std::function<database::scan(const msg<wire::ResearchSession>&)>& visit_session) const;

  static void put(write_set& writes, const msg<wire::ResearchSession>& session);

private:
  const database& db_;
};

} // namespace hive
