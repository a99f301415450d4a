@0xf2a4c0d1e83b6a0c;
# How two nodes exchange what the other lacks, and a node's view of its hive.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
using import "hive.capnp".HiveDigest;
using import "hive.capnp".HiveDelta;
using import "hive.capnp".MemberClaims;
$Cxx.namespace("hive::wire");

struct KnownRevocations $Hive.doc("The newest revocation list of a CA that a node knows.") {
  ca @0 :Data $Hive.required $Hive.doc("SHA-256 of the CA's public key.");
  number @1 :UInt64 $Hive.doc("Its CRL number; 0: the node trusts the CA and knows no list of it.");
}

struct RevocationList {
  list @0 :Data $Hive.required $Hive.doc("X.509 CRL, DER.");
}

struct GossipQuestion $Hive.doc(
  "From the node that begins an exchange. The first question holds only the root. When the roots differ, the second one holds a digest and what the other lacks. Also used to push news.") {
  root @0 :Data $Hive.required $Hive.doc("Hash over all slots that the sender holds.");
  digest @1 :HiveDigest $Hive.doc("Absent in the first question.");
  delta @2 :HiveDelta;
  claims @3 :MemberClaims;
  asksWhoLives @4 :Bool $Hive.doc(
      "The sender lacks recent evidence that some nodes are alive: the answer lists the nodes heard recently.");
  pushed @5 :Bool $Hive.doc(
      "The delta is news that nobody asked for. A node that does not know this field treats the message as a first question and ignores the delta.");
  wantsPushes @6 :Bool $Hive.doc("Too few nodes push news to the sender.");
  revocations @7 :List(KnownRevocations) $Hive.maxLength(64) $Hive.doc("Per CA that the sender trusts.");
  lists @8 :List(RevocationList) $Hive.maxLength(8) $Hive.doc("Newer ones than the receiver has named.");
}

struct GossipAnswer {
  root @0 :Data $Hive.required;
  digest @1 :HiveDigest $Hive.doc(
      "Answers a first question with a different root, and pushed news whose preceding slots are missing here.");
  delta @2 :HiveDelta $Hive.doc("Answers a second question.");
  claims @3 :MemberClaims;
  clock @4 :Int64 $Hive.unixMicros $Hive.doc("The sender's clock when it answered.");
  redundant @5 :Bool $Hive.doc("Other nodes push the same news sooner: the receiver can stop pushing.");
  revocations @6 :List(KnownRevocations) $Hive.maxLength(64) $Hive.doc("As in the question.");
  lists @7 :List(RevocationList) $Hive.maxLength(8) $Hive.doc("As in the question.");
}

struct HiveStatusQuery {
}

struct VouchForStore $Hive.doc(
  "The operator's word that the node's store is no older copy. The node then publishes without hearing from others first.") {
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
  aheadMs @1 :Float64 $Hive.doc("How far its clock is ahead of this node's, in milliseconds.");
}

struct HiveStatus $Hive.doc("How far the nodes of a hive agree, as seen by this node.") {
  node @0 :Text $Hive.required;
  linked @1 :UInt32 $Hive.doc("Nodes to which this node has a link.");
  known @2 :UInt32 $Hive.doc("Nodes whose statistics this node holds, itself included.");
  root @3 :Text $Hive.doc("Hash over all slots that this node holds, in hex.");
  converged @4 :Float64 $Hive.doc(
      "Share of this node and its linked nodes that had the same root when last heard from.");
  slots @5 :UInt64;
  exchanges @6 :UInt64 $Hive.doc("Exchanges begun by this node since its start.");
  failedExchanges @7 :UInt64;
  accepted @8 :UInt64 $Hive.doc("Slots accepted since the start.");
  refused @9 :List(RefusedSlots) $Hive.doc(
      "Slots refused since the start, by reason. Only reasons that occurred are listed.");
  quarantined @10 :List(QuarantinedNode);
  sentBytes @11 :UInt64 $Hive.doc("Bytes of gossip messages sent since the start.");
  receivedBytes @12 :UInt64;
  repeated @13 :UInt64 $Hive.doc(
      "Slots received since the start that this node already held in this or a newer version.");
  clockAheadMs @14 :Float64 $Hive.doc(
      "How far this node's clock is ahead of the hive's, which is the time that most clocks show; 0 while too few agree.");
  clockWarning @15 :Text $Hive.doc("What is wrong with the clocks; absent while they agree.");
  clocksOff @16 :List(NodeClock) $Hive.doc("Linked nodes whose clocks differ from the hive's.");
  unreadable @17 :UInt64 $Hive.doc("Malformed messages received from other nodes since the start.");
  certificateExpires @18 :Int64 $Hive.unixMicros $Hive.doc(
      "When this node's certificate expires; absent without a certificate.");
  caExpires @19 :Int64 $Hive.unixMicros $Hive.doc("When the certificate of the issuing CA expires.");
  certificateWarning @20 :Text $Hive.doc("The certificate that expires soon or has expired; absent otherwise.");
  certificateTakenBy @21 :Text $Hive.doc(
      "Id of a newer node that uses this node's certificate. The hive counts that node instead of this one.");
  hearing @22 :Text $Hive.doc(
      "What this node waits for before it publishes anything; absent otherwise. It listens, serves and records meanwhile.");
}
