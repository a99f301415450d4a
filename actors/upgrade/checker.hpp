#pragma once

#include "actors/events/api.hpp"
#include "actors/upgrade/api.hpp"
#include "analysis/metric_rules.hpp"
#include "storage/database.hpp"

#include <caf/expected.hpp>
#include <caf/fwd.hpp>
#include <memory>
#include <vector>

namespace hive {

/// Services the checker depends on.
struct upgrade_checker_services {
  std::shared_ptr<const database> db;
  event_sink_actor events = {}; ///< gets verdicts that differ from the previous one for the same question
};

struct upgrade_checker_options {
  /// The operator's rules for metrics; the first that fits a metric counts. Policy threshold, which is HART OS's rule,
  /// does not use them. Default: none.
  std::vector<analysis::configured_rules> rules;
};

/// Spawns the actor that compares two versions by what is stored of them; see version_comparison.
upgrade_checker_actor spawn_upgrade_checker(caf::actor_system& system, upgrade_checker_services services,
                                            upgrade_checker_options options = {});

/// The answer to the query from what is stored now. Fails with ec::corrupt.
caf::expected<msg<wire::UpgradeCheck>> check_stored(const database& db, wire::UpgradeQuery::Reader query,
                                                    const upgrade_checker_options& options = {});

/// The same with all that it was judged by. Fails also with ec::too_large, when nobody could read the document.
caf::expected<msg<wire::VerdictDocument>> document_stored(const database& db, wire::UpgradeQuery::Reader query,
                                                          const upgrade_checker_options& options = {});

} // namespace hive
