@0xf2a4c0d1e83b6a04;
# Whether one version may replace another on this node.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
using Gpu = import "gpu.capnp";
using Snapshot = import "snapshot.capnp";
$Cxx.namespace("hive::wire");

enum Policy {
  threshold @0 $Hive.doc("HART OS's rule: 5% on the metrics that both snapshots hold.");
  strict @1 $Hive.doc("The default. Fails closed: missing or incomparable metrics make the verdict inconclusive.");
  statistical @2 $Hive.doc(
      "Tells noise from a regression, from paired measurements where there are any. Fails closed as strict does.");
}

enum Verdict {
  safe @0;
  regressed @1;
  inconclusive @2;
}

enum FindingOrder {
  severity @0 $Hive.doc("Worst first.");
  snapshot @1 $Hive.doc("As the old version's snapshot lists the metrics, which is HART OS's order.");
}

struct UpgradeQuery {
  old @0 :Text $Hive.id $Hive.required $Hive.doc("The version in use.");
  new @1 :Text $Hive.id $Hive.required $Hive.doc("The version that would replace it.");
  policyBeforeStrict @2 :Policy = threshold $Hive.retired;
  policy @3 :Policy = strict $Hive.doc("strict unless threshold is named.");
  order @4 :FindingOrder $Hive.omitDefault $Hive.doc("Order of the regressions.");
  track @5 :Text = "main" $Hive.id $Hive.doc(
      "Under policy statistical: the line of versions against whose reference the new version is judged too.");
}

enum JudgementBasis {
  pairs @0 $Hive.doc("Interleaved runs of both versions.");
  samples @1 $Hive.doc(
      "Stored samples of both, taken at different times: drift of the machine between them counts as a change.");
}

struct MetricJudgement $Hive.doc("What the statistics say about one metric.") {
  adapter @0 :Text;
  metric @1 :Text $Hive.required;
  against @2 :Text $Hive.doc("The version with which the new one was compared.");
  decision @3 :Verdict;
  reason @4 :Text $Hive.doc("Why it is inconclusive, or what else than the interval decided.");
  advisory @5 :Bool $Hive.doc("Whether it decides nothing.");
  basis @6 :JudgementBasis;
  direction @7 :Snapshot.Direction;
  unit @8 :Text;
  absolute @9 :Bool $Hive.omitDefault $Hive.doc(
      "Whether change, low, high and margin are in the metric's unit. Otherwise they are percent of the older value.");
  change @10 :Float64 = nan $Hive.nullable $Hive.doc("Estimated change of the value, above 0 when it grew.");
  low @11 :Float64 = nan $Hive.nullable $Hive.doc("Lower end of the change's interval; null without a bound.");
  high @12 :Float64 = nan $Hive.nullable $Hive.doc("Upper end.");
  margin @13 :Float64 = nan $Hive.nullable $Hive.doc("Tolerated change for the worse.");
  p @14 :Float64 = nan $Hive.nullable $Hive.doc("One-sided p-value for a change for the worse beyond the margin.");
  pairs @15 :UInt32 $Hive.doc("Pairs, or samples of the smaller side, that were used.");
  leftOut @16 :UInt32 $Hive.omitDefault $Hive.doc("Pairs that something disturbed.");
  pairsNeeded @17 :UInt32 $Hive.omitDefault $Hive.doc("About how many pairs in all would decide; absent when it is decided.");
  correlation @18 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("Lag-1 autocorrelation that was allowed for.");
  guard @19 :Text $Hive.doc("What the guard against a growing tail did.");
  pBetter @20 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("One-sided p-value of no change for the better.");
  pWorse @21 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("One-sided p-value of no change for the worse.");
}

struct MetricChange {
  adapter @0 :Text;
  metric @1 :Text $Hive.required;
  old @2 :Float64 $Hive.nullable;
  new @3 :Float64 $Hive.nullable;
  changePct @4 :Float64 $Hive.nullable $Hive.doc("Percent of the old value; null when the old value is zero.");
  direction @5 :Snapshot.Direction;
  unit @6 :Text;
  floor @7 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc(
      "The floor by which the metric was judged; absent when it was judged by its change.");
}

