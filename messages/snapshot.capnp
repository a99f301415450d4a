@0xf2a4c0d1e83b6a02;
# Measurements: metrics, the adapters that produced them, and the machine.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
using Gpu = import "gpu.capnp";
$Cxx.namespace("hive::wire");

enum Direction $Hive.doc("Which way is better.") {
  higher @0;
  lower @1;
}

enum Tier {
  fast @0 $Hive.doc("Needs no GPU; part of every capture.");
  heavy @1 $Hive.doc("Runs on a leased GPU.");
  all @2 $Hive.doc("Both; valid only in requests.");
  dynamic @3 $Hive.doc("Installed at run time.");
}

enum MetricKind $Hive.doc("What a value is.") {
  continuous @0 $Hive.doc("A measured quantity.");
  count @1 $Hive.doc("A number of things.");
  ratio @2 $Hive.doc("A share of items that passed.");
}

struct Metric $Hive.doc("One measured quantity with all samples that it was computed from.") {
  name @0 :Text $Hive.key $Hive.required $Hive.maxLength(256);
  # The name in JSON: `metric`, or `adapter.metric` where two adapters of a snapshot share the name.
  adapter @1 :Text $Hive.maxLength(64) $Hive.doc("The adapter that measured it.");
  value @2 :Float64 $Hive.nullable $Hive.required $Hive.doc("Mean of the samples.");
  direction @3 :Direction $Hive.required $Hive.doc("Which way is better.");
  unit @4 :Text $Hive.maxLength(32);
  samples @5 :List(Float64) $Hive.maxLength(10000) $Hive.doc("All samples, in the order taken.");
  scope @6 :Text $Hive.maxLength(128) $Hive.doc(
      "Values compare only within one scope, which identifies one run of the process that counts. Empty: always comparable.");
  gate @7 :Bool = true $Hive.omitDefault $Hive.doc(
      "false: the metric is shown and decides nothing. An upgrade check ignores a metric only when both versions say so.");
  absoluteMargin @8 :Float64 = nan $Hive.nullable $Hive.min(0) $Hive.omitDefault $Hive.doc(
      "Largest change for the worse, in the metric's unit, that is no regression when the old value is zero or negative. Without it such a value cannot be judged.");
  floor @9 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc(
      "Worst value that is no regression: the lowest when higher is better, else the highest. A metric with a floor is judged by it alone, whatever the old value was.");
  margin @10 :Float64 = nan $Hive.nullable $Hive.min(0) $Hive.max(0.95) $Hive.omitDefault $Hive.doc(
      "Change for the worse, as a share of the old value, that policy statistical tolerates; 0.05 when absent.");
  resolution @11 :Float64 = nan $Hive.nullable $Hive.min(0) $Hive.omitDefault $Hive.doc(
      "Smallest step between two values, in the metric's unit. A metric whose steps are coarser than its margin is inconclusive.");
  kind @12 :MetricKind $Hive.omitDefault;
  advisory @13 :Bool $Hive.omitDefault $Hive.doc(
      "Whether policy statistical judges it without letting it decide. Otherwise it is critical.");
  sameEnvironment @14 :List(Text) $Hive.maxLength(16) $Hive.omitDefault $Hive.doc(
      "Fields of the environment that must be equal on both sides for values to compare: cpu_model, cores, memory_mib, kernel, gpu, driver, governor, cpu_limit, memory_limit. cpu_model and cores for times, memory sizes and rates when absent.");
}

enum AdapterStatus {
  ok @0;
  skipped @1;
  error @2;
}

struct Contention $Hive.doc("What else used the machine during a run. What could not be measured is null.") {
  steal @0 :Float64 = nan $Hive.nullable $Hive.min(0) $Hive.omitDefault $Hive.doc(
      "Share of the processors' time that the hypervisor gave to other machines.");
  pressure @1 :Float64 = nan $Hive.nullable $Hive.min(0) $Hive.omitDefault $Hive.doc(
      "Share of the time in which at least one task of the machine waited for a processor, the run's own among them.");
  load @2 :Float64 = nan $Hive.nullable $Hive.min(0) $Hive.omitDefault $Hive.doc(
      "Processor time of all that does not belong to the run, in processors.");
  throttled @3 :UInt64 $Hive.omitDefault $Hive.doc(
      "Times that a processor was slowed because of its temperature; 0 also on machines that do not count them.");
  captures @4 :UInt32 $Hive.omitDefault $Hive.doc("Other captures of this node that ran at the same time.");
}

struct AdapterOutcome $Hive.doc("Result of one adapter in a capture.") {
  name @0 :Text $Hive.key $Hive.required $Hive.maxLength(64);
  status @1 :AdapterStatus $Hive.required;
  reason @2 :Text $Hive.maxLength(4096) $Hive.doc("Why it was skipped or failed.");
  durationS @3 :Float64 $Hive.min(0);
  tier @4 :Tier $Hive.doc("fast unless the adapter needs a GPU.");
  given @5 :Bool $Hive.omitDefault $Hive.doc(
      "Whether whoever asked for the capture measured it and gave the result, in place of an adapter of the node.");
  evidence @6 :Gpu.RunEvidence $Hive.doc("How it was measured, if that was on a GPU.");
  contention @7 :Contention $Hive.doc("What else used the machine while it was measured.");
}

