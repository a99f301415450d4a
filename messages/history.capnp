@0xf2a4c0d1e83b6a46;
# History of metrics: what was measured, what counts, and where a metric changed (docs/explanation/judgement.md).

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
  from @6 :Int64 $Hive.unixMicros $Hive.doc("With `points`: only captures at or after this time.");
  to @7 :Int64 $Hive.unixMicros $Hive.doc("With `points`: only captures at or before this time.");
  points @8 :UInt32 $Hive.max(2000) $Hive.doc(
      "Instead of a page, all of the history, or all between `from` and `to`: as points if there are no more than this, else as at most this many buckets.");
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

struct HistoryBuckets $Hive.doc(
  "What consecutive captures say together, oldest first: entry i of each list is about bucket i. Each capture is in one bucket.") {
  from @0 :List(Int64) $Hive.doc("Time of its first capture, in seconds since 1970.");
  seconds @1 :List(Int64) $Hive.doc("Seconds from its first to its last capture.");
  firstCapture @2 :List(UInt64) $Hive.doc("Number of its first capture.");
  captureSpan @3 :List(UInt64) $Hive.doc("The number of its last capture less that of its first one.");
  least @4 :List(Float64) $Hive.doc("The smallest value that counts; 0 where `count` is. Values have 6 significant digits.");
  median @5 :List(Float64) $Hive.doc(
      "Exact below 16 captures a bucket; else the median of the medians of 16 captures each, weighted by how many of them count.");
  most @6 :List(Float64) $Hive.doc("The largest value that counts.");
  count @7 :List(UInt32) $Hive.doc("Captures whose value counts.");
  leftOut @8 :List(UInt32) $Hive.omitDefault $Hive.doc(
      "Captures that are deleted or disturbed, have no value or do not compare with the newest one; absent when there are none in any bucket.");
}

struct VersionStart $Hive.doc("A capture of another version than the capture before.") {
  version @0 :Text $Hive.required;
  captureId @1 :UInt64;
  at @2 :Int64 $Hive.unixMicros $Hive.doc("When it was captured.");
}

struct HistoryVersions $Hive.doc("Where other versions begin, oldest first: entry i of each list is about start i.") {
  version @0 :List(Text);
  captureId @1 :List(UInt64) $Hive.doc("The first capture of it.");
  at @2 :List(Int64) $Hive.doc("When that was captured, in seconds since 1970.");
}

struct HistoryThreshold $Hive.doc(
  "What a check would refuse if the metric's level were the old version's value, by the built-in rules and those of the configuration. Margins that captures state themselves are not looked at.") {
  policy @0 :Text $Hive.required $Hive.doc("`strict`, or `statistical`, which also needs evidence that the difference is no noise.");
  value @1 :Float64 $Hive.doc("The worst value that is not refused, in the metric's unit.");
  why @2 :Text $Hive.doc("Where it comes from, such as `5% below the level of 100 ms`.");
}

