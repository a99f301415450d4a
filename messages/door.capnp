@0xf2a4c0d1e83b6a09;
# How nodes meet: certificates, what is said before two nodes trust each other, and which nodes there are.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
using Members = import "hive.capnp";
$Cxx.namespace("hive::wire");

struct CertificateFiles $Hive.doc("Where a new certificate and its key lie.") {
  name @0 :Text $Hive.required;
  role @1 :Text $Hive.required $Hive.doc("ca, node or engine.");
  certificateFile @2 :Text $Hive.required;
  keyFile @3 :Text $Hive.required;
  notAfter @4 :Int64 $Hive.unixMicros;
}

# -- before two nodes trust each other -----------------------------------------

struct Knock $Hive.maxBytes(4096) $Hive.doc(
  "The first message of both sides of a connection. It never changes, so that any two versions can read each other's.") {
  minVersion @0 :UInt16 $Hive.doc("Versions of the protocol that the sender speaks.");
  maxVersion @1 :UInt16;
  nonce @2 :Data $Hive.required $Hive.doc("32 fresh random bytes.");
  software @3 :Text $Hive.maxLength(64) $Hive.doc("Version of the program.");
}

enum Role {
  node @0;
  engine @1;
}

struct Hello $Hive.maxBytes(65536) $Hive.doc("Who one side of a connection is.") {
  role @0 :Role;
  node @1 :Text $Hive.id $Hive.required $Hive.doc("Hex of the first 16 bytes of the public key's SHA-256.");
  publicKey @2 :Data $Hive.required $Hive.doc("Ed25519.");
  epoch @3 :UInt64 $Hive.doc("How often it has been started.");
  card @4 :Members.NodeCard $Hive.required;
}

struct SignedHello $Hive.maxBytes(73728) {
  hello @0 :Data $Hive.required $Hive.doc("A Hello, as it was signed.");
  signature @1 :Data $Hive.required $Hive.doc(
    "Ed25519 by the Hello's key, over everything that was said on this connection before and the TLS session.");
}

struct HelloAnswer $Hive.maxBytes(81920) $Hive.doc("What one side decides about the other.") {
  admitted @0 :Bool;
  code @1 :UInt8 $Hive.doc("The error's code, see messages/ec.hpp, when it does not admit.");
  reason @2 :Text $Hive.maxLength(1024);
  hello @3 :SignedHello $Hive.doc("The accepting side's, when it admits.");
  node @4 :Text $Hive.id $Hive.doc("Who answers; not proven when it does not admit.");
}

# -- which nodes there are -----------------------------------------------------

struct NodeQuery {
  node @0 :Text $Hive.id $Hive.doc("Only this node; absent: all.");
}

struct NodeInfo {
  id @0 :Text $Hive.required;
  name @1 :Text $Hive.doc("Absent while only its id is known.");
  state @2 :Members.MemberState;
  tier @3 :Members.NodeTier;
  address @4 :Text $Hive.doc("ADDRESS:PORT of its door; absent when it has none.");
  lastSeen @5 :Int64 $Hive.unixMicros;
  self @6 :Bool $Hive.doc("Whether it is the node that answers.");
  epoch @7 :UInt64 $Hive.doc("How often it has been started.");
  labels @8 :List(Text);
  gpus @9 :List(Members.CardGpu);
  software @10 :Text;
  reason @11 :Text $Hive.doc("Why it is not active.");
  linked @12 :Bool $Hive.doc("Whether there is a link with it.");
  sameRoot @13 :Bool $Hive.doc("Whether it held the same as this node when last heard of; true of the node itself.");
  roundTripMs @14 :Float64 $Hive.doc("Of the last exchange with it.");
  spawned @15 :UInt32 $Hive.doc("Actors of agent engines that live on it, as it last said.");
}

struct NodeList $Hive.maxBytes(8388608) {
  nodes @0 :List(NodeInfo) $Hive.doc("In the order of their ids.");
}

struct Ping $Hive.maxBytes(1048576) {
  payload @0 :Data;
}

struct Pong $Hive.maxBytes(1048576) {
  payload @0 :Data $Hive.doc("The ping's.");
}