struct Environment $Hive.doc("The machine on which a snapshot was taken.") {
  cpuModel @0 :Text;
  cores @1 :UInt32;
  memoryMib @2 :UInt64;
  kernel @3 :Text;
  gpu @4 :Text $Hive.doc("GPU names, comma separated, or `none`, or `unknown:` and why.");
  fingerprint @5 :Text $Hive.doc(
      "Hash of the fields above: equal for machines whose figures compare. The fields below are not part of it, so that it is the same in old snapshots.");
  driver @6 :Text $Hive.doc("Version of the GPU driver, or `none`. Absent, like each field, when unknown.");
  governor @7 :Text $Hive.doc("What chooses the clock of the first processor (cpufreq), or `none`.");
  cpuLimit @8 :Text $Hive.doc("Processors that the control groups of the node allow it, such as `2.5`, or `none`.");
  memoryLimit @9 :Text $Hive.doc("Memory that they allow it, such as `4096 MiB`, or `none`.");
}

struct NestedAdapter $Hive.doc(
  "Result of one adapter as HART OS writes it: {metrics}, {skipped, reason} or {error}.") {
  name @0 :Text $Hive.key $Hive.required $Hive.maxLength(64);
  metrics @1 :List(Metric);
  skipped @2 :Bool;
  reason @3 :Text $Hive.doc("Why it was skipped.");
  error @4 :Text $Hive.doc("Why it failed.");
  durationS @5 :Float64 $Hive.min(0) $Hive.omitDefault;
  tier @6 :Tier $Hive.omitDefault;
}

struct Snapshot $Hive.maxBytes(8388608) $Hive.doc("All metrics captured for one version of the software.") {
  version @0 :Text $Hive.id $Hive.required;
  gitSha @1 :Text $Hive.maxLength(64);
  capturedAt @2 :Int64 $Hive.unixMicros;
  tier @3 :Tier;
  node @4 :Text $Hive.maxLength(64) $Hive.doc("Name of the capturing node.");
  environment @5 :Environment;
  metrics @6 :List(Metric) $Hive.maxLength(100000);
  adapters @7 :List(AdapterOutcome) $Hive.maxLength(10000);
  benchmarks @8 :List(NestedAdapter) $Hive.importOnly $Hive.doc(
      "HART OS's nested form, an alternative to `metrics` and `adapters`. Read on import, never written.");
  captureId @9 :UInt64 $Hive.omitDefault $Hive.doc("Number of this capture on its node; increases with every capture.");
  imported @10 :Bool $Hive.omitDefault $Hive.doc("Whether the snapshot was captured elsewhere and uploaded here.");
  adapterErrors @11 :UInt32 $Hive.omitDefault $Hive.doc(
      "Number of failed adapters; absent when none failed. The node recomputes it and ignores a client's value.");
}

struct SnapshotSummary {
  version @0 :Text $Hive.required;
  gitSha @1 :Text;
  capturedAt @2 :Int64 $Hive.unixMicros;
  tier @3 :Tier;
  node @4 :Text;
  metricCount @5 :UInt32;
  adapterErrors @6 :UInt32;
  captures @7 :UInt32 $Hive.doc("Number of stored captures of this version.");
  captureId @8 :UInt64;
}

struct CaptureRequest $Hive.doc("Asks for a capture of a version now.") {
  version @0 :Text $Hive.id $Hive.required;
  gitSha @1 :Text $Hive.maxLength(64) $Hive.doc("Read from the node's checkout when absent.");
  tier @2 :Tier $Hive.doc("fast, heavy or all.");
  repeats @3 :UInt32 $Hive.max(1000) $Hive.omitDefault $Hive.doc(
      "Number of measurements per adapter; 0 means the node's configured number.");
  wait @4 :Bool = true $Hive.query $Hive.doc("false: answer 202 at once, with the snapshot's location.");
  adapters @5 :List(Text) $Hive.maxLength(1000) $Hive.omitDefault $Hive.doc(
      "The node's adapters of the tier that measure; all of them when absent, none when empty.");
  measurements @6 :List(NestedAdapter) $Hive.maxLength(1000) $Hive.omitDefault $Hive.doc(
      "What the caller measured itself, by adapter: {metrics}, {skipped, reason} or {error}. Each takes the place of the node's adapter of that name.");
}

struct StartCapture $Hive.doc("Starts a capture without waiting for its end.") {
  request @0 :CaptureRequest $Hive.required;
}

struct CaptureAccepted {
  version @0 :Text $Hive.required;
  captureId @1 :UInt64;
  location @2 :Text;
}

struct ImportSnapshot {
  version @0 :Text $Hive.id $Hive.required;
  snapshot @1 :Snapshot $Hive.body $Hive.required;
}

struct SnapshotQuery {
  version @0 :Text $Hive.id $Hive.required;
}

