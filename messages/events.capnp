@0xf2a4c0d1e83b6a0a;
# Events on a node and in its hive, as they happen.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
using Gpu = import "gpu.capnp";
using Upgrade = import "upgrade.capnp";
using Cluster = import "cluster_upgrade.capnp";
$Cxx.namespace("hive::wire");

enum EventKind {
  missed @0 $Hive.doc("Events that the reader missed, because they are no longer kept.");
  membership @1 $Hive.doc("A node of the hive joined, disappeared or returned.");
  capture @2 $Hive.doc("A snapshot is being captured, was stored, failed or was deleted.");
  verdict @3 $Hive.doc("A comparison of two versions had another outcome than last time.");
  agent @4 $Hive.doc("An agent regressed, recovered or was accepted, or advice about it.");
  lease @5 $Hive.doc("A lease of GPU memory, or a request for one, entered another state.");
  gpu @6 $Hive.doc("A GPU became available for leases, or unavailable.");
  upgrade @7 $Hive.doc("A proposal to upgrade the hive: votes, decisions, hooks.");
}

enum MemberChange {
  joined @0 $Hive.doc("New to this node.");
  suspected @1 $Hive.doc("Not heard from in time; it may still refute this.");
  stale @2 $Hive.doc("Did not refute in time.");
  dead @3 $Hive.doc("Stale for a long time.");
  back @4 $Hive.doc("Active again.");
  quarantined @5 $Hive.doc("Broke the rules; its statistics are ignored.");
}

struct MemberEvent $Hive.doc("A change in another node's state, as seen by this node.") {
  node @0 :Text $Hive.required $Hive.doc("The other node's id.");
  name @1 :Text $Hive.doc("The name on its card, when known.");
  change @2 :MemberChange;
  reason @3 :Text;
}

enum CaptureStep {
  started @0;
  finished @1 $Hive.doc("The snapshot is durable.");
  failed @2 $Hive.doc("There is no snapshot.");
  imported @3 $Hive.doc("A snapshot captured elsewhere is durable.");
  deleted @4 $Hive.doc("A capture was deleted.");
}

struct CaptureEvent {
  version @0 :Text $Hive.required;
  captureId @1 :UInt64;
  step @2 :CaptureStep;
  metrics @3 :UInt32 $Hive.doc("Number of metrics in the snapshot; 0 while there is no snapshot.");
  reason @4 :Text $Hive.doc("Why it failed or was deleted.");
  adapterErrors @5 :UInt32 $Hive.omitDefault $Hive.doc("Number of adapters that failed.");
}

struct VerdictEvent {
  old @0 :Text $Hive.required;
  new @1 :Text $Hive.required;
  policy @2 :Upgrade.Policy;
  verdict @3 :Upgrade.Verdict;
  reason @4 :Text;
  compared @5 :UInt32 $Hive.doc("Number of metrics compared.");
  regressions @6 :UInt32 $Hive.doc("Number of metrics that regressed.");
}

enum AgentChange {
  regressed @0 $Hive.doc("A validation found a regression that was not there before.");
  regressionsChanged @1 $Hive.name("regressions_changed") $Hive.doc("Still regressed, in other metrics than before.");
  recovered @2;
  confirmed @3 $Hive.doc("Its runs confirm a regression beyond chance.");
  accepted @4 $Hive.doc("Somebody accepted its present state.");
  recipeRetired @5 $Hive.name("recipe_retired") $Hive.doc("Its recipe disappeared from the watched folder.");
  retireAdvised @6 $Hive.name("retire_advised") $Hive.doc("It is regressed and its rewards decline: another recipe may be better.");
  acceptAdvised @7 $Hive.name("accept_advised") $Hive.doc("After the advice to retire, its rewards are at least as good as before.");
  rollbackAdvised @8 $Hive.name("rollback_advised") $Hive.doc("After the advice to retire, its rewards are worse than before.");
}

struct AgentEvent {
  promptId @0 :Text $Hive.required;
  flowId @1 :Text $Hive.required;
  change @2 :AgentChange;
  version @3 :UInt32 $Hive.omitDefault $Hive.doc("The baseline that it is about.");
  regressions @4 :List(Text) $Hive.maxLength(1000) $Hive.doc("One line each.");
  confirmed @5 :Bool $Hive.omitDefault;
  reason @6 :Text;
  rewardBefore @7 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  rewardNow @8 :Float64 = nan $Hive.nullable $Hive.omitDefault;
}

struct LeaseEvent {
  id @0 :Text $Hive.required;
  holder @1 :Text;
  state @2 :Gpu.LeaseState;
  outcome @3 :Gpu.LeaseOutcome $Hive.doc("Once it has ended, or is bound to.");
  reason @4 :Text;
  devices @5 :List(Text) $Hive.doc("Their uuids, from the grant on.");
  promisedAt @6 :Int64 $Hive.unixMicros $Hive.doc("When it starts at the latest, while it waits.");
}

struct GpuEvent {
  uuid @0 :Text $Hive.required;
  state @1 :Gpu.GpuAvailability;
  reason @2 :Text;
}

struct MissedEvents {
  count @0 :UInt64 $Hive.doc(
      "Number of missed events of all kinds; 0 when unknown, for example after a restart of the node.");
}

struct Event $Hive.doc("One event. The field named after `kind` holds the details.") {
  id @0 :UInt64 $Hive.doc("Increases with every event, also across restarts of the node.");
  time @1 :Int64 $Hive.unixMicros;
  kind @2 :EventKind;
  membership @3 :MemberEvent;
  capture @4 :CaptureEvent;
  verdict @5 :VerdictEvent;
  missed @6 :MissedEvents;
  agent @7 :AgentEvent;
  lease @8 :LeaseEvent;
  gpu @9 :GpuEvent;
  upgrade @10 :Cluster.UpgradeEvent;
}

struct EventQuery $Hive.doc(
  "Follows events as server-sent events: `id`, the kind as `event`, an Event as `data`. A client that reconnects sends Last-Event-ID, which takes precedence over `since`.") {
  since @0 :Int64 = -1 $Hive.min(-1) $Hive.doc(
      "Id of the last event that the client knows: the events after it come first, as far as they are kept. 0: all that are kept. -1: only new ones.");
  kind @1 :List(EventKind) $Hive.maxLength(16) $Hive.doc("Only these kinds, and `missed`; all kinds when absent.");
}
