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
}
