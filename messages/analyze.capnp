@0xf2a4c0d1e83b6af5;
# Numbers that are analysed without a node: what the files hold, and what is printed.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
using Snapshot = import "snapshot.capnp";
using Upgrade = import "upgrade.capnp";
$Cxx.namespace("hive::wire");

struct PairsFile $Hive.maxBytes(67108864) $Hive.doc("Pairs of measurements: value i of both was measured one right after the other.") {
  old @0 :List(Float64) $Hive.required $Hive.maxLength(1000000);
  new @1 :List(Float64) $Hive.required $Hive.maxLength(1000000);
  better @2 :Snapshot.Direction = lower;
  margin @3 :Float64 = 0.05 $Hive.min(0) $Hive.max(0.95) $Hive.doc("Tolerated change for the worse, as a share.");
  absoluteMargin @4 :Float64 = nan $Hive.nullable $Hive.min(0) $Hive.doc("The same in the unit of the values, for values of zero or less.");
  resolution @5 :Float64 $Hive.min(0) $Hive.doc("Smallest step of the values.");
  metrics @6 :UInt32 = 1 $Hive.min(1) $Hive.max(100000) $Hive.doc("Critical metrics that are judged together, which share the level of a regression.");
  long @7 :Bool $Hive.doc("Looks for noisy metrics, up to 120 pairs.");
}

struct PairsLook {
  n @0 :UInt32 $Hive.doc("Pairs.");
  alpha @1 :Float64 $Hive.doc("One-sided level of each bound.");
  rho @2 :Float64 $Hive.doc("Lag-1 autocorrelation that is allowed for.");
  vif @3 :Float64 $Hive.doc("By how much it inflates the variance.");
  estimate @4 :Float64 $Hive.doc("On the scale of logarithms, or of differences; above 0 is worse.");
  lower @5 :Text $Hive.json;
  upper @6 :Text $Hive.json;
  pSafe @7 :Float64;
  pRegressed @8 :Float64;
  state @9 :Upgrade.Verdict;
}

struct PairsAnalysis $Hive.maxBytes(1048576) {
  decision @0 :Upgrade.Verdict;
  pairs @1 :UInt32 $Hive.doc("Used by the decision.");
  looks @2 :List(PairsLook);
  guard @3 :Text $Hive.doc("What the guard against a growing tail did.");
  reason @4 :Text;
  change @5 :Float64 = nan $Hive.nullable $Hive.doc("Estimated change of the value: a share, or a difference.");
  pairsNeeded @6 :UInt32 $Hive.omitDefault $Hive.doc("About how many pairs in all would decide.");
}

struct SeriesFile $Hive.maxBytes(67108864) $Hive.doc("Values of a metric in the order of time.") {
  values @0 :List(Float64) $Hive.required $Hive.maxLength(1000000);
}

struct SeriesStep {
  index @0 :UInt32 $Hive.doc("Of the first value at the new level, from 0.");
  before @1 :Float64;
  after @2 :Float64;
  p @3 :Float64;
}

struct SeriesDrift {
  slope @0 :Float64 $Hive.doc("Per value.");
  total @1 :Float64;
  p @2 :Float64;
}

struct SeriesAnalysis $Hive.maxBytes(1048576) {
  changePoints @0 :List(UInt32) $Hive.doc("Indices of the first values at new levels, from 0.");
  drift @1 :SeriesDrift;
  spikes @2 :List(UInt32);
  steps @3 :List(SeriesStep);
  varianceChanges @4 :List(UInt32);
}
