@0xf2a4c0d1e83b6a07;
# Coding tasks: which tool did what, and which tool to use next.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
$Cxx.namespace("hive::wire");

# Task types, tools, models and users have names, not ids: any text of up to 128 bytes, as agent engines write them.

struct TaskRecord $Hive.doc("One finished coding task. Failures and timeouts are recorded too.") {
  taskType @0 :Text $Hive.required $Hive.maxLength(128);
  toolName @1 :Text $Hive.required $Hive.maxLength(128);
  modelName @2 :Text $Hive.maxLength(128);
  userId @3 :Text $Hive.maxLength(128);
  completionTimeS @4 :Float64 $Hive.required $Hive.min(0) $Hive.max(604800) $Hive.doc("Stored in whole microseconds.");
  success @5 :Bool $Hive.required;
  offloaded @6 :Bool $Hive.doc("Whether another node of the hive did it.");
  timestamp @7 :Int64 $Hive.unixMicros $Hive.doc("When it ended; the time of receipt when absent.");
  idempotencyKey @8 :Text $Hive.maxLength(64) $Hive.doc(
      "Chosen by the sender, unique for each record. A record with a known key is not counted again.");
  timestampCorrected @9 :Bool $Hive.omitDefault $Hive.doc(
      "Set by the node: the given time was more than 10 minutes in the future, and the node's time replaced it.");
  sequence @10 :UInt64 $Hive.omitDefault $Hive.doc(
      "Set by the node: number of the record on the node; increases with every record.");
}

struct RecordTasks $Hive.maxBytes(8388608) $Hive.doc("Records to store, in the order in which the tasks ended.") {
  tasks @0 :List(TaskRecord) $Hive.body $Hive.maxLength(10000) $Hive.doc(
      "May be empty only when `throughRow` accounts for source rows that hold no record.");
  source @1 :Text $Hive.id $Hive.query $Hive.doc(
      "Origin of the records, for example an imported database. Each of its rows is taken once, in order.");
  afterRow @2 :UInt64 $Hive.query $Hive.omitDefault $Hive.doc(
      "Last row of the source that the client believes the node has taken. Answers 409 when the node disagrees: query the source first.");
  throughRow @3 :UInt64 $Hive.query $Hive.omitDefault $Hive.doc(
      "These records account for all rows of the source up to this one: rows without a record count as taken.");
}

struct TaskSourceQuery {
  source @0 :Text $Hive.id $Hive.required;
}

struct TaskSource $Hive.doc("How far a source of task records has been read; also the disk form.") {
  source @0 :Text $Hive.id $Hive.required;
  row @1 :UInt64 $Hive.doc("Last row taken; 0 when there is none.");
}

struct TaskSourceListQuery {
}

struct TaskSourceList $Hive.maxBytes(8388608) {
  sources @0 :List(TaskSource) $Hive.doc("Ordered by name.");
}

struct ForgetTaskSource $Hive.doc(
  "Forgets how far a source has been read. A new import counts all of its rows again.") {
  source @0 :Text $Hive.id $Hive.required;
}

struct RejectedTask {
  line @0 :UInt32 $Hive.doc("Position of the record in the request, from 1: the NDJSON line or the array element.");
  reason @1 :Text $Hive.required;
}

struct TasksRecorded $Hive.maxBytes(8388608) {
  recorded @0 :UInt32 $Hive.doc("Records that were new and are durable now.");
  duplicates @1 :UInt32 $Hive.doc("Records that were already present, by idempotency key.");
  rejected @2 :List(RejectedTask) $Hive.doc("Records that were rejected; all others were recorded.");
  duplicateLines @3 :List(UInt32) $Hive.omitDefault $Hive.doc(
      "Positions of the duplicates in the request, as in `rejected`.");
}

struct TasksImported $Hive.maxBytes(8388608) $Hive.doc("Result of `hivectl`'s import of task records.") {
  recorded @0 :UInt64 $Hive.doc("Records that were new to the node.");
  duplicates @1 :UInt64 $Hive.doc("Records that were already present, by idempotency key.");
  alreadyTaken @2 :UInt64 $Hive.doc(
      "Last line taken by earlier imports, which was therefore skipped with all before it; 0 when there were none.");
  leftOut @3 :UInt64 $Hive.doc("Lines that were skipped; only the first ones are listed.");
  rejected @4 :List(RejectedTask);
}

struct TaskQuery $Hive.doc("Lists records, latest recorded first. All given conditions must hold.") {
  taskType @0 :Text $Hive.maxLength(128);
  toolName @1 :Text $Hive.maxLength(128);
  modelName @2 :Text $Hive.maxLength(128);
  userId @3 :Text $Hive.maxLength(128);
  since @4 :Int64 $Hive.unixMicros $Hive.doc("At or after this time.");
  until @5 :Int64 $Hive.unixMicros $Hive.doc("Before this time.");
  limit @6 :UInt32 = 100 $Hive.min(1) $Hive.max(1000) $Hive.doc("Maximum number of records in a page.");
  after @7 :Text $Hive.maxLength(256) $Hive.doc("Continues after this record: `next` of the previous page.");
}

struct TaskPage $Hive.maxBytes(8388608) {
  tasks @0 :List(TaskRecord) $Hive.doc(
      "May hold fewer records than the limit, even none, before the last page: each page examines a bounded number of records.");
  next @1 :Text $Hive.doc("Pass it as `after` for the next page; absent on the last page.");
}

