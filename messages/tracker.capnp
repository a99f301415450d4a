@0xf2a4c0d1e83b6a07;
# Coding tasks: what was done with which tool, and which tool to use next.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
$Cxx.namespace("hive::wire");

# Task types, tools, models and users have names, not ids: any text up to 128 bytes, as agent engines write them.

struct TaskRecord $Hive.doc("One coding task that ended, well or not. Failures and timeouts are records too.") {
  taskType @0 :Text $Hive.required $Hive.maxLength(128);
  toolName @1 :Text $Hive.required $Hive.maxLength(128);
  modelName @2 :Text $Hive.maxLength(128);
  userId @3 :Text $Hive.maxLength(128);
  completionTimeS @4 :Float64 $Hive.required $Hive.min(0) $Hive.max(604800) $Hive.doc("Kept in whole microseconds.");
  success @5 :Bool $Hive.required;
  offloaded @6 :Bool $Hive.doc("Whether another node of the hive did it.");
  timestamp @7 :Int64 $Hive.unixMicros $Hive.doc("When it ended; the node's time of receipt when not given.");
  idempotencyKey @8 :Text $Hive.maxLength(64) $Hive.doc(
    "Chosen by the sender, another for each record. A record whose key was seen before is not counted again.");
  timestampCorrected @9 :Bool $Hive.omitDefault $Hive.doc(
    "Set by the node: the given time lay more than 10 minutes in the future, so this is the node's.");
  sequence @10 :UInt64 $Hive.omitDefault $Hive.doc(
    "Set by the node: number of the record there; grows with every record.");
}

struct RecordTasks $Hive.maxBytes(8388608) $Hive.doc("Records to keep, in the order they ended.") {
  tasks @0 :List(TaskRecord) $Hive.body $Hive.maxLength(10000) $Hive.doc(
    "May be empty only where rows of a source are accounted for, none of which is a record.");
  source @1 :Text $Hive.id $Hive.query $Hive.doc(
    "Where the records were read, such as a database that is imported. Its rows are taken once, in their order.");
  afterRow @2 :UInt64 $Hive.query $Hive.omitDefault $Hive.doc(
    "Last row of the source that the node is believed to have taken. 409 when it is another: ask for it first.");
  throughRow @3 :UInt64 $Hive.query $Hive.omitDefault $Hive.doc(
    "Row of the source up to which these records account for all: rows left out count as taken.");
}

struct TaskSourceQuery {
  source @0 :Text $Hive.id $Hive.required;
}

struct TaskSource $Hive.doc("How far a source of task records has been taken. Also its disk form.") {
  source @0 :Text $Hive.id $Hive.required;
  row @1 :UInt64 $Hive.doc("Last row taken; 0 when there is none.");
}

struct TaskSourceListQuery {
}

struct TaskSourceList $Hive.maxBytes(8388608) {
  sources @0 :List(TaskSource) $Hive.doc("By name.");
}

struct ForgetTaskSource $Hive.doc(
    "Forgets how far a source was taken. Its rows are all counted again when they are imported once more.") {
  source @0 :Text $Hive.id $Hive.required;
}

struct RejectedTask {
  line @0 :UInt32 $Hive.doc(
    "Place of the record in the request, from 1: the line of NDJSON or the element of an array.");
  reason @1 :Text $Hive.required;
}

struct TasksRecorded $Hive.maxBytes(8388608) {
  recorded @0 :UInt32 $Hive.doc("How many records are durable now that were not before.");
  duplicates @1 :UInt32 $Hive.doc("How many were there already, by their idempotency keys.");
  rejected @2 :List(RejectedTask) $Hive.doc("What was left out; everything else was recorded.");
}

struct TasksImported $Hive.maxBytes(8388608) $Hive.doc("What hivectl says of an import of task records.") {
  recorded @0 :UInt64 $Hive.doc("Records that the node did not have.");
  duplicates @1 :UInt64 $Hive.doc("Records that were there already, by their idempotency keys.");
  alreadyTaken @2 :UInt64 $Hive.doc(
    "Lines of the source up to this number had been taken before and were not looked at; 0 when there were none.");
  leftOut @3 :UInt64 $Hive.doc("Lines that were left out; the first of them are told.");
  rejected @4 :List(RejectedTask);
}

