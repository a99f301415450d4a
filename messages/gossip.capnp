@0xf2a4c0d1e83b6a0c;
# How two nodes find out what the other lacks, and what a node says of its hive.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
using import "hive.capnp".HiveDigest;
using import "hive.capnp".HiveDelta;
using import "hive.capnp".MemberClaims;
$Cxx.namespace("hive::wire");

struct GossipQuestion $Hive.doc(
    "From the node that begins an exchange: first the root alone; then, when it differs, what it has and the other lacks. Or pushed news.") {
  root @0 :Data $Hive.required $Hive.doc("Hash over all that the sender holds.");
  digest @1 :HiveDigest $Hive.doc("Absent in the first question.");
  delta @2 :HiveDelta;
  claims @3 :MemberClaims;
  asksWhoLives @4 :Bool $Hive.doc("The sender lacks recent evidence of some nodes: the answer tells who was heard.");
  pushed @5 :Bool $Hive.doc("The delta is news, sent without being asked for. A node that does not know this field takes the message for a first question and ignores the delta.");
  wantsPushes @6 :Bool $Hive.doc("Too few nodes push news to the sender.");
}

struct GossipAnswer {
  root @0 :Data $Hive.required;
  digest @1 :HiveDigest $Hive.doc("To a first question with another root, and to pushed news that there is too little to build on.");
  delta @2 :HiveDelta $Hive.doc("To a second question.");
  claims @3 :MemberClaims;
  clock @4 :Int64 $Hive.unixMicros $Hive.doc("The sender's clock when it answered.");
  redundant @5 :Bool $Hive.doc("Other nodes push the same news sooner: this one need not.");
}

struct HiveStatusQuery {
}

struct QuarantinedNode {
  id @0 :Text $Hive.required;
  reason @1 :Text;
}

struct RefusedSlots {
  reason @0 :Text $Hive.required;
  count @1 :UInt64;
}

struct NodeClock {
  id @0 :Text $Hive.required;
  aheadMs @1 :Float64 $Hive.doc("By how much its clock is ahead of this node's.");
}

struct HiveStatus $Hive.doc("How far the nodes of a hive agree, as this one sees it.") {
  node @0 :Text $Hive.required;
  linked @1 :UInt32 $Hive.doc("Nodes that there is a link with.");
  known @2 :UInt32 $Hive.doc("Nodes, this one among them, whose statistics are held.");
  root @3 :Text $Hive.doc("Hash over all that this node holds, in hex.");
  converged @4 :Float64 $Hive.doc("Share of this node and the linked ones whose root was the same when last heard of.");
  slots @5 :UInt64;
  exchanges @6 :UInt64 $Hive.doc("Since the start, begun by this node.");
  failedExchanges @7 :UInt64;
  accepted @8 :UInt64 $Hive.doc("Slots taken in since the start.");
  refused @9 :List(RefusedSlots) $Hive.doc("Slots not taken in since the start, by reason; only reasons that occurred.");
  quarantined @10 :List(QuarantinedNode);
  sentBytes @11 :UInt64 $Hive.doc("Of gossip messages since the start.");
  receivedBytes @12 :UInt64;
  repeated @13 :UInt64 $Hive.doc("Slots that came in and were held already, or were older than what is held.");
  clockAheadMs @14 :Float64 $Hive.doc(
    "By how much this node's clock is ahead of the hive's, which is what most clocks show; 0 while too few agree.");
  clockWarning @15 :Text $Hive.doc("What is wrong with the clocks; absent while they agree.");
  clocksOff @16 :List(NodeClock) $Hive.doc("Linked nodes whose clocks differ from the hive's.");
  unreadable @17 :UInt64 $Hive.doc("Messages of other nodes since the start that broke a rule of the format as a whole.");
  certificateExpires @18 :Int64 $Hive.unixMicros $Hive.doc("When this node's certificate expires; absent without one.");
  caExpires @19 :Int64 $Hive.unixMicros $Hive.doc("When the certificate of the CA that issued it expires.");
  certificateWarning @20 :Text $Hive.doc("Which certificate expires soon or has expired; absent otherwise.");
  certificateTakenBy @21 :Text $Hive.doc(
    "Id of a newer node that uses this node's certificate: the hive counts that one in place of this node.");
}
