#pragma once

#include "actors/audit/api.hpp"
#include "actors/http/route.hpp"

namespace hive::http {

/// Puts a route under the audit, if its requests may need role operate: each act of an operator is recorded before it
/// begins, and its answer before the caller gets it. What cannot be recorded is not done. Refused requests are told to
/// the audit too.
route audited(route of, const audit_actor& audit);

/// Routes about the audit itself.
std::vector<route> audit_routes(const audit_actor& audit);

} // namespace hive::http
