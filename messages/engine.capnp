@0xf2a4c0d1e83b6a0e;
# Messages between agent engines and nodes about spawning actors.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
using import "benchmark.capnp".CommandSpec;
using import "research.capnp".StartResearch;
$Cxx.namespace("hive::wire");

struct SpawnSpec $Hive.doc("What to spawn: exactly one of `adapter` and `research`.") {
  adapter @0 :CommandSpec $Hive.doc("An adapter that measures by running this command.");
  research @1 :StartResearch $Hive.doc("An AutoResearch session; its id is required.");
  stay @2 :Bool $Hive.doc("Whether it outlives the engine's connection.");
}

struct SpawnRequest $Hive.doc("Asks the engine's own node for permission to spawn.") {
  spec @0 :SpawnSpec $Hive.required;
  node @1 :Text $Hive.id $Hive.doc("The target node. When absent, the least loaded active node is chosen.");
  labels @2 :List(Text) $Hive.maxLength(64) $Hive.doc("Labels that the target node must have.");
}

struct TicketContent $Hive.maxBytes(4096) {
  issuerKey @0 :Data $Hive.required $Hive.doc("Ed25519; the issuing node's id is the hash of this key.");
  engine @1 :Text $Hive.id $Hive.required $Hive.doc("Name of the engine that may use the ticket.");
  fingerprint @2 :Data $Hive.required $Hive.doc("SHA-256 of the engine's certificate, or of its key without TLS.");
  target @3 :Text $Hive.id $Hive.required $Hive.doc("The node on which to spawn.");
  specHash @4 :Data $Hive.required $Hive.doc("SHA-256 of the SpawnSpec in canonical form.");
  expiresAt @5 :Int64 $Hive.unixMicros $Hive.required;
  nonce @6 :Data $Hive.required $Hive.doc("16 random bytes. A ticket can be used once.");
}

struct SpawnTicket $Hive.maxBytes(8192) $Hive.doc("Permission for one engine to spawn one thing on one node, once.") {
  content @0 :Data $Hive.required $Hive.doc("A TicketContent, in the bytes that were signed.");
  signature @1 :Data $Hive.required $Hive.doc("Ed25519 by the issuer's key, see actors/hive/ticket.hpp.");
  address @2 :Text $Hive.maxLength(256) $Hive.doc(
      "ADDRESS:PORT of the target node. Not signed: the handshake proves the target's identity.");
}

struct SpawnAdapter {
  ticket @0 :SpawnTicket $Hive.required;
  spec @1 :SpawnSpec $Hive.required;
}

struct SpawnResearch {
  ticket @0 :SpawnTicket $Hive.required;
  spec @1 :SpawnSpec $Hive.required;
}

struct EndSpawned {
  id @0 :Text $Hive.id $Hive.required $Hive.doc("Hex of the ticket's nonce.");
}

struct SpawnedEnded {
  id @0 :Text $Hive.id $Hive.required;
}
