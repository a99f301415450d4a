#include "apps/hived/wiring/audit_group.hpp"

#include "actors/audit/auditor.hpp"
#include "actors/http/audited.hpp"
#include "messages/audit.capnp.h"

#include <caf/all.hpp>

namespace hive {

std::vector<service> audit_group::services() {
  return {make_service("audit", audit, [this] {
    return spawn_auditor(node_.system, {base_.db, base_.committer, node_.metrics});
  })};
}

std::vector<http::route> audit_group::routes() const {
  return http::audit_routes(audit);
}

} // namespace hive
