@0xf2a4c0d1e83b6a16;
# What was read from a file of test results, for people and scripts; nothing of it is kept.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
$Cxx.namespace("hive::wire");

struct TestReport $Hive.doc("What `hivectl benchmark check` read.") {
  file @0 :Text $Hive.required;
  refused @1 :Text $Hive.doc("Why nothing can be read from it; absent when it could.");
  runs @2 :List(Text) $Hive.doc("Who wrote each of the runs that were added.");
  tests @3 :UInt32 $Hive.doc("Tests that count: passed and failed ones.");
  passed @4 :UInt32;
  failed @5 :UInt32 $Hive.doc("With those that broke in their set-up or tear-down.");
  skipped @6 :UInt32 $Hive.doc("Skipped, deselected, disabled or failing as expected; they do not count.");
  repeated @7 :UInt32 $Hive.doc("Tests that were reported more than once; the last report of each counts.");
  passRate @8 :Float64 = nan $Hive.nullable $Hive.doc("passed / tests; null when nothing was read.");
  failures @9 :List(Text) $Hive.doc("Names of failed tests, at most 100.");
}
