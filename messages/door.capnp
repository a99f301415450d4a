@0xf2a4c0d1e83b6a09;
# Connections between nodes: certificates, the handshake, and the list of known nodes.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
using Members = import "hive.capnp";
$Cxx.namespace("hive::wire");

struct CertificateFiles $Hive.doc("Paths of a new certificate and its key.") {
  name @0 :Text $Hive.required;
  role @1 :Text $Hive.required $Hive.doc("ca, node or engine.");
  certificateFile @2 :Text $Hive.required;
  keyFile @3 :Text $Hive.required;
  notAfter @4 :Int64 $Hive.unixMicros;
}

# -- handshake: before the two sides trust each other ---------------------------

struct Knock $Hive.maxBytes(4096) $Hive.doc(
  "First message from both sides of a connection. Its format never changes, so that any two versions can read each other's.") {
  minVersion @0 :UInt16 $Hive.doc("Range of protocol versions that the sender supports.");
  maxVersion @1 :UInt16;
  nonce @2 :Data $Hive.required $Hive.doc("32 fresh random bytes.");
  software @3 :Text $Hive.maxLength(64) $Hive.doc("Version of the program.");
}

enum Role {
  node @0;
  engine @1;
}

struct Hello $Hive.maxBytes(65536) $Hive.doc("Identity of one side of a connection.") {
  role @0 :Role;
  node @1 :Text $Hive.id $Hive.required $Hive.doc("Hex of the first 16 bytes of the public key's SHA-256.");
  publicKey @2 :Data $Hive.required $Hive.doc("Ed25519.");
  epoch @3 :UInt64 $Hive.doc("Number of times that the node has been started.");
  card @4 :Members.NodeCard $Hive.required;
}

struct SignedHello $Hive.maxBytes(73728) {
  hello @0 :Data $Hive.required $Hive.doc("A Hello, in the bytes that were signed.");
  signature @1 :Data $Hive.required $Hive.doc(
      "Ed25519 signature by the Hello's key over all earlier bytes of this connection and the TLS session.");
}

struct HelloAnswer $Hive.maxBytes(81920) $Hive.doc("Whether one side accepts the other.") {
  admitted @0 :Bool;
  code @1 :UInt8 $Hive.doc("The error's code (messages/ec.hpp) when `admitted` is false.");
  reason @2 :Text $Hive.maxLength(1024);
  hello @3 :SignedHello $Hive.doc("The accepting side's hello, when `admitted` is true.");
  node @4 :Text $Hive.id $Hive.doc("Id of the answering node; unproven when `admitted` is false.");
}

# -- known nodes ---------------------------------------------------------------

struct NodeQuery {
  node @0 :Text $Hive.id $Hive.doc("Only this node; all when absent.");
}

struct NodeInfo {
  id @0 :Text $Hive.required;
  name @1 :Text $Hive.doc("Absent while only the node's id is known.");
  state @2 :Members.MemberState;
  tier @3 :Members.NodeTier;
  address @4 :Text $Hive.doc("ADDRESS:PORT on which it accepts connections; absent when it does not.");
  lastSeen @5 :Int64 $Hive.unixMicros;
  self @6 :Bool $Hive.doc("Whether this is the answering node itself.");
  epoch @7 :UInt64 $Hive.doc("Number of times that it has been started.");
  labels @8 :List(Text);
  gpus @9 :List(Members.CardGpu);
  software @10 :Text;
  reason @11 :Text $Hive.doc("Why it is not active.");
  linked @12 :Bool $Hive.doc("Whether this node has a link to it.");
  sameRoot @13 :Bool $Hive.doc(
      "Whether its slots matched this node's when last heard from; always true for the node itself.");
  roundTripMs @14 :Float64 $Hive.doc("Round trip of the last exchange.");
  spawned @15 :UInt32 $Hive.doc("Actors of agent engines that run on it, as last reported.");
  gpuMib @16 :UInt64 $Hive.omitDefault $Hive.doc("Most memory that a lease can have on one of its GPUs; 0 without a usable GPU, or when it has not said so.");
  freeGpuMib @17 :UInt64 $Hive.omitDefault $Hive.doc("Most memory that is free on one of its GPUs, rounded down to GiB, as last reported.");
  gpuRequests @18 :UInt32 $Hive.omitDefault $Hive.doc("Requests for its GPUs that wait.");
  gpuPromisedAt @19 :Int64 $Hive.unixMicros $Hive.doc("When the first of them starts at the latest.");
  idleGpuMib @20 :UInt64 $Hive.omitDefault $Hive.doc("Memory of its largest GPU without a lease, as last reported.");
  certificateSerial @21 :Text $Hive.doc("Serial number of the certificate in its card, in hex; absent without TLS.");
  certificateKey @22 :Text $Hive.doc("SHA-256 of that certificate's public key, in hex.");
  certificateExpires @23 :Int64 $Hive.unixMicros $Hive.doc("When that certificate expires.");
  revoked @24 :Bool $Hive.omitDefault $Hive.doc("Whether its CA has revoked that certificate: no node makes links with it.");
  taskRecords @25 :UInt64 $Hive.omitDefault $Hive.doc("Task records that its statistics count; only in the answer about one node.");
}

struct NodeList $Hive.maxBytes(8388608) {
  nodes @0 :List(NodeInfo) $Hive.doc("Ordered by id.");
}

struct Ping $Hive.maxBytes(1048576) {
  payload @0 :Data;
}

struct Pong $Hive.maxBytes(1048576) {
  payload @0 :Data $Hive.doc("The ping's payload.");
}