struct TaskQuery $Hive.doc("Records, latest recorded first. Every condition that is given must hold.") {
  taskType @0 :Text $Hive.maxLength(128);
  toolName @1 :Text $Hive.maxLength(128);
  modelName @2 :Text $Hive.maxLength(128);
  userId @3 :Text $Hive.maxLength(128);
  since @4 :Int64 $Hive.unixMicros $Hive.doc("Not before this time.");
  until @5 :Int64 $Hive.unixMicros $Hive.doc("Before this time.");
  limit @6 :UInt32 = 100 $Hive.min(1) $Hive.max(1000) $Hive.doc("Most records of a page.");
  after @7 :Text $Hive.maxLength(256) $Hive.doc("Continue behind this record: `next` of the page before.");
}

struct TaskPage $Hive.maxBytes(8388608) {
  tasks @0 :List(TaskRecord) $Hive.doc(
    "May be fewer than the limit, even none, on a page that is not the last: each looks at so many records only.");
  next @1 :Text $Hive.doc("Give it as `after` for the next page; absent on the last one.");
}

enum RoutingPolicy {
  threshold @0 $Hive.doc("HART OS's rule: highest success rate, then lowest mean time, of at least 5 records.");
  explore @1 $Hive.doc("Highest upper bound of the success rate, so that little known tools are tried.");
}

enum ToolScope {
  local @0 $Hive.doc("What this node measured.");
  hive @1 $Hive.doc("What the other nodes measured.");
}

enum Claim {
  none @0 $Hive.doc("Nothing was compared.");
  best @1 $Hive.doc("The lower bound of its success rate (95%) beats the runner-up's estimate.");
  tied @2 $Hive.doc("The records do not tell it from the runner-up.");
}

struct BestToolQuery {
  taskType @0 :Text $Hive.required $Hive.maxLength(128);
  scope @1 :ToolScope = local;
  policy @2 :RoutingPolicy = threshold;
}

struct BestTool $Hive.doc("A tool and what was measured of it.") {
  taskType @0 :Text $Hive.required;
  toolName @1 :Text $Hive.required;
  successRate @2 :Float64;
  avgTimeS @3 :Float64;
  sampleCount @4 :UInt64 $Hive.doc("True number of records behind the figures, over all nodes of the scope.");
  claim @5 :Claim;
}

struct RouteQuery $Hive.doc("Which tool to use for a task.") {
  taskType @0 :Text $Hive.required $Hive.maxLength(128);
  available @1 :List(Text) $Hive.maxLength(256) $Hive.doc(
    "Tools that can be used, preferred ones first; without it any.");
  override @2 :Text $Hive.maxLength(128) $Hive.doc("Take this tool if it is available.");
  policy @3 :RoutingPolicy = explore;
}

enum RouteReason {
  override @0 $Hive.doc("The caller asked for it.");
  local @1 $Hive.doc("This node's records.");
  hive @2 $Hive.doc("Other nodes' records.");
  heuristic @3 $Hive.doc("The configured table.");
  available @4 $Hive.doc("Nothing is known: the first available tool.");
}

struct Route {
  taskType @0 :Text $Hive.required;
  toolName @1 :Text $Hive.required;
  reason @2 :RouteReason;
  exploring @3 :Bool $Hive.doc("Whether a tool with a higher estimate was passed over to learn about this one.");
  claim @4 :Claim;
  sampleCount @5 :UInt64 $Hive.doc("Records of the tool on this node, or in the hive when that is the reason.");
  successRate @6 :Float64 = nan $Hive.nullable $Hive.doc("null without records.");
  avgTimeS @7 :Float64 = nan $Hive.nullable $Hive.doc("null without records.");
}

struct ToolSummaryQuery {
}

struct ToolLine {
  tool @0 :Text $Hive.required;
  total @1 :UInt64;
  successRate @2 :Float64 $Hive.doc("3 decimals.");
  avgTimeS @3 :Float64 $Hive.doc("2 decimals.");
}

struct TaskToolLine {
  taskType @0 :Text $Hive.required;
  tool @1 :Text $Hive.required;
  total @2 :UInt64;
  successRate @3 :Float64 $Hive.doc("3 decimals.");
  avgTimeS @4 :Float64 $Hive.doc("2 decimals.");
}

