@0xf2a4c0d1e83b6a06;
# The guardrail manifest: signed hashes of files and patterns whose changes must not go unnoticed.

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
  root @0 :Text $Hive.doc(
      "Directory of the files, relative to the manifest file; the manifest's own directory when absent.");
  files @1 :List(GuardrailFile);
  patterns @2 :List(GuardrailPattern);
  signedAt @3 :Int64 $Hive.unixMicros;
  publicKey @4 :Text $Hive.maxLength(64) $Hive.doc(
      "Ed25519, hex. Informational: verifiers use the key that they are configured to trust.");
  signature @5 :Text $Hive.maxLength(128) $Hive.doc(
      "Ed25519 signature over the canonical Cap'n Proto form of the manifest without `signature`, hex. In that form files and patterns are sorted by the bytes of their keys, and empty values are absent.");
}

struct GuardrailKeys $Hive.doc("Paths of a new pair of signing keys.") {
  secretKeyFile @0 :Text $Hive.required;
  publicKeyFile @1 :Text $Hive.required;
  publicKey @2 :Text $Hive.required $Hive.maxLength(64) $Hive.doc("Ed25519, hex.");
}

struct GuardrailFinding $Hive.doc("One difference from what was signed.") {
  subject @0 :Text $Hive.required $Hive.doc("The file's path, `pattern NAME`, or `manifest`.");
  what @1 :Text $Hive.required;
}

struct GuardrailCheck $Hive.maxBytes(8388608) $Hive.doc("Result of verifying a manifest.") {
  intact @0 :Bool $Hive.doc("Whether everything matches what was signed.");
  files @1 :UInt64 $Hive.doc("Number of files checked.");
  patterns @2 :UInt64;
  findings @3 :List(GuardrailFinding);
}
