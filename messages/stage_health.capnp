@0xf2a4c0d1e83b6ae6;
# What each node tells the others of its own health while a stage of a rollout runs.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
$Cxx.namespace("hive::wire");

struct StageBlock $Hive.doc("What a node counted in a block of time.") {
  number @0 :UInt32 $Hive.doc("From 0, in time that the node observed.");
  tasksGood @1 :UInt32;
  tasksBad @2 :UInt32;
  requestsGood @3 :UInt32;
  requestsBad @4 :UInt32;
  worldModelGood @5 :UInt32;
  worldModelBad @6 :UInt32;
  guardrailGood @7 :UInt32;
  guardrailBad @8 :UInt32;
}

struct StageCounts $Hive.doc("A stage, as one node observes it.") {
  track @0 :UInt8 $Hive.max(3);
  proposal @1 :Data $Hive.required $Hive.doc("Its id, at most 64 bytes.");
  stage @2 :UInt8;
  blockS @3 :UInt32 $Hive.min(1) $Hive.max(86400) $Hive.doc("Length of a block.");
  observedBlocks @4 :UInt32 $Hive.max(64) $Hive.doc("Blocks that are over. Time in which the node did not run is not among them.");
  beganAt @5 :Int64 $Hive.unixMicros $Hive.doc("When the node began to observe, by its own clock.");
  blocks @6 :List(StageBlock) $Hive.maxLength(64) $Hive.doc("With ascending numbers. One that is missing could not be counted.");
  hasBenchmarks @7 :Bool $Hive.doc("Whether benchmarks of the new version were judged in this stage.");
  regressedBenchmarks @8 :List(Text) $Hive.maxLength(32) $Hive.doc("ADAPTER.METRIC");
}

struct StageHealth $Hive.maxBytes(65536) $Hive.doc("Content of a node's slot: one entry per track, by track.") {
  stages @0 :List(StageCounts) $Hive.maxLength(4);
}