struct MissingMetric $Hive.doc("A metric or an adapter that could not be compared.") {
  adapter @0 :Text;
  metric @1 :Text;
  reason @2 :Text $Hive.required $Hive.doc("Why the two versions could not be compared here.");
  blocks @3 :Bool $Hive.doc("Whether this prevents a safe verdict.");
  old @4 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  new @5 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  oldUnit @6 :Text;
  newUnit @7 :Text;
}

struct MeasuredSide {
  quality @0 :Gpu.RunQuality;
  reason @1 :Text $Hive.maxLength(1024) $Hive.doc("What disturbed it.");
}

struct MeasuredAdapter $Hive.doc("How an adapter measured on a GPU. A side that has no evidence is absent.") {
  adapter @0 :Text $Hive.required;
  old @1 :MeasuredSide;
  new @2 :MeasuredSide;
}

struct UpgradeCheck $Hive.maxBytes(8388608) {
  old @0 :Text;
  new @1 :Text;
  policy @2 :Policy;
  safe @3 :Bool $Hive.doc("True only when the verdict is safe.");
  verdict @4 :Verdict;
  reason @5 :Text;
  compared @6 :UInt32 $Hive.doc("Number of metrics compared.");
  regressions @7 :List(MetricChange) $Hive.doc("Worst first, unless the query names another order.");
  improvements @8 :List(MetricChange);
  missing @9 :List(MissingMetric) $Hive.doc("Those that prevent a safe verdict first.");
  ungated @10 :List(MetricChange) $Hive.doc("Metrics with gate false whose value changed. They decide nothing.");
  leftOut @11 :UInt32 $Hive.omitDefault $Hive.doc(
      "Number of entries omitted: each list holds at most its first 10,000.");
  measured @12 :List(MeasuredAdapter) $Hive.maxLength(1000) $Hive.omitDefault $Hive.doc(
      "How the adapters measured that have evidence of it, in the order of the new version, at most 1,000.");
  judgements @13 :List(MetricJudgement) $Hive.omitDefault $Hive.doc(
      "Policy statistical: each metric, against the old version and against the reference. Regressed ones first, then inconclusive ones.");
  track @14 :Text $Hive.doc("Policy statistical.");
  reference @15 :Text $Hive.doc("Policy statistical: the reference version of the track; absent when none is pinned.");
  measurement @16 :Text $Hive.doc("Policy statistical: the paired measurement that was used; absent without one.");
  algorithm @17 :Text $Hive.doc("Policy statistical: name and version of the algorithm, for recomputing.");
  explanation @18 :List(Text) $Hive.omitDefault $Hive.doc("The reasoning in sentences, and what would change the answer.");
}

# -- paired measurements -----------------------------------------------------------

struct MeasureUpgrade $Hive.doc(
  "Measures versions in turn, in interleaved pairs, until the statistics decide or the budget is spent.") {
  old @0 :Text $Hive.id $Hive.required $Hive.doc("The version in use.");
  new @1 :Text $Hive.id $Hive.required $Hive.doc("The version that would replace it.");
  adapters @2 :List(Text) $Hive.maxLength(1000) $Hive.omitDefault $Hive.doc(
      "Adapters that measure; all that can run versions when absent.");
  track @3 :Text = "main" $Hive.id $Hive.doc(
      "The line of versions. Its reference is measured too, if it is neither of the two. The old version becomes the reference of a track that has none.");
  maxPairs @4 :UInt32 = 60 $Hive.min(8) $Hive.max(120) $Hive.doc("Pairs of each adapter at most.");
  maxMinutes @5 :Float64 = 60 $Hive.min(0.01) $Hive.max(10080) $Hive.doc("Time for all.");
  long @6 :Bool $Hive.omitDefault $Hive.doc("For noisy metrics: up to 120 pairs, with later looks.");
  wait @7 :Bool $Hive.query $Hive.omitDefault $Hive.doc("true: answers when it has ended.");
}

