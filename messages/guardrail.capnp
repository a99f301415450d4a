@0xf2a4c0d1e83b6a06;
# The guardrail manifest: hashes of the files and patterns that must not change unnoticed, signed.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
$Cxx.namespace("hive::wire");

struct GuardrailFile {
  path @0 :Text $Hive.key $Hive.required $Hive.doc("Relative to the manifest's root.");
  sha256 @1 :Text $Hive.required $Hive.maxLength(64);
}

struct GuardrailPattern {
  name @0 :Text $Hive.key $Hive.required $Hive.maxLength(256);
  body @1 :Text $Hive.required $Hive.maxLength(65536);
  sha256 @2 :Text $Hive.required $Hive.maxLength(64);
}

struct GuardrailManifest $Hive.maxBytes(8388608) {
  root @0 :Text $Hive.doc("Directory of the files, relative to the manifest file; without it the manifest's own.");
  files @1 :List(GuardrailFile);
  patterns @2 :List(GuardrailPattern);
  signedAt @3 :Int64 $Hive.unixMicros;
  publicKey @4 :Text $Hive.maxLength(64) $Hive.doc("Ed25519, hex. Verifiers pin the key they trust; this one only tells which it was.");
  signature @5 :Text $Hive.maxLength(128) $Hive.doc(
    "Ed25519 over the canonical Cap'n Proto form of the manifest without signature, hex. In that form files and patterns stand in byte order of their keys and what is empty is absent.");
}

struct GuardrailKeys $Hive.doc("Where a new pair of signing keys lies.") {
  secretKeyFile @0 :Text $Hive.required;
  publicKeyFile @1 :Text $Hive.required;
  publicKey @2 :Text $Hive.required $Hive.maxLength(64) $Hive.doc("Ed25519, hex.");
}

struct GuardrailFinding $Hive.doc("One thing that is not as it was signed.") {
  subject @0 :Text $Hive.required $Hive.doc("The file's path, `pattern NAME`, or `manifest`.");
  what @1 :Text $Hive.required;
}

struct GuardrailCheck $Hive.maxBytes(8388608) $Hive.doc("What verifying a manifest found.") {
  intact @0 :Bool $Hive.doc("Whether everything is as it was signed.");
  files @1 :UInt64 $Hive.doc("How many were checked.");
  patterns @2 :UInt64;
  findings @3 :List(GuardrailFinding);
}
