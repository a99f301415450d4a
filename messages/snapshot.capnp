@0xf2a4c0d1e83b6a02;
# What was measured: metrics, the adapters they came from, the machine they were taken on.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
$Cxx.namespace("hive::wire");

enum Direction $Hive.doc("Which way is better.") {
  higher @0;
  lower @1;
}

enum Tier {
  fast @0 $Hive.doc("Needs no GPU; part of every capture.");
  heavy @1 $Hive.doc("Runs on a leased GPU.");
  all @2 $Hive.doc("Both; only meaningful when asking.");
  dynamic @3 $Hive.doc("Installed at run time.");
}

struct Metric $Hive.doc("One measured quantity with every repeat it was computed from.") {
  name @0 :Text $Hive.key $Hive.required $Hive.maxLength(256);
  # As it stands in JSON: `metric`, or `adapter.metric` where two adapters of a snapshot share the name.
  adapter @1 :Text $Hive.maxLength(64) $Hive.doc("The adapter that measured it.");
  value @2 :Float64 $Hive.nullable $Hive.required $Hive.doc("Mean of the samples.");
  direction @3 :Direction $Hive.required $Hive.doc("Which way is better.");
  unit @4 :Text $Hive.maxLength(32);
  samples @5 :List(Float64) $Hive.maxLength(10000) $Hive.doc("Every repeat, in the order taken.");
  scope @6 :Text $Hive.maxLength(128) $Hive.doc(
    "Values compare only within one scope; names the life of the process whose counter this is. Empty: always comparable.");
  gate @7 :Bool = true $Hive.omitDefault $Hive.doc(
    "false: the metric is shown and decides nothing. An upgrade check leaves out a metric only when both versions say so.");
  absoluteMargin @8 :Float64 = nan $Hive.nullable $Hive.min(0) $Hive.omitDefault $Hive.doc(
    "Change for the worse, in the metric's unit, that is no regression where the old value is zero or negative. Without it such a value cannot be judged.");
}

enum AdapterStatus {
  ok @0;
  skipped @1;
  error @2;
}

struct AdapterOutcome $Hive.doc("How one adapter fared in a capture.") {
  name @0 :Text $Hive.key $Hive.required $Hive.maxLength(64);
  status @1 :AdapterStatus $Hive.required;
  reason @2 :Text $Hive.maxLength(4096) $Hive.doc("Why it was skipped or failed.");
  durationS @3 :Float64 $Hive.min(0);
  tier @4 :Tier $Hive.doc("fast unless the adapter needs a GPU.");
}

struct Environment $Hive.doc("The machine that a snapshot was taken on.") {
  cpuModel @0 :Text;
  cores @1 :UInt32;
  memoryMib @2 :UInt64;
  kernel @3 :Text;
  gpu @4 :Text $Hive.doc("GPU names, comma separated, or `none`.");
  fingerprint @5 :Text $Hive.doc(
    "Hash of the fields above. Policy strict compares times, sizes of memory and rates per second only between equal cpu_model and cores.");
}

struct NestedAdapter $Hive.doc("One adapter in HART OS's nested snapshot form.") {
  name @0 :Text $Hive.key $Hive.required $Hive.maxLength(64);
  metrics @1 :List(Metric);
  skipped @2 :Bool;
  reason @3 :Text;
  error @4 :Text;
}

struct Snapshot $Hive.maxBytes(8388608) $Hive.doc("All metrics captured for one version of the software.") {
  version @0 :Text $Hive.id $Hive.required;
  gitSha @1 :Text $Hive.maxLength(64);
  capturedAt @2 :Int64 $Hive.unixMicros;
  tier @3 :Tier;
  node @4 :Text $Hive.maxLength(64) $Hive.doc("Name of the node that captured it.");
  environment @5 :Environment;
  metrics @6 :List(Metric) $Hive.maxLength(100000);
  adapters @7 :List(AdapterOutcome) $Hive.maxLength(10000);
  benchmarks @8 :List(NestedAdapter) $Hive.importOnly $Hive.doc(
    "HART OS's nested form, instead of metrics and adapters. Read on import, never written.");
  captureId @9 :UInt64 $Hive.omitDefault $Hive.doc("Number of this capture on its node; grows with every capture.");
  imported @10 :Bool $Hive.omitDefault $Hive.doc("True when the snapshot was captured elsewhere and put here.");
  adapterErrors @11 :UInt32 $Hive.omitDefault $Hive.doc(
    "How many adapters failed; left out when none did. What a caller says here is counted anew.");
}