struct PreviousVersionQuery $Hive.doc(
  "Asks for the newest version other than this one, by the order of versions: numbers count as numbers, and 2.0-rc1 comes before 2.0. The version itself needs no snapshot.") {
  version @0 :Text $Hive.id $Hive.required;
}

struct CaptureListQuery {
  version @0 :Text $Hive.id $Hive.required;
  limit @1 :UInt32 = 100 $Hive.min(1) $Hive.max(1000) $Hive.doc(
      "Maximum number of entries in a page; a page of large captures may hold fewer.");
  after @2 :UInt64 $Hive.doc("Continues after this capture: `next` of the previous page.");
}

struct CaptureSummary {
  captureId @0 :UInt64 $Hive.doc("Number of the capture: `n` in /snapshots/{version}/captures/{n}.");
  gitSha @1 :Text;
  capturedAt @2 :Int64 $Hive.unixMicros;
  tier @3 :Tier;
  node @4 :Text;
  metricCount @5 :UInt32;
  adapterErrors @6 :UInt32;
  imported @7 :Bool $Hive.doc("Whether it was captured elsewhere and uploaded here.");
  disturbed @8 :Text $Hive.maxLength(1024) $Hive.doc("Adapters whose measurement was disturbed, and why.");
  deleted @9 :Text $Hive.maxLength(1024) $Hive.doc("Why it was deleted; then only this entry is left of it.");
  deletedAt @10 :Int64 $Hive.unixMicros $Hive.omitDefault;
}

struct CaptureList {
  version @0 :Text $Hive.required;
  captures @1 :List(CaptureSummary) $Hive.doc(
      "Oldest first, deleted ones too; the last one overall that is not deleted is the version's snapshot.");
  next @2 :UInt64 $Hive.omitDefault $Hive.doc("Pass it as `after` for the next page; absent on the last page.");
  running @3 :UInt64 $Hive.omitDefault $Hive.doc(
      "Number of the capture of this version that is running now; absent when none is.");
}

struct CaptureQuery {
  version @0 :Text $Hive.id $Hive.required;
  captureId @1 :UInt64 $Hive.name("n") $Hive.required $Hive.doc("Number of the capture.");
}

struct DeleteCapture $Hive.doc(
  "Deletes one capture. Its points stay in the history of its metrics, marked, and count no more. The reason is a query parameter or a JSON body {\"reason\": …}.") {
  version @0 :Text $Hive.id $Hive.required;
  captureId @1 :UInt64 $Hive.name("n") $Hive.required $Hive.doc("Number of the capture.");
  reason @2 :Text $Hive.required $Hive.maxLength(1024) $Hive.doc("Why; stays with the list of captures and the history, and appears in the log and in the event.");
}

struct CaptureDeleted {
  version @0 :Text $Hive.required;
  captureId @1 :UInt64;
  reason @2 :Text;
  captures @3 :UInt32 $Hive.doc("Remaining captures of the version. The version is unknown when none remain.");
  latest @4 :UInt64 $Hive.omitDefault $Hive.doc(
      "Number of the capture that is now the version's snapshot; absent when none remains.");
}

struct PageQuery {
  limit @0 :UInt32 = 100 $Hive.min(1) $Hive.max(1000) $Hive.doc("Maximum number of entries in a page.");
  after @1 :Text $Hive.maxLength(256) $Hive.doc("Continues after this entry: `next` of the previous page.");
}

struct CaptureCounter $Hive.doc("Disk form of the highest capture number assigned.") {
  last @0 :UInt64;
}

struct SnapshotList $Hive.maxBytes(8388608) {
  snapshots @0 :List(SnapshotSummary);
  next @1 :Text $Hive.doc("Pass it as `after` for the next page; absent on the last page.");
}

struct LatestResultsQuery {
}

struct SeriesPoint $Hive.doc("One value in the history of a metric. Fields from `samples` on are of the disk form alone; see HistoryPoint.") {
  name @0 :Text $Hive.key $Hive.required $Hive.maxLength(512) $Hive.doc("adapter.metric");
  value @1 :Float64 $Hive.nullable;
  direction @2 :Direction;
  unit @3 :Text;
  version @4 :Text;
  capturedAt @5 :Int64 $Hive.unixMicros;
  captureId @6 :UInt64 $Hive.omitDefault $Hive.doc("Number of its capture; absent from old ones.");
  samples @7 :List(Float64) $Hive.maxLength(32) $Hive.omitDefault;
  sampleCount @8 :UInt32 $Hive.omitDefault;
  low @9 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("Smallest and largest of all samples.");
  high @10 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  disturbed @11 :Text $Hive.maxLength(512);
  deleted @12 :Text $Hive.maxLength(1024);
  deletedAt @13 :Int64 $Hive.unixMicros $Hive.omitDefault;
  imported @14 :Bool $Hive.omitDefault;
  simulated @15 :Bool $Hive.omitDefault;
  contention @16 :Contention;
}

struct LatestResults $Hive.maxBytes(8388608) $Hive.doc("The newest value of every metric on this node.") {
  node @0 :Text;
  results @1 :List(SeriesPoint);
}
