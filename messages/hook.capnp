@0xf2a4c0d1e83b6ae5;
# What the operator's hooks are told of a decision of the hive. Hooks read it as JSON, so fields are added and never
# renamed.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
$Cxx.namespace("hive::wire");

struct HookInput $Hive.maxBytes(262144) $Hive.doc("A decision of the hive, as a hook reads it on its standard input.") {
  action @0 :Text $Hive.required $Hive.maxLength(16) $Hive.doc("deploy, rollback, on_approve, on_reject or on_rollback.");
  token @1 :Text $Hive.required $Hive.maxLength(64) $Hive.doc(
      "The same whenever the hook runs again for this decision on this node, else unique.");
  track @2 :Text $Hive.required;
  proposal @3 :Text $Hive.required $Hive.doc("Id of the proposal.");
  from @4 :Text $Hive.required $Hive.doc("The version in use before the proposal.");
  to @5 :Text $Hive.required $Hive.doc("The proposed version.");
  decision @6 :Text $Hive.doc("What was sealed.");
  reason @7 :Text;
  hash @8 :Text $Hive.doc("Decision hash, the same on every node.");
  node @9 :Text $Hive.required $Hive.doc("Id of the node on which the hook runs.");
  position @10 :UInt64 $Hive.doc("Of the decision in the log of the track.");
  stage @11 :UInt32 $Hive.doc("Of the rollout, from 1; 0 outside of one.");
  canaries @12 :List(Text) $Hive.maxLength(64) $Hive.doc("Ids of the nodes that have the new version in this stage.");
}
