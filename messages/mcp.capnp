@0xf2a4c0d1e83b6a2f;
# What hivectl reads of the Model Context Protocol (JSON-RPC 2.0) when an agent host asks it. Hosts may send more members
# than these, which do not matter here.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
$Cxx.namespace("hive::wire");

struct RpcMessage $Hive.tolerant $Hive.maxBytes(4194304) $Hive.doc("A request, or a notification, which has no id.") {
  jsonrpc @0 :Text $Hive.required $Hive.maxLength(8);
  id @1 :Text $Hive.json $Hive.maxLength(256);
  method @2 :Text $Hive.maxLength(256) $Hive.doc("Absent from an answer.");
  params @3 :Text $Hive.json $Hive.maxLength(2097152);
}

struct InitializeParams $Hive.tolerant {
  protocolVersion @0 :Text $Hive.name("protocolVersion") $Hive.required $Hive.maxLength(64);
  clientInfo @1 :ClientInfo $Hive.name("clientInfo");
}

struct ClientInfo $Hive.tolerant {
  name @0 :Text $Hive.maxLength(256);
  version @1 :Text $Hive.maxLength(256);
}

struct ListToolsParams $Hive.tolerant {
  cursor @0 :Text $Hive.maxLength(256);
}

struct CallToolParams $Hive.tolerant $Hive.maxBytes(4194304) {
  name @0 :Text $Hive.required $Hive.maxLength(256);
  arguments @1 :Text $Hive.json $Hive.maxLength(2097152);
  meta @2 :CallMeta $Hive.name("_meta");
}

struct CallMeta $Hive.tolerant {
  progressToken @0 :Text $Hive.name("progressToken") $Hive.json $Hive.maxLength(256);
}

struct CancelledParams $Hive.tolerant {
  requestId @0 :Text $Hive.name("requestId") $Hive.json $Hive.required $Hive.maxLength(256);
  reason @1 :Text $Hive.maxLength(1024);
}
