@0xf2a4c0d1e83b6ad1;
# Who operated a node, and the tokens by which they may (docs/how-to/tokens.md).

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
$Cxx.namespace("hive::wire");

enum CallerKind {
  open @0 $Hive.doc("Nobody known: the node asks for no token.");
  token @1 $Hive.doc("Whoever has a configured token.");
  operator @2 $Hive.doc("Whoever can read the token that the node wrote for its operator.");
  user @3 $Hive.doc("A user of the machine.");
  certificate @4 $Hive.doc("Whoever has a certificate of the hive.");
}

struct AuditRecord $Hive.doc(
  "One request that needs role `operate`. The record is on disk before the request is carried out, and its answer before the caller gets it.") {
  number @0 :UInt64 $Hive.doc("Only grows, with gaps.");
  at @1 :Int64 $Hive.unixMicros $Hive.doc("When the request came, by the node's clock.");
  kind @2 :CallerKind;
  who @3 :Text $Hive.maxLength(256) $Hive.doc("Name of the token, user or certificate; absent: not known.");
  role @4 :Text $Hive.maxLength(16) $Hive.doc("Role of the caller: `anyone`, `read`, `record` or `operate`.");
  from @5 :Text $Hive.maxLength(64) $Hive.doc("Address that the request came from.");
  method @6 :Text $Hive.maxLength(16);
  route @7 :Text $Hive.maxLength(256) $Hive.doc("Path of the route, with {parameters}.");
  path @8 :Text $Hive.maxLength(1024) $Hive.doc("As requested, and so with the id of what was acted on.");
  nameSpace @9 :Text $Hive.name("namespace") $Hive.maxLength(64) $Hive.doc("Absent: the node itself.");
  made @10 :Text $Hive.maxLength(1024) $Hive.doc("Location of what the request made.");
  answeredAt @11 :Int64 $Hive.unixMicros $Hive.doc("Absent: the node ended, or could not write, before there was an answer.");
  status @12 :UInt16 $Hive.omitDefault $Hive.doc(
      "HTTP status of the answer. Absent: there was none; what was asked for may have been done or not.");
  problem @13 :Text $Hive.maxLength(512) $Hive.doc("Why it was refused or failed.");
  refused @14 :Bool $Hive.omitDefault $Hive.doc("The caller was not allowed to; nothing was done.");
  subject @16 :Text $Hive.maxLength(512) $Hive.doc("Ids in the body, as NAME=ID: what the request is about beside its path.");
  skipped @15 :UInt64 $Hive.omitDefault $Hive.doc("Refused requests since the last recorded one that have no record: only some have.");
}

struct AuditQuery {
  limit @0 :UInt32 = 100 $Hive.min(1) $Hive.max(1000) $Hive.doc("Most records of a page.");
  before @1 :UInt64 $Hive.doc("Continues with records of lower numbers: `next` of the previous page.");
  since @2 :Int64 $Hive.unixMicros $Hive.doc("Only records of this time or later.");
}

struct AuditPage $Hive.maxBytes(8388608) {
  records @0 :List(AuditRecord) $Hive.doc("Newest first.");
  next @1 :UInt64 $Hive.omitDefault $Hive.doc(
      "Pass it as `before` for the next page, which may be empty of matches; absent on the last page.");
}

struct TokenInfo $Hive.doc("A token of the node's configuration, without the token.") {
  id @0 :Text $Hive.doc("First digits of its SHA-256; tells tokens of one name apart.");
  name @1 :Text;
  role @2 :Text;
  notBefore @3 :Int64 $Hive.unixMicros $Hive.doc("Absent: valid at once.");
  expires @4 :Int64 $Hive.unixMicros $Hive.doc("Absent: never.");
  isValid @5 :Bool $Hive.name("valid") $Hive.doc("Whether the node takes it now.");
  perS @6 :Float64 $Hive.omitDefault $Hive.doc("Requests per second on average; absent: no limit.");
  burst @7 :UInt32 $Hive.omitDefault $Hive.doc("Requests at once.");
  lastUsed @8 :Int64 $Hive.unixMicros $Hive.doc("Absent: not since the node started.");
}

struct TokenList $Hive.maxBytes(8388608) $Hive.doc("The node's tokens, without that which it makes for its operator at each start.") {
  tokens @0 :List(TokenInfo) $Hive.doc("Those of the configuration, then those of the file.");
  file @1 :Text $Hive.doc("The configured file of tokens; absent: none.");
  startedAt @2 :Int64 $Hive.unixMicros $Hive.doc("When the node started: uses before are not known.");
}

struct TokenCreated $Hive.doc("What hivectl prints of a new token: once, since nothing keeps the token itself.") {
  name @0 :Text;
  id @1 :Text;
  role @2 :Text;
  token @3 :Text $Hive.doc("The token itself.");
  notBefore @4 :Int64 $Hive.unixMicros;
  expires @5 :Int64 $Hive.unixMicros;
  file @6 :Text $Hive.doc("To which its hash was added.");
}
