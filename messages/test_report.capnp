@0xf2a4c0d1e83b6a16;
# Summary of a file of test results, for people and scripts; it is not stored.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
$Cxx.namespace("hive::wire");

struct TestReport $Hive.doc("Output of `hivectl benchmark check`.") {
  file @0 :Text $Hive.required;
  refused @1 :Text $Hive.doc("Why the file cannot be used; absent when it can.");
  runs @2 :List(Text) $Hive.doc("The programs that wrote the runs, one per run.");
  tests @3 :UInt32 $Hive.doc("Passed and failed tests.");
  passed @4 :UInt32;
  failed @5 :UInt32 $Hive.doc("Includes tests that broke in set-up or tear-down.");
  skipped @6 :UInt32 $Hive.doc("Skipped, deselected, disabled or expected to fail; they do not count.");
  repeated @7 :UInt32 $Hive.doc("Tests that were reported more than once; the last report counts.");
  passRate @8 :Float64 = nan $Hive.nullable $Hive.doc("passed / tests; null when nothing was read.");
  failures @9 :List(Text) $Hive.doc("Names of failed tests, at most 100.");
}
