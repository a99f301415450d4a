@0xf2a4c0d1e83b6a0d;
# What hivectl says of an import from HART OS and of an export to it.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
$Cxx.namespace("hive::wire");

struct HartosFault $Hive.doc("Something that was left out.") {
  place @0 :Text $Hive.required $Hive.doc("The row of a table, or the file.");
  reason @1 :Text $Hive.required;
}

struct HartosImport $Hive.maxBytes(67108864) {
  recorded @0 :UInt64 $Hive.doc("Task records that the node did not have.");
  alreadyTaken @1 :UInt64 $Hive.doc("Rows up to this number had been taken before; 0 when there were none.");
  outdated @2 :UInt64 $Hive.doc("Rows of a rule for success that HART OS itself no longer counts: left out.");
  leftOut @3 :UInt64 $Hive.doc("Everything else that was left out; the first of them are told.");
  faults @4 :List(HartosFault);
  routes @5 :UInt32 $Hive.doc("Task types whose best tool in HART OS's hive was taken in.");
  snapshots @6 :UInt32 $Hive.doc("Snapshots that were put.");
  unchangedSnapshots @7 :UInt32 $Hive.doc("Snapshots that the node has with the same content.");
}

struct HartosExport {
  records @0 :UInt64;
  erased @1 :UInt64 $Hive.doc("Records that the node has counted but no longer keeps.");
  routes @2 :UInt32;
  snapshots @3 :UInt32;
}