struct TaskTotalsQuery {
}

struct TaskTotals $Hive.doc("Records since the tracker started, without those that ended more than ten minutes before they were recorded.") {
  run @0 :UInt64 $Hive.doc("Totals compare only within one run.");
  records @1 :UInt64;
  failures @2 :UInt64 $Hive.doc("Records without success.");
}

enum RoutingPolicy {
  threshold @0 $Hive.doc(
      "HART OS's rule: highest success rate, then lowest mean time, among tools with at least 5 records.");
  explore @1 $Hive.doc("Highest upper bound of the success rate, so that tools with few records are tried.");
}

enum ToolScope {
  local @0 $Hive.doc("Records of this node.");
  hive @1 $Hive.doc("Records of the other nodes.");
}

enum Claim {
  none @0 $Hive.doc("Nothing was compared.");
  best @1 $Hive.doc("The lower bound of its success rate (95%) beats the runner-up's estimate.");
  tied @2 $Hive.doc("The records cannot distinguish it from the runner-up.");
}

struct BestToolQuery {
  taskType @0 :Text $Hive.required $Hive.maxLength(128);
  scope @1 :ToolScope = local;
  policy @2 :RoutingPolicy = threshold;
}

struct BestTool $Hive.doc("A tool and its measured figures.") {
  taskType @0 :Text $Hive.required;
  toolName @1 :Text $Hive.required;
  successRate @2 :Float64;
  avgTimeS @3 :Float64;
  sampleCount @4 :UInt64 $Hive.doc("Number of records behind the figures, over all nodes of the scope.");
  claim @5 :Claim;
}

struct RouteQuery $Hive.doc("Asks which tool to use for a task.") {
  taskType @0 :Text $Hive.required $Hive.maxLength(128);
  available @1 :List(Text) $Hive.maxLength(256) $Hive.doc("Usable tools, preferred ones first; any tool when absent.");
  override @2 :Text $Hive.maxLength(128) $Hive.doc("Use this tool if it is available.");
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
  exploring @3 :Bool $Hive.doc(
      "Whether a tool with a higher estimate was passed over in order to learn about this one.");
  claim @4 :Claim;
  sampleCount @5 :UInt64 $Hive.doc("Records of the tool on this node, or in the hive when `reason` is hive.");
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
  totalBenchmarks @0 :UInt64 $Hive.doc("Records on this node.");
  byTool @1 :List(ToolLine) $Hive.doc("Ordered by tool.");
  byTaskType @2 :List(TaskToolLine) $Hive.doc("Ordered by task type; within each, the best tool first.");
  unlisted @3 :UInt64 $Hive.omitDefault $Hive.doc(
      "Records of evicted task types and tools: included in the total, but not listed.");
}

struct ToolSums $Hive.doc("Exact sums over records, which can be added up between nodes without loss.") {
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
  sums @4 :ToolSums $Hive.doc("Takes precedence over the averages; HART OS peers omit it.");
}

struct LearnedTask {
  taskType @0 :Text $Hive.key $Hive.required $Hive.maxLength(128);
  tools @1 :List(LearnedTool) $Hive.maxLength(1024);
}

struct ResearchCounts $Hive.tolerant $Hive.doc(
  "What a node shares about a finished AutoResearch session: figures only.") {
  session @0 :Text $Hive.id $Hive.required;
  toolName @1 :Text $Hive.maxLength(128);
  iterations @2 :UInt32;
  failed @3 :UInt32;
  timedOut @4 :UInt32;
  improvements @5 :UInt32;
  totalTimeS @6 :Float64 $Hive.min(0);
}

struct LearningDeltaQuery {
  scope @0 :ToolScope = local $Hive.doc("hive: the sum of what the other nodes shared; it has no origin.");
}

struct PublishedDeltaQuery {
}

struct LearningDelta $Hive.maxBytes(8388608) $Hive.tolerant $Hive.doc(
  "What one node learned about its tools with at least 5 records. It replaces the node's earlier delta. A delta without origin replaces earlier ones without origin for the same task types.") {
  codingBenchmarks @0 :List(LearnedTask) $Hive.required $Hive.maxLength(10000) $Hive.doc(
      "Maps task type to tool to figures.");
  ts @1 :Float64 $Hive.min(0) $Hive.doc("When it was made: seconds since 1970, UTC.");
  origin @2 :Text $Hive.id $Hive.doc("The node that owns these records; absent from HART OS peers.");
  autoresearch @3 :List(ResearchCounts) $Hive.maxLength(64) $Hive.omitDefault $Hive.doc(
      "AutoResearch sessions that ended recently.");
}

struct DropDelta {
  origin @0 :Text $Hive.id $Hive.doc(
      "Origin of the imported delta to drop; when absent, the deltas without origin are dropped.");
}

struct UnlistedRecords $Hive.doc("Disk form of the record count of evicted statistics.") {
  records @0 :UInt64;
}

struct ToolCell $Hive.doc("Disk form of the statistics of one tool with one model at one task type.") {
  taskType @0 :Text $Hive.required $Hive.maxLength(128);
  toolName @1 :Text $Hive.required $Hive.maxLength(128);
  modelName @2 :Text $Hive.maxLength(128);
  sampleCount @3 :UInt64;
  sums @4 :ToolSums $Hive.required;
  recent @5 :List(UInt64) $Hive.maxLength(20) $Hive.doc(
      "The newest outcomes, oldest first: 2 × the record's number in its task type, plus 1 for a success.");
}