struct CalibrateUpgrade $Hive.doc(
  "Measures a version against itself: how noisy its metrics are, which margins that allows, and how often the gate would block falsely.") {
  version @0 :Text $Hive.id $Hive.required;
  adapters @1 :List(Text) $Hive.maxLength(1000) $Hive.omitDefault $Hive.doc(
      "Adapters that measure; all that can run versions when absent.");
  metrics @2 :List(Text) $Hive.maxLength(1000) $Hive.omitDefault $Hive.doc(
      "Metrics that are calibrated: ADAPTER.METRIC, in which `*` stands for any number of characters. All when absent. Adapters without such a metric do not measure.");
  pairs @3 :UInt32 = 24 $Hive.min(8) $Hive.max(120) $Hive.doc("Pairs of each adapter. Rates need at least 16.");
  maxMinutes @4 :Float64 = 60 $Hive.min(0.01) $Hive.max(10080) $Hive.doc("Time for all.");
  long @5 :Bool $Hive.omitDefault $Hive.doc("Calibrates for upgrades that are measured by up to 120 pairs.");
  wait @6 :Bool $Hive.query $Hive.omitDefault $Hive.doc("true: answers when it has ended.");
}

struct CalibratedMargin $Hive.doc(
  "What a margin leads to when a version is compared with itself. Outcomes are shares of `resamples`.") {
  margin @0 :Float64 = nan $Hive.nullable $Hive.doc("Null when the metric has none that fits its values.");
  pairsNeeded @1 :UInt32 $Hive.omitDefault $Hive.doc(
      "Pairs of the look at which safe is to be expected; above 60 that takes the long form. Absent when 120 are too few, or with a fault.");
  resamples @2 :UInt32 $Hive.omitDefault $Hive.doc("Comparisons drawn from the pairs; absent when none were.");
  safe @3 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  falseBlocks @4 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("Regressed, although nothing changed.");
  falseBlocksLow @5 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc(
      "Ends of its 95% interval, which allows for the number of resamples and not for that of the pairs.");
  falseBlocksHigh @6 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  undecided @7 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("Inconclusive after all pairs.");
  fault @8 :Text $Hive.doc("Why the metric cannot be judged by this margin; absent when it can.");
}

struct MetricCalibration $Hive.doc("What pairs of a version with itself say about one metric.") {
  adapter @0 :Text;
  metric @1 :Text $Hive.required;
  unit @2 :Text;
  direction @3 :Snapshot.Direction;
  advisory @4 :Bool $Hive.omitDefault;
  absolute @5 :Bool $Hive.omitDefault $Hive.doc(
      "Whether noise and margins are in the metric's unit. Otherwise they are percent of the value.");
  pairs @6 :UInt32 $Hive.doc("That count.");
  leftOut @7 :UInt32 $Hive.omitDefault $Hive.doc("Pairs that something disturbed.");
  noise @8 :Float64 = nan $Hive.nullable $Hive.doc(
      "Of the change within a pair: 1.4826 times its median absolute deviation, which is the standard deviation of normal noise.");
  oldNoise @9 :Float64 = nan $Hive.nullable $Hive.doc("Of the runs on the old side.");
  newNoise @10 :Float64 = nan $Hive.nullable $Hive.doc("Of those on the new side, which are of the same version.");
  correlation @11 :Float64 = nan $Hive.nullable $Hive.doc("Lag-1 autocorrelation of the changes, as the gate allows for it.");
  inflation @12 :Float64 = nan $Hive.nullable $Hive.doc("Factor by which it multiplies the pairs that are needed.");
  own @13 :CalibratedMargin $Hive.doc("The metric's present margin.");
  suggested @14 :CalibratedMargin $Hive.doc(
      "The smallest margin at which at least 95% of the comparisons are safe and at most 0.5% are blocked. Absent: `reason` says why.");
  suggestedAbsolute @15 :Bool $Hive.omitDefault $Hive.doc("Whether the suggestion is an `absolute_margin`, in the metric's unit.");
  margins @16 :List(CalibratedMargin) $Hive.omitDefault $Hive.doc("The pairs that other margins need, in ascending order.");
  mostPairs @17 :UInt32 $Hive.doc("Pairs of a drawn comparison at most: those of the form's last look.");
  reason @18 :Text $Hive.doc("Why there is no rate or no suggestion.");
}

