@0xf2a4c0d1e83b6adb;
# What a node keeps of the cluster gate on its disk, beside the statements of gate.capnp.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
using Gate = import "gate.capnp";
$Cxx.namespace("hive::wire");

struct SealedRecord $Hive.maxBytes(196608) $Hive.doc("A sealed value as this node learned of it.") {
  sealed @0 :Gate.GateSealed $Hive.required;
  learnedAt @1 :Int64 $Hive.unixMicros;
  announcedAt @2 :Int64 $Hive.unixMicros $Hive.doc("When this node first heard of the proposal.");
}

struct NoticeRecord $Hive.doc("A notification hook that was begun; it does not begin again.") {
  action @0 :Text $Hive.required $Hive.maxLength(32);
  begunAt @1 :Int64 $Hive.unixMicros;
}
