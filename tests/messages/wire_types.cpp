#include "tests/messages/wire_types.hpp"

#include "messages/baseline.capnp.h"
#include "messages/benchmark.capnp.h"
#include "messages/cluster_upgrade.capnp.h"
#include "messages/engine.capnp.h"
#include "messages/events.capnp.h"
#include "messages/gpu.capnp.h"
#include "messages/gpu_probe.capnp.h"
#include "messages/guardrail.capnp.h"
#include "messages/hartos.capnp.h"
#include "messages/history.capnp.h"
#include "messages/hive.capnp.h"
#include "messages/node.capnp.h"
#include "messages/research.capnp.h"
#include "messages/review.capnp.h"
#include "messages/review_formats.capnp.h"
#include "messages/runs.capnp.h"
#include "messages/snapshot.capnp.h"
#include "messages/status.capnp.h"
#include "messages/tracker.capnp.h"
#include "messages/upgrade.capnp.h"

namespace hive {

std::vector<wire_type> json_types() {
  return wire_type::all_of<
    wire::MeasureRequest, wire::Measurement, wire::CommandSpec, wire::BenchmarkName, wire::BenchmarkInfo,
    wire::BenchmarkQuery, wire::BenchmarkList, wire::ObserveModel, wire::Recorded, wire::ModelInput,
    wire::WorldModelStats, wire::WorldModelInput, wire::Snapshot, wire::SnapshotSummary, wire::CaptureRequest,
    wire::StartCapture, wire::CaptureAccepted, wire::ImportSnapshot, wire::SnapshotQuery, wire::PageQuery,
    wire::SnapshotList, wire::CaptureListQuery, wire::CaptureList, wire::CaptureQuery, wire::DeleteCapture,
    wire::CaptureDeleted, wire::LatestResults, wire::MetricHistoryQuery, wire::MetricHistory, wire::HistoryBlock,
    wire::MetricsQuery, wire::MetricList, wire::ChangesQuery, wire::ChangeList, wire::UpgradeQuery, wire::UpgradeCheck,
    wire::Health, wire::Problem, wire::GuardrailManifest, wire::RecordTasks, wire::TaskSource, wire::HartosImport,
    wire::HartosExport, wire::NodeStatus, wire::StatusReport, wire::WhoAmI, wire::DashboardAddress, wire::LearningDelta,
    wire::SharedTools, wire::SharedResults, wire::HiveDigest, wire::MemberClaims, wire::Event, wire::EventQuery,
    wire::PutRecipe, wire::AgentRecipe, wire::AddSpans, wire::CaptureBaseline, wire::Baseline, wire::ImportBaseline,
    wire::BaselineSummary, wire::BaselineComparison, wire::AgentTrend, wire::ValidateAgent, wire::AgentValidation,
    wire::Agent, wire::AgentList, wire::AddRuns, wire::AgentExplanation, wire::RebaseAgent, wire::StartSpawned,
    wire::Spawned, wire::SpawnedList, wire::KeepSpawned, wire::SpawnedKept, wire::SpawnedResultQuery,
    wire::SpawnedResult, wire::EndSpawned, wire::EngineList, wire::StartReview, wire::Review, wire::ReviewListQuery,
    wire::ReviewList, wire::Sarif, wire::CheckRuns, wire::GpuReport, wire::GpuUnknown, wire::GpuMeasurement,
    wire::RunEvidence, wire::GpuList, wire::RequestLease, wire::Lease, wire::LeaseQuery, wire::RenewLease,
    wire::ReleaseLease, wire::LeaseRevoked, wire::ProposeUpgrade, wire::ClusterUpgrade, wire::ClusterUpgradeList,
    wire::StopUpgrade, wire::TrackMembersList, wire::ChangeMembers, wire::AdmitNode, wire::DecisionDocument,
    wire::DecisionVerification>();
}

} // namespace hive
