@0xf2a4c0d1e83b6a31;
# Namespaces of a node.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
$Cxx.namespace("hive::wire");

struct NamespaceName {
  id @0 :Text $Hive.id $Hive.required;
}

struct NamespaceQuery {
  limit @0 :UInt32 = 100 $Hive.min(1) $Hive.max(1000) $Hive.doc("Maximum number of entries in a page.");
  after @1 :Text $Hive.maxLength(64) $Hive.doc("Continues after this namespace: `next` of the previous page.");
}

struct NamespaceInfo {
  id @0 :Text $Hive.required;
  open @1 :Bool $Hive.doc("Whether its services run now; they are started when they are needed.");
}

struct NamespaceList {
  namespaces @0 :List(NamespaceInfo) $Hive.doc("In byte order.");
  count @1 :UInt32 $Hive.doc("Number of namespaces of the node.");
  max @2 :UInt32 $Hive.doc("Most that it may have.");
  next @3 :Text $Hive.doc("Pass it as `after` for the next page; absent on the last page.");
}
