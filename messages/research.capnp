@0xf2a4c0d1e83b6a08;
# AutoResearch: sessions in which an agent engine tries to improve something, one iteration after the other.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
using import "snapshot.capnp".Direction;
using import "tracker.capnp".BestTool;
using import "tracker.capnp".LearningDelta;
$Cxx.namespace("hive::wire");

struct StartResearch {
  id @0 :Text $Hive.id $Hive.maxLength(40) $Hive.doc(
    "Chosen by the caller, so that a repeated request starts nothing twice; the node makes one otherwise.");
  topic @1 :Text $Hive.required $Hive.maxLength(1024) $Hive.doc("What is to be improved, in words.");
  toolName @2 :Text = "aider_native_backend" $Hive.maxLength(128) $Hive.doc(
    "The coding tool that makes the changes, where an iteration names no other.");
  modelName @3 :Text $Hive.maxLength(128);
  userId @4 :Text $Hive.maxLength(128);
  metric @5 :Text $Hive.maxLength(128) $Hive.doc("Name of the value that is measured.");
  direction @6 :Direction = higher;
  initialValue @7 :Float64 = nan $Hive.nullable $Hive.doc("The value before the first iteration.");
  promptId @8 :Text $Hive.id $Hive.doc("With flow_id: the agent that is improved.");
  flowId @9 :Text $Hive.id;
}

enum IterationOutcome {
  success @0 $Hive.doc("The experiment ran to its end, whether or not it improved anything.");
  failure @1;
  timeout @2;
}

struct ResearchIteration $Hive.doc("One experiment. It becomes a task record of type autoresearch.") {
  id @0 :Text $Hive.id $Hive.required;
  outcome @1 :IterationOutcome $Hive.required;
  durationS @2 :Float64 $Hive.required $Hive.min(0) $Hive.max(604800);
  hypothesis @3 :Text $Hive.maxLength(4096) $Hive.doc("What was tried. Stays on this node.");
  value @4 :Float64 = nan $Hive.nullable $Hive.doc("The metric as the experiment found it.");
  toolName @5 :Text $Hive.maxLength(128) $Hive.doc("The session's tool when not given.");
  modelName @6 :Text $Hive.maxLength(128) $Hive.doc("The session's model when not given.");
  idempotencyKey @7 :Text $Hive.maxLength(64) $Hive.doc(
    "Chosen by the sender, another for each iteration. One of the newest 20 iterations is not counted again.");
  number @8 :UInt32 $Hive.omitDefault $Hive.doc("Set by the node: 1, 2, ….");
  endedAt @9 :Int64 $Hive.unixMicros $Hive.doc("Set by the node.");
}

struct ResearchImprovement $Hive.doc("An experiment whose change was kept.") {
  id @0 :Text $Hive.id $Hive.required;
  value @1 :Float64 = nan $Hive.nullable $Hive.doc("The metric now. Must be better than any before.");
  gitSha @2 :Text $Hive.id $Hive.doc("The commit that keeps the change.");
  description @3 :Text $Hive.maxLength(4096) $Hive.doc("Stays on this node.");
  idempotencyKey @4 :Text $Hive.maxLength(64) $Hive.doc("As of an iteration.");
  number @5 :UInt32 $Hive.omitDefault $Hive.doc("Set by the node: 1, 2, ….");
  iteration @6 :UInt32 $Hive.omitDefault $Hive.doc("Set by the node: the newest iteration at that time.");
  keptAt @7 :Int64 $Hive.unixMicros $Hive.doc("Set by the node.");
}

struct FinishResearch {
  id @0 :Text $Hive.id $Hive.required;
  summary @1 :Text $Hive.maxLength(16384) $Hive.doc("What came of it, in words. Stays on this node.");
}

enum ResearchState {
  running @0;
  finished @1;
}

struct ResearchSession $Hive.doc("A session with its counts; also how it is stored.") {
  id @0 :Text $Hive.required;
  topic @1 :Text;
  state @2 :ResearchState;
  toolName @3 :Text;
  modelName @4 :Text;
  userId @5 :Text;
  metric @6 :Text;
  direction @7 :Direction;
  initialValue @8 :Float64 = nan $Hive.nullable;
  bestValue @9 :Float64 = nan $Hive.nullable $Hive.doc("The best of the initial value and the improvements.");
  promptId @10 :Text;
  flowId @11 :Text;
  startedAt @12 :Int64 $Hive.unixMicros;
  finishedAt @13 :Int64 $Hive.unixMicros;
  iterations @14 :UInt32 $Hive.doc("All of them: succeeded, failed and timed out.");
  failed @15 :UInt32;
  timedOut @16 :UInt32;
  improvements @17 :UInt32;
  totalTimeS @18 :Float64 $Hive.doc("Of all iterations.");
  summary @19 :Text $Hive.maxLength(16384);
  recentIterations @20 :List(ResearchIteration) $Hive.maxLength(20) $Hive.doc("The newest 20, oldest first.");
  recentImprovements @21 :List(ResearchImprovement) $Hive.maxLength(20) $Hive.doc("The newest 20, oldest first.");
  recorded @22 :UInt32 $Hive.doc("Iterations whose task records are durable for certain: all, or all but the newest.");
}

struct ResearchQuery {
  id @0 :Text $Hive.id $Hive.required;
}

struct ResearchListQuery {
  limit @0 :UInt32 = 100 $Hive.min(1) $Hive.max(1000) $Hive.doc("Most sessions of a page.");
  after @1 :Text $Hive.id $Hive.doc("Continue behind this session: `next` of the page before.");
}

struct ResearchLine $Hive.doc("What a list shows of a session.") {
  id @0 :Text $Hive.required;
  topic @1 :Text;
  state @2 :ResearchState;
  iterations @3 :UInt32;
  improvements @4 :UInt32;
  bestValue @5 :Float64 = nan $Hive.nullable;
  startedAt @6 :Int64 $Hive.unixMicros;
}

struct ResearchList $Hive.maxBytes(8388608) {
  sessions @0 :List(ResearchLine) $Hive.doc("By id.");
  next @1 :Text $Hive.doc("Give it as `after` for the next page; absent on the last one.");
}

struct ResearchContextQuery {
  id @0 :Text $Hive.id $Hive.required;
}

struct ResearchContext $Hive.doc("What the next hypothesis can build on.") {
  session @0 :ResearchSession;
  bestTool @1 :BestTool $Hive.doc("This node's best tool for autoresearch; absent while none has 5 records.");
  hiveBestTool @2 :BestTool $Hive.doc("The other nodes' best tool for it; absent likewise.");
}

struct ResearchReport $Hive.maxBytes(8388608) $Hive.doc("What a finished session leaves.") {
  session @0 :ResearchSession;
  delta @1 :LearningDelta $Hive.doc("What this node tells the others now, with the session's counts.");
}
