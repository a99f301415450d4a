@0xf2a4c0d1e83b6a46;
# History of metrics: what was measured, what does not count and why, and where a metric changed (docs/judgement.md).

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
using Snapshot = import "snapshot.capnp";
$Cxx.namespace("hive::wire");

struct MetricHistoryQuery $Hive.doc("Asks for points of one metric and for the changes of its history.") {
  adapter @0 :Text $Hive.required $Hive.maxLength(64) $Hive.doc("`-` for imported metrics that name no adapter.");
  name @1 :Text $Hive.required $Hive.maxLength(256) $Hive.doc("Name of the metric, without the adapter.");
  limit @2 :UInt32 = 1000 $Hive.min(1) $Hive.max(10000) $Hive.doc("Maximum number of points in a page.");
  before @3 :UInt64 $Hive.doc(
      "Only points of earlier captures, the newest of these: `next` of the previous page gives the points before it.");
  after @4 :UInt64 $Hive.doc(
      "Only points of later captures, the oldest of these: `next` of the previous page gives the points after it.");
  samples @5 :Bool $Hive.doc("true: points have their samples.");
}

struct HistoryPoint $Hive.doc("One value of a metric.") {
  captureId @0 :UInt64 $Hive.doc("Number of its capture.");
  version @1 :Text;
  capturedAt @2 :Int64 $Hive.unixMicros;
  value @3 :Float64 $Hive.nullable $Hive.doc("Mean of the samples.");
  low @4 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("Smallest sample.");
  high @5 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("Largest sample.");
  sampleCount @6 :UInt32 $Hive.omitDefault;
  samples @7 :List(Float64) $Hive.omitDefault $Hive.doc(
      "If asked for. Of more than 32 samples, 32 in equal distances, the first and the last among them; the capture has all.");
  spike @8 :Bool $Hive.omitDefault $Hive.doc("A single value far from the others; it changes nothing.");
  disturbed @9 :Text $Hive.doc("Why the measurement was disturbed. Such a value is shown and does not count.");
  deleted @10 :Text $Hive.doc("Why its capture was deleted. Such a value is shown and does not count.");
  deletedAt @11 :Int64 $Hive.unixMicros $Hive.omitDefault;
  incomparable @12 :Text $Hive.doc(
      "Why it does not compare with the newest value, such as another unit. Such a value is shown and does not count.");
  imported @13 :Bool $Hive.omitDefault $Hive.doc("Captured elsewhere and uploaded here.");
  simulated @14 :Bool $Hive.omitDefault $Hive.doc("Computed by the processor on a simulated device.");
  beside @15 :Text $Hive.doc(
      "What else notably used the machine meanwhile, such as the load of others. Such a value counts all the same.");
}

enum ChangeKind {
  step @0 $Hive.doc("From one level to another.");
  variance @1 $Hive.doc("Of the noise; before and after are standard deviations.");
  drift @2 $Hive.doc("Slow, over the whole history; before and after are the ends of a line.");
}

struct HistoryChange $Hive.doc("What happened to a metric.") {
  adapter @0 :Text $Hive.doc("`-` for imported metrics that name no adapter.");
  metric @1 :Text $Hive.doc("Name of the metric, without the adapter.");
  kind @2 :ChangeKind;
  captureId @3 :UInt64 $Hive.doc("First capture after the change; of drift, the newest one.");
  at @4 :Int64 $Hive.unixMicros $Hive.doc("When that was captured.");
  version @5 :Text $Hive.doc("Version of that capture.");
  previousVersion @6 :Text $Hive.doc("Version of the value before; of drift, of the first one.");
  before @7 :Float64 $Hive.nullable $Hive.doc("Level before, in the metric's unit.");
  after @8 :Float64 $Hive.nullable $Hive.doc("Level after.");
  changePct @9 :Float64 $Hive.nullable $Hive.doc("(after − before)/|before| in percent; null when before is 0.");
  unit @10 :Text;
  p @11 :Float64 $Hive.doc("Probability of a difference as large as this without a change, not corrected for the search.");
  worse @12 :Bool $Hive.doc("Whether it is for the worse; of noise: whether it grew.");
  suspects @13 :List(Text) $Hive.maxLength(20) $Hive.doc(
      "Versions that may have caused it, the likeliest first, at most 20. None when it lies within the captures of one version: then the machine or what is measured changed. None for drift.");
}

struct HistoryDrift $Hive.doc("A line along which a metric moves; it takes the place of steps.") {
  perCapture @0 :Float64 $Hive.doc("Slope, in the metric's unit per value.");
  first @1 :Float64 $Hive.doc("The line at the first value.");
  last @2 :Float64 $Hive.doc("The line at the newest value.");
  changePct @3 :Float64 $Hive.nullable $Hive.doc("(last − first)/|first| in percent; null when first is 0.");
  p @4 :Float64 $Hive.doc("Of the Mann–Kendall test, two-sided.");
  deviation @5 :Float64 $Hive.doc("Standard deviation of the values about the line, without outliers.");
  worse @6 :Bool $Hive.doc("Whether it is for the worse.");
}

struct HistorySegment $Hive.doc("What a metric is like since its last change.") {
  level @0 :Float64 $Hive.doc("Mean without outliers; with drift, the end of the line.");
  deviation @1 :Float64 $Hive.doc("Standard deviation without outliers; with drift, about the line.");
  values @2 :UInt32 $Hive.doc("Number of values that count.");
  captureId @3 :UInt64 $Hive.doc("The first of its captures.");
  since @4 :Int64 $Hive.unixMicros $Hive.doc("When that was captured.");
  version @5 :Text $Hive.doc("Version of that capture.");
}

struct MetricHistory $Hive.maxBytes(16777216) $Hive.doc(
  "Points of a metric, and what changed. Changes are those of its newest 2,000 values that count, whatever the page.") {
  adapter @0 :Text $Hive.required;
  name @1 :Text $Hive.required;
  direction @2 :Snapshot.Direction;
  unit @3 :Text;
  points @4 :List(HistoryPoint) $Hive.doc("By the number of their captures, oldest first.");
  changes @5 :List(HistoryChange) $Hive.doc("By the number of their captures, oldest first.");
  drift @6 :HistoryDrift $Hive.doc("Absent when there is none.");
  current @7 :HistorySegment $Hive.doc("Absent when no value counts.");
  analysed @8 :UInt32 $Hive.doc("Number of values that the changes were found in.");
  next @9 :UInt64 $Hive.omitDefault $Hive.doc(
      "Pass it as `after` if that was given, else as `before`, for the next page; absent on the last page.");
}

struct ChangesQuery $Hive.doc("Asks for the changes of all metrics.") {
  limit @0 :UInt32 = 100 $Hive.min(1) $Hive.max(1000) $Hive.doc("Maximum number of entries in a page.");
  after @1 :Text $Hive.id $Hive.doc("Continues after this entry: `next` of the previous page.");
  worse @2 :Bool $Hive.doc("true: only changes for the worse.");
}

struct ChangeList $Hive.maxBytes(8388608) {
  changes @0 :List(HistoryChange) $Hive.doc("Newest first; of the newest 2,000 values of each metric.");
  next @1 :Text $Hive.doc("Pass it as `after` for the next page; absent on the last page.");
  metrics @2 :UInt32 $Hive.doc("Number of metrics that were looked at.");
  partial @3 :Bool $Hive.omitDefault $Hive.doc(
      "true: there are more than the 10,000 metrics that are looked at, or more than the 10,000 newest changes that are kept.");
}