struct SnapshotSummary {
  version @0 :Text $Hive.required;
  gitSha @1 :Text;
  capturedAt @2 :Int64 $Hive.unixMicros;
  tier @3 :Tier;
  node @4 :Text;
  metricCount @5 :UInt32;
  adapterErrors @6 :UInt32;
  captures @7 :UInt32 $Hive.doc("How many captures of this version are kept.");
  captureId @8 :UInt64;
}

struct CaptureRequest $Hive.doc("Measure a version now.") {
  version @0 :Text $Hive.id $Hive.required;
  gitSha @1 :Text $Hive.maxLength(64) $Hive.doc("Read from the node's checkout when not given.");
  tier @2 :Tier $Hive.doc("fast, heavy or all.");
  repeats @3 :UInt32 $Hive.max(1000) $Hive.omitDefault $Hive.doc(
    "Times that each adapter measures; 0 takes the node's configured number.");
  wait @4 :Bool = true $Hive.query $Hive.doc("false answers 202 at once, with the snapshot's location.");
}

struct StartCapture $Hive.doc("Begin a capture without waiting for its end.") {
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

struct CaptureListQuery {
  version @0 :Text $Hive.id $Hive.required;
  limit @1 :UInt32 = 100 $Hive.min(1) $Hive.max(1000) $Hive.doc(
    "Most entries of a page; a page of large captures may hold fewer.");
  after @2 :UInt64 $Hive.doc("Continue behind this capture: `next` of the page before.");
}

struct CaptureSummary {
  captureId @0 :UInt64 $Hive.doc("Number of the capture: `n` in /snapshots/{version}/captures/{n}.");
  gitSha @1 :Text;
  capturedAt @2 :Int64 $Hive.unixMicros;
  tier @3 :Tier;
  node @4 :Text;
  metricCount @5 :UInt32;
  adapterErrors @6 :UInt32;
  imported @7 :Bool $Hive.doc("True when it was captured elsewhere and put here.");
}

struct CaptureList {
  version @0 :Text $Hive.required;
  captures @1 :List(CaptureSummary) $Hive.doc("Oldest first; the last one of all is the version's snapshot.");
  next @2 :UInt64 $Hive.omitDefault $Hive.doc("Give it as `after` for the next page; absent on the last one.");
  running @3 :UInt64 $Hive.omitDefault $Hive.doc("Number of the capture of this version that is running now; absent when none is.");
}

struct CaptureQuery {
  version @0 :Text $Hive.id $Hive.required;
  captureId @1 :UInt64 $Hive.name("n") $Hive.required $Hive.doc("Number of the capture.");
}

struct DeleteCapture $Hive.doc(
  "Deletes one capture and its points in the history of its metrics. The reason comes as a query parameter or as a JSON body {\"reason\": …}.") {
  version @0 :Text $Hive.id $Hive.required;
  captureId @1 :UInt64 $Hive.name("n") $Hive.required $Hive.doc("Number of the capture.");
  reason @2 :Text $Hive.required $Hive.maxLength(1024) $Hive.doc("Why; stands in the log and in the event.");
}

struct CaptureDeleted {
  version @0 :Text $Hive.required;
  captureId @1 :UInt64;
  reason @2 :Text;
  captures @3 :UInt32 $Hive.doc("How many captures of the version are left. With none left the version is unknown.");
  latest @4 :UInt64 $Hive.omitDefault $Hive.doc("Number of the capture that is the version's snapshot now; absent when none is left.");
}

struct PageQuery {
  limit @0 :UInt32 = 100 $Hive.min(1) $Hive.max(1000) $Hive.doc("Most entries of a page.");
  after @1 :Text $Hive.maxLength(256) $Hive.doc("Continue behind this entry: `next` of the page before.");
}

struct CaptureCounter $Hive.doc("Kept in the store: the highest capture number given out.") {
  last @0 :UInt64;
}

struct SnapshotList $Hive.maxBytes(8388608) {
  snapshots @0 :List(SnapshotSummary);
  next @1 :Text $Hive.doc("Give it as `after` for the next page; absent on the last one.");
}

struct LatestResultsQuery {
}

struct SeriesPoint $Hive.doc("One value in the history of a metric.") {
  name @0 :Text $Hive.key $Hive.required $Hive.maxLength(512) $Hive.doc("adapter.metric");
  value @1 :Float64 $Hive.nullable;
  direction @2 :Direction;
  unit @3 :Text;
  version @4 :Text;
  capturedAt @5 :Int64 $Hive.unixMicros;
}

struct LatestResults $Hive.maxBytes(8388608) $Hive.doc("The newest value of every metric on this node.") {
  node @0 :Text;
  results @1 :List(SeriesPoint);
}
