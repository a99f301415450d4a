#pragma once

#include "actors/events/api.hpp"
#include "actors/upgrade/api.hpp"
#include "analysis/metric_rules.hpp"
#include "messages/snapshot.capnp.h"
#include "messages/upgrade.capnp.h"
#include "storage/database.hpp"

#include <caf/expected.hpp>
#include <caf/fwd.hpp>
#include <memory>
#include <optional>
#include <string>
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

/// Spawns the actor that compares two versions by their stored snapshots; deterministic.
upgrade_checker_actor spawn_upgrade_checker(caf::actor_system& system, upgrade_checker_services services,
                                            upgrade_checker_options options = {});

/// The answer to the query from what is stored now. Fails with ec::corrupt.
caf::expected<msg<wire::UpgradeCheck>> check_stored(const database& db, wire::UpgradeQuery::Reader query,
                                                    const upgrade_checker_options& options = {});

/// One version of a comparison.
struct version_side {
  std::optional<msg<wire::Snapshot>> snapshot;
  std::vector<std::string> similar = {}; ///< similar version names, if there is no snapshot
};

/// What policy statistical judges by.
struct statistical_inputs {
  version_side old_side;
  version_side new_side;
  std::string reference; ///< empty: none, or the old version
  version_side reference_side;
  std::optional<msg<wire::PairedMeasurement>> measurement; ///< of the two versions
  std::vector<msg<wire::MeasuredRound>> rounds;            ///< of it
};

/// The comparison by policy statistical.
msg<wire::UpgradeCheck> compare_by_samples(wire::UpgradeQuery::Reader query, const statistical_inputs& inputs,
                                           const upgrade_checker_options& options = {});

/// The comparison by the other policies.
msg<wire::UpgradeCheck> compare_snapshots(wire::UpgradeQuery::Reader query, const version_side& old_version,
                                          const version_side& new_version, const upgrade_checker_options& options = {});

} // namespace hive
