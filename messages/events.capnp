@0xf2a4c0d1e83b6a0a;
# What happens on a node and in its hive, told as it happens.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
using Upgrade = import "upgrade.capnp";
$Cxx.namespace("hive::wire");

enum EventKind {
  missed @0 $Hive.doc("Events that the reader did not get: they are no longer kept.");
  membership @1 $Hive.doc("A node of the hive came, went or came back.");
  capture @2 $Hive.doc("A snapshot is being captured, was kept, or was given up.");
  verdict @3 $Hive.doc("Two versions were compared with another outcome than the last time.");
}

enum MemberChange {
  joined @0 $Hive.doc("It is new to this node.");
  suspected @1 $Hive.doc("Not heard of in time; it may refute.");
  stale @2 $Hive.doc("Did not refute in time.");
  dead @3 $Hive.doc("Stale for long.");
  back @4 $Hive.doc("Active again.");
  quarantined @5 $Hive.doc("Broke the rules; its statistics are left out.");
}

struct MemberEvent $Hive.doc("What became of another node, as this one sees it.") {
  node @0 :Text $Hive.required $Hive.doc("Its id.");
  name @1 :Text $Hive.doc("The name on its card, once that is known.");
  change @2 :MemberChange;
  reason @3 :Text;
}

enum CaptureStep {
  started @0;
  finished @1 $Hive.doc("The snapshot is durable.");
  failed @2 $Hive.doc("There is no snapshot.");
  imported @3 $Hive.doc("A snapshot that was captured elsewhere is durable.");
  deleted @4 $Hive.doc("A capture was deleted.");
}

struct CaptureEvent {
  version @0 :Text $Hive.required;
  captureId @1 :UInt64;
  step @2 :CaptureStep;
  metrics @3 :UInt32 $Hive.doc("How many the snapshot holds; 0 while there is none.");
  reason @4 :Text $Hive.doc("Why it failed, or was deleted.");
  adapterErrors @5 :UInt32 $Hive.omitDefault $Hive.doc("How many adapters failed.");
}

struct VerdictEvent {
  old @0 :Text $Hive.required;
  new @1 :Text $Hive.required;
  policy @2 :Upgrade.Policy;
  verdict @3 :Upgrade.Verdict;
  reason @4 :Text;
  compared @5 :UInt32 $Hive.doc("How many metrics were compared.");
  regressions @6 :UInt32 $Hive.doc("How many of them regressed.");
}

struct MissedEvents {
  count @0 :UInt64 $Hive.doc("How many, of all kinds; 0 when that is not known, as after a restart of the node.");
}

struct Event $Hive.doc("Something that happened. The field named after its kind says what.") {
  id @0 :UInt64 $Hive.doc("Rises from event to event, also over restarts of the node.");
  time @1 :Int64 $Hive.unixMicros;
  kind @2 :EventKind;
  membership @3 :MemberEvent;
  capture @4 :CaptureEvent;
  verdict @5 :VerdictEvent;
  missed @6 :MissedEvents;
}

struct EventQuery $Hive.doc(
  "Follows what happens as server-sent events: id, the kind as event, an Event as data. Who reconnects sends Last-Event-ID, which goes before `since`.") {
  since @0 :Int64 = -1 $Hive.min(-1) $Hive.doc(
    "The id of the last event that is known: what follows it comes first, as far as it is kept. 0: all that is kept. -1: only what is to come.");
  kind @1 :List(EventKind) $Hive.maxLength(16) $Hive.doc("Only these kinds, and what was missed; without it all.");
}
