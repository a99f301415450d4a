@0xf2a4c0d1e83b6a0b;
# What the nodes of a hive tell each other about themselves, and how they find out what the other lacks.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
using Snapshot = import "snapshot.capnp";
using Tracker = import "tracker.capnp";
$Cxx.namespace("hive::wire");

# -- slots -----------------------------------------------------------------------

struct HiveSlot $Hive.doc(
  "A signed statement by a node. It replaces the node's earlier statement of this kind and key.") {
  kind @0 :UInt16 $Hive.doc(
      "Number of the topic (docs/how-to/hive.md); 0 is the card. A node keeps and forwards kinds that it does not know.");
  key @1 :Text $Hive.id $Hive.required;
  epoch @2 :UInt64 $Hive.doc("The writer's epoch: number of times that it had been started.");
  version @3 :UInt64 $Hive.doc(
      "Number of the write in that epoch, over all kinds and keys: the lower 24 bits count, those above are a random number of the run.");
  payload @4 :Data $Hive.doc("Packed message of the kind's type; empty when the slot was erased.");
  signature @5 :Data $Hive.required $Hive.doc("Ed25519 over all fields above and the node's id.");
}

struct EquivocationProof $Hive.doc(
  "Two slots that prove the misconduct of the node that signed them: different ones for the same epoch and version, or ones of one run that contradict each other.") {
  publicKey @0 :Data $Hive.required;
  first @1 :HiveSlot $Hive.required;
  second @2 :HiveSlot $Hive.required;
}

struct StoredSlot $Hive.doc("Disk form of a slot.") {
  publicKey @0 :Data $Hive.required;
  slot @1 :HiveSlot $Hive.required;
}

# -- reconciliation --------------------------------------------------------------

struct OriginDigest $Hive.doc("Summary of the slots that a node holds of one origin.") {
  idHigh @0 :UInt64 $Hive.doc("First 8 bytes of the node id, big-endian.");
  idLow @1 :UInt64;
  epoch @2 :UInt64 $Hive.doc("Stamp of the newest slot; all bits set when the origin is proven to equivocate.");
  version @3 :UInt64;
  hashHigh @4 :UInt64 $Hive.doc("Hash over all slots without their signatures.");
  hashLow @5 :UInt64;
}

struct HiveDigest $Hive.doc("Summary of all slots that a node holds, by origin.") {
  origins @0 :List(OriginDigest) $Hive.maxLength(1024);
}

struct OriginDelta $Hive.doc("Slots of one origin.") {
  publicKey @0 :Data $Hive.required $Hive.doc("The origin's id is the hash of this key.");
  sinceEpoch @1 :UInt64 $Hive.doc(
      "The delta builds on all slots up to this stamp; a receiver that lacks some of them must reject it.");
  sinceVersion @2 :UInt64;
  slots @3 :List(HiveSlot) $Hive.maxLength(256) $Hive.doc("Oldest first.");
  credential @4 :HiveSlot $Hive.doc("The origin's card, for receivers that do not know the origin yet.");
  proof @5 :EquivocationProof $Hive.doc("Two different slots for the same epoch and version.");
  contradiction @6 :EquivocationProof $Hive.doc(
      "Two slots of one kind, key and run that contradict each other by the rules of their topic, the earlier one first. Nodes that do not know this field or the topic ignore it.");
}

struct HiveDelta $Hive.doc("What the receiver lacks, or a part of it.") {
  origins @0 :List(OriginDelta) $Hive.maxLength(1024);
}

# -- payloads --------------------------------------------------------------------

enum NodeTier {
  flat @0;
  regional @1;
  central @2;
}

struct CardGpu {
  name @0 :Text $Hive.maxLength(128);
  vramMib @1 :UInt64;
}

struct Admission $Hive.doc("Proves that the holder of a certificate vouches for a node id.") {
  certificate @0 :Data $Hive.required $Hive.doc("DER.");
  signature @1 :Data $Hive.required $Hive.doc("By the certificate's key, over the node id.");
}

struct NodeCard $Hive.doc("A node's description of itself.") {
  name @0 :Text $Hive.required $Hive.maxLength(64);
  tier @1 :NodeTier;
  labels @2 :List(Text) $Hive.maxLength(64);
  gpus @3 :List(CardGpu) $Hive.maxLength(64);
  software @4 :Text $Hive.maxLength(64) $Hive.doc("Version of hived.");
  door @5 :Text $Hive.maxLength(256) $Hive.doc("Address and port on which it accepts nodes.");
  writtenAt @6 :Int64 $Hive.unixMicros $Hive.required;
  admission @7 :Admission;
}

struct SharedTool {
  toolName @0 :Text $Hive.required $Hive.maxLength(128);
  sampleCount @1 :UInt64 $Hive.required $Hive.min(1) $Hive.max(4294967296);
  sums @2 :Tracker.ToolSums $Hive.required;
}

struct SharedTask {
  taskType @0 :Text $Hive.required $Hive.maxLength(128);
  tools @1 :List(SharedTool) $Hive.required $Hive.maxLength(1024);
}

struct SharedTools $Hive.doc("A node's statistics of the task types whose names hash to the slot's key.") {
  tasks @0 :List(SharedTask) $Hive.maxLength(4096);
}

struct SharedMetric {
  name @0 :Text $Hive.required $Hive.maxLength(256);
  value @1 :Float64;
  direction @2 :Snapshot.Direction;
  unit @3 :Text $Hive.maxLength(32);
}

struct SharedResults $Hive.doc("The newest values of one adapter on a node.") {
  metrics @0 :List(SharedMetric) $Hive.maxLength(4096);
  leftOut @1 :UInt32 $Hive.doc("Number of metrics that did not fit.");
}

struct NodeLoad $Hive.doc("A node's load, used for placing spawned actors.") {
  spawned @0 :UInt32 $Hive.doc("Actors of agent engines that run on it.");
}

# -- liveness --------------------------------------------------------------------

enum MemberState {
  active @0;
  suspect @1 $Hive.doc("Not heard from in time; it may still refute this.");
  stale @2 $Hive.doc("Did not refute in time. Its statistics are kept.");
  dead @3 $Hive.doc("Stale for a long time. Its statistics are kept.");
  quarantined @4 $Hive.doc("Broke the rules; its statistics are ignored.");
}

struct MemberClaim $Hive.doc("One node's belief about another's liveness.") {
  node @0 :Text $Hive.id $Hive.required;
  state @1 :MemberState;
  epoch @2 :UInt64 $Hive.doc(
      "With `count`: the incarnation that the claim is about. Only the node itself increments it.");
  count @3 :UInt64;
  heardAgoMs @4 :UInt32 = 4294967295 $Hive.doc(
      "Time since a node linked to it heard from it, as far as the sender knows. The default means unknown.");
}

struct MemberClaims {
  claims @0 :List(MemberClaim) $Hive.maxLength(1024);
}

# -- links above the size of a full mesh -----------------------------------------

struct Farewell $Hive.doc(
  "The sender has enough links and closes this one. It says nothing about either node's liveness.") {
}
