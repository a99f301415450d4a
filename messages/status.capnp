@0xf2a4c0d1e83b6a5c;
# A node at a glance, and hivectl's report of it.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
using Node = import "node.capnp";
$Cxx.namespace("hive::wire");

struct NodeStatusQuery {
}

struct NodeStatus $Hive.doc("A node at a glance.") {
  health @0 :Node.Health;
  ready @1 :Bool $Hive.doc("Whether the node accepts requests and can store their data.");
  notReady @2 :Text $Hive.doc("Why it is not ready.");
  storeFreeBytes @3 :UInt64 $Hive.doc("Free bytes on the store's disk; 0 when unknown.");
  storeMinFreeBytes @4 :UInt64 $Hive.doc("The node refuses a write that would leave less free space.");
}

struct MemberCount {
  state @0 :Text $Hive.required $Hive.doc("As in the list of nodes.");
  nodes @1 :UInt32;
}

struct LastCapture {
  version @0 :Text $Hive.required;
  capturedAt @1 :Int64 $Hive.unixMicros;
}

struct StatusReport $Hive.doc("What `hivectl status` prints. Parts that the node could not report are absent.") {
  url @0 :Text $Hive.required;
  token @1 :Text $Hive.doc("The file of the token that was sent; empty when none was.");
  status @2 :NodeStatus;
  members @3 :List(MemberCount);
  adapters @4 :UInt32;
  availableAdapters @5 :UInt32;
  lastCapture @6 :LastCapture;
  unknown @7 :List(Text) $Hive.doc("The parts that could not be read, and why.");
}

struct WhoAmI $Hive.doc("What the sender of a request may do.") {
  role @0 :Text $Hive.required $Hive.doc("Its highest role: `read`, `record` or `operate`; each includes those before it.");
  token @1 :Text $Hive.doc("Name of the token that was sent; absent when none was, or one that the node does not know.");
  open @2 :Text $Hive.required $Hive.doc("The highest role that needs no token on this node: `none`, `read`, `record` or `operate`.");
}

struct DashboardAddress $Hive.doc("What `hivectl dashboard` prints.") {
  url @0 :Text $Hive.required $Hive.doc("Address of the node's dashboard. The token is behind the `#`, which browsers send to nobody.");
  role @1 :Text $Hive.required $Hive.doc("What the dashboard may do there; see WhoAmI.");
}

struct ProgramVersion {
  version @0 :Text $Hive.required;
}