struct ToolSummary $Hive.maxBytes(67108864) {
  totalBenchmarks @0 :UInt64 $Hive.doc("Records of this node.");
  byTool @1 :List(ToolLine) $Hive.doc("By tool.");
  byTaskType @2 :List(TaskToolLine) $Hive.doc("By task type; of each, the best tool first.");
  unlisted @3 :UInt64 $Hive.omitDefault $Hive.doc(
    "Records of task types and tools whose figures gave way to those of others: in the total, in no line.");
}

struct ToolSums $Hive.doc("Exact sums over records: adding them up between nodes loses nothing.") {
  successes @0 :UInt64 $Hive.required;
  timeUs @1 :UInt64 $Hive.required $Hive.doc("Sum of the times, microseconds.");
  timeUs2High @2 :UInt64 $Hive.name("time_us2_high") $Hive.doc(
    "Sum of the squared times is time_us2_high * 2^64 + time_us2_low, microseconds squared.");
  timeUs2Low @3 :UInt64 $Hive.name("time_us2_low");
  logTimePpm @4 :Int64 $Hive.doc("Sum of ln(time in seconds), each rounded to parts per million.");
}

struct LearnedTool $Hive.tolerant {
  toolName @0 :Text $Hive.key $Hive.required $Hive.maxLength(128);
  successRate @1 :Float64 $Hive.required $Hive.min(0) $Hive.max(1) $Hive.doc("3 decimals; for HART OS peers.");
  avgTimeS @2 :Float64 $Hive.required $Hive.min(0) $Hive.max(604800) $Hive.doc("2 decimals; for HART OS peers.");
  sampleCount @3 :UInt64 $Hive.required $Hive.min(1) $Hive.max(4294967296);
  sums @4 :ToolSums $Hive.doc("Where given it counts, not the averages; HART OS peers leave it out.");
}

struct LearnedTask {
  taskType @0 :Text $Hive.key $Hive.required $Hive.maxLength(128);
  tools @1 :List(LearnedTool) $Hive.maxLength(1024);
}

struct ResearchCounts $Hive.tolerant $Hive.doc("What a node tells of a finished AutoResearch session: figures only.") {
  session @0 :Text $Hive.id $Hive.required;
  toolName @1 :Text $Hive.maxLength(128);
  iterations @2 :UInt32;
  failed @3 :UInt32;
  timedOut @4 :UInt32;
  improvements @5 :UInt32;
  totalTimeS @6 :Float64 $Hive.min(0);
}

struct LearningDeltaQuery {
  scope @0 :ToolScope = local $Hive.doc("hive: what the other nodes said, summed up; it has no origin.");
}

struct PublishedDeltaQuery {
}

struct LearningDelta $Hive.maxBytes(8388608) $Hive.tolerant $Hive.doc(
    "What one node learned about its tools with 5 records or more. It replaces what the node said before; one without origin, what such ones said of the same task types.") {
  codingBenchmarks @0 :List(LearnedTask) $Hive.required $Hive.maxLength(10000) $Hive.doc(
    "Task type to tool to figures.");
  ts @1 :Float64 $Hive.min(0) $Hive.doc("When it was made: seconds since 1970, UTC.");
  origin @2 :Text $Hive.id $Hive.doc("The node whose records these are; a HART OS peer does not tell.");
  autoresearch @3 :List(ResearchCounts) $Hive.maxLength(64) $Hive.omitDefault $Hive.doc("AutoResearch sessions that ended lately.");
}

struct DropDelta {
  origin @0 :Text $Hive.id $Hive.doc("The node that an imported delta is of; absent: what deltas without origin said.");
}

struct UnlistedRecords $Hive.doc("Disk form of what statistics that gave way to others had counted.") {
  records @0 :UInt64;
}

struct ToolCell $Hive.doc("Disk form of the statistics of one tool with one model at one task type.") {
  taskType @0 :Text $Hive.required $Hive.maxLength(128);
  toolName @1 :Text $Hive.required $Hive.maxLength(128);
  modelName @2 :Text $Hive.maxLength(128);
  sampleCount @3 :UInt64;
  sums @4 :ToolSums $Hive.required;
  recent @5 :List(UInt64) $Hive.maxLength(20) $Hive.doc(
    "The newest outcomes, oldest first: 2 times the record's number in its task type, plus 1 for a success.");
}
