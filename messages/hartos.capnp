@0xf2a4c0d1e83b6a0d;
# What hivectl prints about an import from HART OS and an export to it.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
$Cxx.namespace("hive::wire");

struct HartosFault $Hive.doc("An item that was skipped.") {
  place @0 :Text $Hive.required $Hive.doc("The table row or file.");
  reason @1 :Text $Hive.required;
}

struct HartosImport $Hive.maxBytes(67108864) {
  recorded @0 :UInt64 $Hive.doc("Task records that were new to the node.");
  alreadyTaken @1 :UInt64 $Hive.doc("Last row taken by earlier imports; 0 when there were none.");
  outdated @2 :UInt64 $Hive.doc(
      "Skipped rows that follow an old definition of success, which HART OS itself no longer counts.");
  leftOut @3 :UInt64 $Hive.doc("Other items that were skipped; only the first ones are listed.");
  faults @4 :List(HartosFault);
  routes @5 :UInt32 $Hive.doc("Task types for which the best tool in HART OS's hive was imported.");
  snapshots @6 :UInt32 $Hive.doc("Snapshots that were stored.");
  unchangedSnapshots @7 :UInt32 $Hive.doc("Snapshots that the node already holds with the same content.");
  baselines @8 :UInt32 $Hive.doc("Agents' baselines that were stored.");
  unchangedBaselines @9 :UInt32 $Hive.doc("Baselines that the node already holds with the same content.");
  appendedBaselines @10 :UInt32 $Hive.doc("Of the stored ones, those that got another number.");
}

struct HartosExport {
  records @0 :UInt64;
  erased @1 :UInt64 $Hive.doc("Records that the node has counted but no longer keeps.");
  routes @2 :UInt32;
  snapshots @3 :UInt32;
  baselines @4 :UInt32 $Hive.doc("Baselines of all agents.");
}
