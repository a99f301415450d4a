#include "messages/register.hpp"

#include "messages/benchmark.capnp.h"
#include "messages/door.capnp.h"
#include "messages/ec.hpp"
#include "messages/engine.capnp.h"
#include "messages/events.capnp.h"
#include "messages/gossip.capnp.h"
#include "messages/guardrail.capnp.h"
#include "messages/hive.capnp.h"
#include "messages/msg.hpp"
#include "messages/node.capnp.h"
#include "messages/research.capnp.h"
#include "messages/snapshot.capnp.h"
#include "messages/tracker.capnp.h"
#include "messages/upgrade.capnp.h"

#include <caf/actor_system_config.hpp>

namespace hive {
namespace {

/// Registers msg<T> for each T under its name in the schema.
template <class... Ts>
void add(caf::actor_system_config& config) {
  (config.add_message_type<msg<Ts>>(std::string{"hive."} + capnp::Schema::from<Ts>().getShortDisplayName().cStr()),
   ...);
}

} // namespace

void register_messages(caf::actor_system_config& config) {
  using namespace wire;
  config.add_error_category(caf::atom("hive"), render_error);
  add<MeasureRequest, Measurement, CommandSpec, BenchmarkName, BenchmarkInfo, BenchmarkQuery, BenchmarkList, RunCommand,
      RunResult, ObserveModel, Recorded, WorldModelStats>(config);
  add<Snapshot, SnapshotList, CaptureRequest, StartCapture, CaptureAccepted, ImportSnapshot, SnapshotQuery, PageQuery,
      CaptureListQuery, CaptureList, CaptureQuery, DeleteCapture, CaptureDeleted, LatestResultsQuery, LatestResults>(
    config);
  add<UpgradeQuery, UpgradeCheck>(config);
  add<Event>(config);
  add<RecordTasks, TasksRecorded, TaskSourceQuery, TaskSource, TaskSourceListQuery, TaskSourceList, ForgetTaskSource,
      TaskQuery, TaskPage, BestToolQuery, BestTool, RouteQuery, Route, ToolSummaryQuery, ToolSummary,
      LearningDeltaQuery, LearningDelta, DropDelta, PublishedDeltaQuery>(config);
  add<StartResearch, ResearchIteration, ResearchImprovement, FinishResearch, ResearchSession, ResearchQuery,
      ResearchListQuery, ResearchList, ResearchContextQuery, ResearchContext, ResearchReport>(config);
  add<HiveDigest, HiveDelta, MemberClaims, Farewell, NodeCard>(config);
  add<GossipQuestion, GossipAnswer, HiveStatusQuery, HiveStatus>(config);
  add<HealthQuery, Health>(config);
  add<NodeQuery, NodeList, NodeLoad, Ping, Pong>(config);
  add<SpawnRequest, SpawnTicket, SpawnAdapter, SpawnResearch, EndSpawned, SpawnedEnded>(config);
}

} // namespace hive