enum MeasurementState {
  waiting @0 $Hive.doc("Other measurements come first.");
  running @1;
  done @2 $Hive.doc("Every metric is decided.");
  spent @3 $Hive.doc("The budget is spent; some metrics are inconclusive.");
  failed @4 $Hive.doc("An adapter failed; `reason` says which and how.");
  stopped @5 $Hive.doc("An operator stopped it.");
}

struct MeasuredAdapterState {
  adapter @0 :Text $Hive.required;
  rounds @1 :UInt32 $Hive.doc("Rounds that were taken.");
  leftOut @2 :UInt32 $Hive.omitDefault $Hive.doc("Rounds that something disturbed.");
  ended @3 :Bool $Hive.doc("Whether it measures no more.");
  error @4 :Text $Hive.maxLength(4096) $Hive.doc("Why it failed, and in which round.");
}

struct PairedMeasurement $Hive.maxBytes(8388608) $Hive.doc("A paired measurement; also its disk form.") {
  id @0 :Text $Hive.id $Hive.required;
  request @1 :MeasureUpgrade;
  reference @2 :Text $Hive.doc("The reference when it began; absent when it was one of the two.");
  state @3 :MeasurementState;
  progress @4 :Text $Hive.doc("What is being done.");
  reason @5 :Text $Hive.maxLength(4096) $Hive.doc("Why it ended as it did.");
  verdict @6 :Verdict $Hive.doc("Of what was measured so far.");
  requestedAt @7 :Int64 $Hive.unixMicros;
  startedAt @8 :Int64 $Hive.unixMicros;
  endedAt @9 :Int64 $Hive.unixMicros;
  expectedEnd @10 :Int64 $Hive.unixMicros $Hive.doc("By the pace and the noise so far.");
  measuredS @11 :Float64 $Hive.doc("Time spent, without those in which the node did not run.");
  adapters @12 :List(MeasuredAdapterState);
  judgements @13 :List(MetricJudgement) $Hive.doc("Each metric by what was measured so far.");
  calibration @14 :CalibrateUpgrade $Hive.doc(
      "What was asked for, of a calibration; absent otherwise. Both sides are then the same version, and it is no evidence of an upgrade.");
  calibrations @15 :List(MetricCalibration) $Hive.omitDefault $Hive.doc("Of a calibration, when it has ended.");
  notCalibrated @16 :UInt32 $Hive.omitDefault $Hive.doc("Metrics beyond the first 100 of a calibration.");
}

enum RunSide {
  old @0;
  new @1;
  reference @2;
}

struct MeasuredRun $Hive.doc("One run of one version.") {
  version @0 :Text $Hive.required;
  startedAt @1 :Int64 $Hive.unixMicros;
  durationS @2 :Float64;
  metrics @3 :List(Snapshot.Metric) $Hive.maxLength(10000);
  error @4 :Text $Hive.maxLength(4096);
  disturbed @5 :List(Text) $Hive.maxLength(64) $Hive.omitDefault $Hive.doc("Why it is not comparable with the others.");
  contention @6 :Snapshot.Contention;
  side @7 :RunSide;
}