struct HistoryBlock $Hive.doc(
  "Stored: what some thousand consecutive captures of a series say, so that they need not be read. Made from them when it is missing or no longer true.") {
  after @0 :UInt64 $Hive.doc("Its captures are the series' captures later than this one, up to the one in its key.");
  marks @1 :UInt32 $Hive.doc("How many of these were known to have been deleted, or stored late; it is true while there are no more.");
  mixed @2 :Bool $Hive.doc("Its values differ in unit, direction or in being simulated; it has no summaries.");
  unordered @3 :Bool $Hive.doc("Its captures are not in the order of their times.");
  unit @4 :Text;
  direction @5 :Snapshot.Direction;
  simulated @6 :Bool;
  earliest @7 :Int64;
  latest @8 :Int64;
  firstCapture @9 :List(UInt64) $Hive.doc("Entry i of each list is about summary i, of up to 16 captures.");
  lastCapture @10 :List(UInt64);
  from @11 :List(Int64);
  to @12 :List(Int64);
  least @13 :List(Float64);
  median @14 :List(Float64);
  most @15 :List(Float64);
  count @16 :List(UInt32);
  leftOut @17 :List(UInt32);
  versions @18 :List(VersionStart) $Hive.doc("The newest 8.");
  lastVersion @19 :Text;
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
  buckets @10 :HistoryBuckets $Hive.doc("In place of `points`, where there are more captures than were asked for.");
  captures @11 :UInt64 $Hive.omitDefault $Hive.doc("If `points` was given: captures between `from` and `to`.");
  versions @12 :HistoryVersions $Hive.doc(
      "If `points` was given: where another version begins between `from` and `to`, oldest first, the newest 200; of older captures at most 8 in a thousand.");
  thresholds @13 :List(HistoryThreshold) $Hive.omitDefault $Hive.doc(
      "If `points` was given: what a check would refuse now; none for a metric that does not gate.");
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

struct MetricsQuery $Hive.doc("Asks for all metrics, those that moved first.") {
  limit @0 :UInt32 = 100 $Hive.min(1) $Hive.max(1000) $Hive.doc("Maximum number of entries in a page.");
  after @1 :Text $Hive.maxLength(400) $Hive.doc("Continues after this entry: `next` of the previous page.");
  moved @2 :Bool $Hive.doc("true: only metrics that moved.");
  adapter @3 :Text $Hive.maxLength(64) $Hive.doc("Only metrics of this adapter; `-` for imported metrics that name none.");
  days @4 :UInt32 = 30 $Hive.min(1) $Hive.max(3650) $Hive.doc("A metric moved if its newest change lies in so many days.");
}

struct MetricLine $Hive.doc("A metric's entry in a list; of its newest 2,000 values.") {
  adapter @0 :Text $Hive.required $Hive.doc("`-` for imported metrics that name no adapter.");
  name @1 :Text $Hive.required $Hive.doc("Name of the metric, without the adapter.");
  unit @2 :Text;
  direction @3 :Snapshot.Direction;
  value @4 :Float64 = nan $Hive.nullable $Hive.doc("The newest value that counts; null when none does.");
  capturedAt @5 :Int64 $Hive.unixMicros $Hive.omitDefault $Hive.doc("When that was captured.");
  version @6 :Text $Hive.doc("Version of that capture.");
  captures @7 :UInt32 $Hive.doc("Captures that were looked at, also those that do not count.");
  level @8 :Float64 = nan $Hive.nullable $Hive.doc("As in `current` of the metric's history.");
  deviation @9 :Float64 = nan $Hive.nullable;
  change @10 :MetricMove $Hive.doc("The newest one; absent when nothing changed.");
  spark @11 :List(Float64) $Hive.maxLength(40) $Hive.doc("Values that count, oldest first, as at most 40 medians.");
}

struct MetricMove {
  at @0 :Int64 $Hive.unixMicros $Hive.doc("When the first capture after the change was captured; of drift, the newest one.");
  kind @1 :ChangeKind;
  changePct @2 :Float64 = nan $Hive.nullable;
  worse @3 :Bool;
  p @4 :Float64 $Hive.doc("Probability of a difference as large as this without a change, not corrected for the search.");
  version @5 :Text $Hive.doc("Version of the first capture after it.");
}

struct MetricList $Hive.maxBytes(8388608) {
  metrics @0 :List(MetricLine) $Hive.doc(
      "Those that moved first: changes for the worse, then the others, the most certain ones first; then all others by adapter and name.");
  next @1 :Text $Hive.doc("Pass it as `after` for the next page; absent on the last page.");
  total @2 :UInt32 $Hive.doc("Number of metrics, of the adapter if one was named.");
  moved @3 :UInt32 $Hive.doc("How many of these moved.");
  partial @4 :Bool $Hive.omitDefault $Hive.doc("true: there are more than the 10,000 metrics that are looked at.");
}
