#pragma once

// Whether one version may replace another.

#include "analysis/verdict.hpp"
#include "messages/fwd.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <caf/allowed_unsafe_message_type.hpp>
#include <string>

namespace hive::wire {
struct CalibrateUpgrade;
struct MeasureUpgrade;
struct MeasurementList;
struct MeasurementListQuery;
struct MeasurementQuery;
struct MoveReference;
struct PairedMeasurement;
struct Reference;
struct ReferenceList;
struct ReferenceListQuery;
struct ReferenceQuery;
struct RoundList;
struct RoundQuery;
struct StopMeasurement;
struct UpgradeCheck;
struct UpgradeQuery;
} // namespace hive::wire

namespace hive {

/// Compares two versions on this node.
using upgrade_checker_actor = caf::typed_actor<
  // Judges whether `new` may replace `old`, from the stored snapshots.
  caf::replies_to<msg<wire::UpgradeQuery>>::with<msg<wire::UpgradeCheck>>>;

/// A measurement of the track begins with this old version.
struct first_reference {
  std::string track;
  std::string version;
};

/// A paired measurement has shown this version to be better than the track's reference, which was `than`.
struct better_version {
  std::string track;
  std::string version;
  std::string than;
  std::string reason;
  std::string measurement; ///< its id
};

/// A paired measurement has ended with a verdict.
struct verdict_given {
  std::string track;
  std::string measurement; ///< its id
  analysis::verdict decided;
};

/// Keeps the reference version of each track, and counts the verdicts that operators overrule by moving it.
using reference_keeper_actor = caf::typed_actor<
  // The track's reference, or ec::not_found.
  caf::replies_to<msg<wire::ReferenceQuery>>::with<msg<wire::Reference>>,
  caf::replies_to<msg<wire::ReferenceListQuery>>::with<msg<wire::ReferenceList>>,
  // Moves it, durably, and notes the verdict that this overrules. ec::not_found when the version was never captured nor
  // measured.
  caf::replies_to<msg<wire::MoveReference>>::with<msg<wire::Reference>>,
  // The track's reference; the version that is given becomes it, durably, where there is none.
  caf::replies_to<first_reference>::with<msg<wire::Reference>>,
  // Moves it, durably, unless it has been moved meanwhile.
  caf::replies_to<better_version>::with<msg<wire::Reference>>,
  // Counts it.
  caf::reacts_to<verdict_given>>;

/// Measures versions side by side, one measurement at a time.
using upgrade_measurer_actor = caf::typed_actor<
  // Accepts a measurement, durably. ec::invalid for a version that the node cannot run and an adapter that cannot run
  // versions, ec::no_data when no adapter can, ec::overloaded when too many wait.
  caf::replies_to<msg<wire::MeasureUpgrade>>::with<msg<wire::PairedMeasurement>>,
  // Accepts a measurement of a version against itself, likewise. ec::invalid also when no adapter that would measure
  // may have the metrics that are named.
  caf::replies_to<msg<wire::CalibrateUpgrade>>::with<msg<wire::PairedMeasurement>>,
  // One measurement as it is, or ec::not_found.
  caf::replies_to<msg<wire::MeasurementQuery>>::with<msg<wire::PairedMeasurement>>,
  // All, the newest first.
  caf::replies_to<msg<wire::MeasurementListQuery>>::with<msg<wire::MeasurementList>>,
  // What was measured. ec::not_found.
  caf::replies_to<msg<wire::RoundQuery>>::with<msg<wire::RoundList>>,
  // Ends a measurement after its present run, or takes it out of the queue. ec::not_found, ec::conflict when it has
  // ended.
  caf::replies_to<msg<wire::StopMeasurement>>::with<msg<wire::PairedMeasurement>>>;

} // namespace hive

// Messages within one node.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::first_reference)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::better_version)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::verdict_given)