struct MeasuredRound $Hive.maxBytes(8388608) $Hive.doc(
  "One run of each version, one right after the other; also its disk form.") {
  adapter @0 :Text $Hive.required;
  number @1 :UInt32 $Hive.doc("From 1.");
  runs @2 :List(MeasuredRun) $Hive.maxLength(3) $Hive.doc("In the order in which they were taken.");
  leftOut @3 :Text $Hive.maxLength(4096) $Hive.doc("Why it does not count; absent when it does.");
}

struct MeasurementQuery {
  id @0 :Text $Hive.id $Hive.required;
}

struct MeasurementListQuery {
  limit @0 :UInt32 = 100 $Hive.min(1) $Hive.max(1000) $Hive.doc("Maximum number of entries in a page.");
  after @1 :Text $Hive.id $Hive.doc("Continues after this measurement: `next` of the previous page.");
}

struct MeasurementLine {
  id @0 :Text $Hive.required;
  old @1 :Text;
  new @2 :Text;
  track @3 :Text;
  state @4 :MeasurementState;
  verdict @5 :Verdict;
  requestedAt @6 :Int64 $Hive.unixMicros;
  endedAt @7 :Int64 $Hive.unixMicros;
  calibration @8 :Bool $Hive.omitDefault $Hive.doc("Whether a version is measured against itself; it has no verdict then.");
}

struct MeasurementList {
  measurements @0 :List(MeasurementLine) $Hive.doc("The newest first.");
  next @1 :Text $Hive.doc("Pass it as `after` for the next page; absent on the last page.");
}

struct RoundQuery {
  id @0 :Text $Hive.id $Hive.required;
  adapter @1 :Text $Hive.maxLength(64) $Hive.doc("Only of this adapter.");
  limit @2 :UInt32 = 100 $Hive.min(1) $Hive.max(1000) $Hive.doc("Maximum number of entries in a page.");
  after @3 :UInt32 $Hive.doc("Continues after so many rounds: `next` of the previous page.");
}

struct RoundList $Hive.maxBytes(67108864) {
  rounds @0 :List(MeasuredRound) $Hive.doc("By adapter, in the order taken.");
  next @1 :UInt32 $Hive.omitDefault $Hive.doc("Pass it as `after` for the next page; absent on the last page.");
}

struct StopMeasurement {
  id @0 :Text $Hive.id $Hive.required;
  reason @1 :Text $Hive.required $Hive.maxLength(1024);
}

# -- reference versions ------------------------------------------------------------

enum ReferenceMover {
  first @0 $Hive.doc("The first measurement of the track.");
  rule @1 $Hive.doc("A measured version was better (p at most .005).");
  operator @2;
}

struct ReferenceChange {
  version @0 :Text $Hive.required;
  previous @1 :Text $Hive.doc("The reference before; absent for the first.");
  at @2 :Int64 $Hive.unixMicros;
  by @3 :ReferenceMover;
  reason @4 :Text $Hive.maxLength(1024);
  measurement @5 :Text $Hive.doc("The paired measurement that showed it; of a move that overrules, the one that is overruled.");
  overruled @6 :Verdict = safe $Hive.omitDefault $Hive.doc(
      "The verdict on the version that an operator moved the reference to, if that was regressed or inconclusive. Absent when the move overruled none.");
}

struct Reference $Hive.doc(
  "The version against which a track's new versions are judged, so that small losses do not add up; also its disk form.") {
  track @0 :Text $Hive.required;
  version @1 :Text $Hive.required;
  history @2 :List(ReferenceChange) $Hive.maxLength(1000) $Hive.doc("The newest first, at most 1,000.");
}

struct ReferenceQuery {
  track @0 :Text $Hive.id $Hive.required;
}

struct ReferenceListQuery {
}

struct ReferenceList {
  tracks @0 :List(Reference);
}

struct MoveReference $Hive.doc("Makes another version the reference of a track.") {
  track @0 :Text $Hive.id $Hive.required;
  version @1 :Text $Hive.id $Hive.required;
  reason @2 :Text $Hive.required $Hive.maxLength(1024) $Hive.doc("Why; it stays in the history.");
}
