@0xf2a4c0d1e83b6af3;
# Where in a hive something is to be.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
using Members = import "hive.capnp";
$Cxx.namespace("hive::wire");

struct SpawnPlace $Hive.doc("A node of the hive. When it is empty, the least loaded active node is chosen.") {
  node @0 :Text $Hive.id $Hive.doc("This node.");
  labels @1 :List(Text) $Hive.maxLength(64) $Hive.doc("A node that has all these labels.");
  tier @2 :Members.NodeTier $Hive.omitDefault $Hive.doc("A node of this tier or a higher one: flat, regional, central.");
}
