@0xf2a4c0d1e83b6a05;
# A node's health, its errors, and its stored identity.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
$Cxx.namespace("hive::wire");

struct HealthQuery {
}

struct Health {
  status @0 :Text $Hive.doc("`ok`, or what is not ready.");
  node @1 :Text;
  version @2 :Text;
  uptimeS @3 :Float64;
  epoch @4 :UInt64 $Hive.doc("Number of times that this node has been started.");
  id @5 :Text $Hive.doc("The node's id; `node` is its configured name.");
}

struct Problem $Hive.doc("RFC 9457 problem details.") {
  type @0 :Text $Hive.doc("Always about:blank; `code` tells problems apart.");
  title @1 :Text $Hive.required;
  status @2 :UInt16;
  detail @3 :Text $Hive.doc("What is wrong, naming the offending field, id or file.");
  code @4 :Text $Hive.doc("Name of the error code, stable across versions.");
  pointer @5 :Text $Hive.doc("JSON pointer to the offending value in the request's body.");
}

struct NodeMeta $Hive.doc("Stored in column family `meta`.") {
  schemaVersion @0 :UInt32;
  publicKey @1 :Data;
  secretKey @2 :Data;
  epoch @3 :UInt64;
  createdAt @4 :Int64 $Hive.unixMicros;
}
