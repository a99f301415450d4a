#pragma once

// Interfaces of two services: `inputs` stores what engines send, and the registry captures snapshots. Adapters
// implement adapter_actor.

#include "actors/remote/api.hpp"
#include "actors/slot_topic.hpp"
#include "messages/fwd.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace hive::wire {
struct BenchmarkInfo;
struct BenchmarkList;
struct BenchmarkName;
struct BenchmarkQuery;
struct CaptureAccepted;
struct CaptureDeleted;
struct CaptureList;
struct CaptureListQuery;
struct CaptureQuery;
struct CaptureRequest;
struct CommandSpec;
struct DeleteCapture;
struct ImportSnapshot;
struct InputTotals;
struct InputTotalsQuery;
struct LatestResults;
struct LatestResultsQuery;
struct ObserveModel;
struct PageQuery;
struct PreviousVersionQuery;
struct Recorded;
struct RegisterWorker;
struct Snapshot;
struct SnapshotList;
struct SnapshotQuery;
struct SnapshotSummary;
struct StartCapture;
struct WorkId;
struct WorkOffer;
struct WorkQuery;
struct WorkRenewed;
struct WorkResult;
struct WorkerMeasure;
struct WorkerName;
struct WorkerRegistered;
struct WorldModelStats;
} // namespace hive::wire

namespace hive {

/// Stores what engines send for the fast adapters.
using inputs_actor = caf::typed_actor<
  // Appends observations of a model; the newest 100 are kept. Answers once they are durable.
  caf::replies_to<msg<wire::ObserveModel>>::with<msg<wire::Recorded>>,
  // Replaces the world model's counters. Answers once they are durable.
  caf::replies_to<msg<wire::WorldModelStats>>::with<msg<wire::Recorded>>,
  // How much was sent and was bad, so that two answers tell what lies between them. Answers once all of it is durable.
  caf::replies_to<msg<wire::InputTotalsQuery>>::with<msg<wire::InputTotals>>>;

/// Gives measurements to workers, processes that measure for the node, and takes their results.
using worker_pool_actor = caf::typed_actor<
  // Adds a worker for these adapters. ec::overloaded when there are too many.
  caf::replies_to<msg<wire::RegisterWorker>>::with<msg<wire::WorkerRegistered>>,
  // Forgets a worker; what it has leased goes to others. ec::not_found.
  caf::replies_to<msg<wire::WorkerName>>::with<msg<wire::WorkerName>>,
  // Answers with a leased run as soon as there is one, without one at the end of the wait. ec::not_found for an unknown
  // worker, ec::overloaded when too many wait.
  caf::replies_to<msg<wire::WorkQuery>>::with<msg<wire::WorkOffer>>,
  // Takes the result of a run. ec::not_found when its lease has expired or was answered; ec::invalid, which leaves the
  // lease as it is, when the result is malformed.
  caf::replies_to<msg<wire::WorkResult>>::with<msg<wire::Recorded>>,
  // Extends a lease. ec::not_found as above.
  caf::replies_to<msg<wire::WorkId>>::with<msg<wire::WorkRenewed>>,
  // Measures with one adapter: all repeats, merged. Skipped when no worker for it is live; ec::timed_out when none
  // answers in time, ec::process_failed when a worker reports an error.
  caf::replies_to<msg<wire::WorkerMeasure>>::with<msg<wire::Measurement>>>;

struct measure_once;
struct measured_once;
struct offer_adapter;
struct withdraw_adapter;

/// Who installs and removes adapters of a kind.
using adapter_owner_actor = caf::typed_actor<
  // Removes an adapter, durably.
  caf::replies_to<msg<wire::BenchmarkName>>::with<msg<wire::BenchmarkInfo>>>;

/// Manages the adapters; captures and stores snapshots.
using registry_actor = caf::typed_actor<
  // Captures a version with all adapters of the tier in parallel. Answers once the snapshot is durable. ec::busy while
  // a capture of this version runs, ec::overloaded when too many captures run.
  caf::replies_to<msg<wire::CaptureRequest>>::with<msg<wire::Snapshot>>,
  // The same, but answers as soon as the capture has started.
  caf::replies_to<msg<wire::StartCapture>>::with<msg<wire::CaptureAccepted>>,
  // Stores a snapshot captured elsewhere; answers once it is durable.
  caf::replies_to<msg<wire::ImportSnapshot>>::with<msg<wire::Snapshot>>,
  // The latest capture of a version. ec::not_found; its text says if the first capture is still running.
  caf::replies_to<msg<wire::SnapshotQuery>>::with<msg<wire::Snapshot>>,
  // The newest version other than the named one, by analysis::compare_versions; ec::no_data when there is none.
  caf::replies_to<msg<wire::PreviousVersionQuery>>::with<msg<wire::SnapshotSummary>>,
  // Versions in byte order, each with its latest capture.
  caf::replies_to<msg<wire::PageQuery>>::with<msg<wire::SnapshotList>>,
  // The captures of a version, oldest first, those that were deleted and the running one; ec::not_found when there is
  // none.
  caf::replies_to<msg<wire::CaptureListQuery>>::with<msg<wire::CaptureList>>,
  // One capture of a version, or ec::not_found.
  caf::replies_to<msg<wire::CaptureQuery>>::with<msg<wire::Snapshot>>,
  // Deletes a capture, durably, and marks its points in the metrics' histories. ec::not_found; ec::busy while a capture
  // of this version runs.
  caf::replies_to<msg<wire::DeleteCapture>>::with<msg<wire::CaptureDeleted>>,
  // The newest value of every metric.
  caf::replies_to<msg<wire::LatestResultsQuery>>::with<msg<wire::LatestResults>>,
  // All adapters, built-in and registered.
  caf::replies_to<msg<wire::BenchmarkQuery>>::with<msg<wire::BenchmarkList>>,
  // Registers a command as an adapter, durably. ec::already_exists when the name is in use.
  caf::replies_to<msg<wire::CommandSpec>>::with<msg<wire::BenchmarkInfo>>,
  // Registers the adapters of a worker, durably, and the worker. ec::already_exists when an adapter's name is in use by
  // one that workers do not run.
  caf::replies_to<msg<wire::RegisterWorker>>::with<msg<wire::WorkerRegistered>>,
  // Removes a registered adapter, or lets its owner do so. ec::not_found; ec::forbidden for built-in adapters.
  caf::replies_to<msg<wire::BenchmarkName>>::with<msg<wire::BenchmarkInfo>>,
  // Measures with one adapter and stores nothing; ec::not_found.
  caf::replies_to<measure_once>::with<measured_once>,
  // Adds or replaces an adapter that another service keeps. ec::already_exists when another one has its name,
  // ec::overloaded when there are too many.
  caf::replies_to<offer_adapter>::with<msg<wire::BenchmarkInfo>>,
  // Ends and removes such an adapter; a running capture loses its measurement. ec::not_found.
  caf::replies_to<withdraw_adapter>::with<msg<wire::BenchmarkInfo>>,
  // Starts publishing the newest results and every change to them.
  caf::reacts_to<sharing_started>>;

} // namespace hive
