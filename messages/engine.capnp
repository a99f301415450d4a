@0xf2a4c0d1e83b6a0e;
# Messages between agent engines and nodes about spawning actors.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
using import "benchmark.capnp".CommandSpec;
using import "benchmark.capnp".Measurement;
using import "research.capnp".ResearchReport;
using import "research.capnp".StartResearch;
using import "install.capnp".InstallBenchmark;
using import "place.capnp".SpawnPlace;
using Members = import "hive.capnp";
$Cxx.namespace("hive::wire");

struct SpawnSpec $Hive.doc("What to spawn: exactly one of `adapter`, `research` and `benchmark`.") {
  adapter @0 :CommandSpec $Hive.doc("An adapter that measures by running this command.");
  research @1 :StartResearch $Hive.doc("An AutoResearch session; its id is required.");
  stay @2 :Bool $Hive.doc("Whether it outlives the engine's connection.");
  benchmark @3 :InstallBenchmark $Hive.doc("A benchmark to install from a git repository. It is the node's from then on.");
}

struct SpawnRequest $Hive.doc("Asks the engine's own node for permission to spawn.") {
  spec @0 :SpawnSpec $Hive.required;
  node @1 :Text $Hive.id $Hive.doc("The target node. When absent, the least loaded active node is chosen.");
  labels @2 :List(Text) $Hive.maxLength(64) $Hive.doc("Labels that the target node must have.");
  tier @3 :Members.NodeTier $Hive.doc("The target node is of this tier or a higher one.");
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

struct InstallThere $Hive.doc("Installs the benchmark of `spec` on the node that is asked.") {
  ticket @0 :SpawnTicket $Hive.required;
  spec @1 :SpawnSpec $Hive.required;
}

struct EndSpawned {
  id @0 :Text $Hive.id $Hive.required $Hive.doc("Hex of the ticket's nonce.");
  engine @1 :Text $Hive.id $Hive.doc(
      "Name of the engine for which a node asks over a link; over an engine's own connection it is not read.");
}

struct SpawnedEnded {
  id @0 :Text $Hive.id $Hive.required;
}

# -- engines that speak HTTP ------------------------------------------------------

struct StartSpawned $Hive.doc("What to spawn: exactly one of `command` and `session`.") {
  command @0 :CommandSpec $Hive.doc("An adapter that measures by running this command. It measures once, at once.");
  session @1 :StartResearch $Hive.doc("An AutoResearch session; its id is required.");
  place @2 :SpawnPlace;
  stay @3 :Bool $Hive.doc("Whether it lives on without keep-alives, where the node allows that.");
  engine @4 :Text $Hive.id $Hive.doc(
      "Name of the engine, whose quota counts; `operator` when absent. The name of a configured token stands above it.");
}

enum SpawnedKind {
  adapter @0;
  research @1;
}

enum SpawnedState {
  running @0 $Hive.doc("It measures, or the session has not been finished.");
  done @1 $Hive.doc("Its result can be fetched.");
  failed @2 $Hive.doc("It has no result; `reason` says why.");
  ended @3 $Hive.doc("It was ended, or its node was lost; `reason` says which.");
}

struct Spawned $Hive.doc("What an engine has spawned.") {
  id @0 :Text $Hive.id $Hive.required;
  engine @1 :Text $Hive.id;
  node @2 :Text $Hive.id $Hive.doc("The node on which it lives.");
  kind @3 :SpawnedKind;
  name @4 :Text $Hive.doc("Name of the adapter, or id of the AutoResearch session.");
  state @5 :SpawnedState;
  reason @6 :Text $Hive.maxLength(8192) $Hive.doc("Why it failed or ended.");
  stay @7 :Bool;
  startedAt @8 :Int64 $Hive.unixMicros;
}

struct SpawnedQuery {
}

struct SpawnedList $Hive.maxBytes(16777216) {
  spawned @0 :List(Spawned) $Hive.doc("The oldest first. Those that ended stay in the list for a while.");
}

struct OneSpawnedQuery {
  id @0 :Text $Hive.id $Hive.required;
}

struct KeepSpawned $Hive.doc("Says that the engine is alive, for `id` and all of `also`.") {
  id @0 :Text $Hive.id $Hive.required;
  also @1 :List(Text) $Hive.maxLength(1024) $Hive.doc("Ids of others that the same process has spawned.");
}

struct SpawnedKept $Hive.maxBytes(16777216) {
  spawned @0 :List(Spawned) $Hive.doc("Those of the ids that this node knows.");
  gone @1 :List(Text) $Hive.doc("Those that it does not know.");
}

struct SpawnedResultQuery {
  id @0 :Text $Hive.id $Hive.required;
  wait @1 :Float64 $Hive.min(0) $Hive.max(60) $Hive.doc(
      "Seconds to wait for the end of what is running; then the answer has no result yet.");
}

struct SpawnedResult $Hive.maxBytes(16777216) {
  spawned @0 :Spawned;
  measurement @1 :Measurement $Hive.doc("Of an adapter that is done.");
  report @2 :ResearchReport $Hive.doc("Of a session that is done.");
}

struct EndOneSpawned {
  id @0 :Text $Hive.id $Hive.required;
}

enum EngineProtocol {
  caf @0 $Hive.doc("Connected with the door of this node.");
  http @1 $Hive.doc("Served over HTTP by this node or, when `via` is there, by that node.");
}

struct EngineInfo $Hive.doc("An engine, and what it spawned.") {
  name @0 :Text;
  protocol @1 :EngineProtocol;
  remote @2 :Text $Hive.doc("ADDRESS:PORT of its connection; absent when it has none.");
  via @3 :Text $Hive.id $Hive.doc("The node that spawned here for it.");
  connectedAt @4 :Int64 $Hive.unixMicros;
  spawned @5 :List(Spawned) $Hive.doc(
      "Of an engine of this node's HTTP: everything, wherever it lives. Of all others: what lives on this node.");
}

struct EngineQuery {
}

struct EngineList $Hive.maxBytes(16777216) {
  engines @0 :List(EngineInfo) $Hive.doc("Ordered by name.");
}
