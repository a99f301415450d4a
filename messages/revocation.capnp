@0xf2a4c0d1e83b6af7;
# Certificates that a CA has issued and revoked, and nodes that it has forgotten.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
$Cxx.namespace("hive::wire");

struct BlockedHolders $Hive.maxBytes(65536) $Hive.doc(
  "Extension of a CA's revocation list, packed. It holds what X.509 has no field for.") {
  keys @0 :Data $Hive.doc("Per revoked public key the first 12 bytes of its SHA-256.");
  nodes @1 :Data $Hive.doc("Per forgotten node the 16 bytes of its id.");
}

struct IssuedCertificate $Hive.doc("A line of a CA's ledger, issued.jsonl.") {
  serial @0 :Text $Hive.required $Hive.maxLength(40) $Hive.doc("In hex.");
  name @1 :Text $Hive.required $Hive.maxLength(64);
  role @2 :Text $Hive.required $Hive.doc("node or engine.");
  key @3 :Text $Hive.required $Hive.maxLength(64) $Hive.doc("SHA-256 of the public key, in hex.");
  issuedAt @4 :Int64 $Hive.unixMicros;
  notAfter @5 :Int64 $Hive.unixMicros;
  revoked @6 :Bool $Hive.omitDefault $Hive.doc("Whether the CA's revocation list names it; never in the ledger itself.");
}

struct IssuedCertificates $Hive.maxBytes(8388608) {
  certificates @0 :List(IssuedCertificate) $Hive.doc("Oldest first.");
}

struct StoredRevocationList $Hive.doc("Disk form of a revocation list that the node has accepted.") {
  list @0 :Data $Hive.required $Hive.doc("DER.");
}

struct RevocationUpload $Hive.doc("Gives the hive a newer revocation list of one of its CAs.") {
  list @0 :Text $Hive.required $Hive.maxLength(1048576) $Hive.doc("An X.509 CRL as PEM, such as ca/crl.pem.");
}

struct RevocationQuery {
}

struct HeldRevocationList $Hive.doc("The newest revocation list of one CA that the node knows.") {
  ca @0 :Text $Hive.required $Hive.doc("SHA-256 of the CA's public key, in hex.");
  name @1 :Text $Hive.doc("The CA's name.");
  number @2 :UInt64 $Hive.doc("The list's CRL number; 0 while the CA has revoked nothing.");
  certificates @3 :UInt32 $Hive.doc("How many certificates it revokes.");
  nodes @4 :UInt32 $Hive.doc("How many nodes it forgets.");
  list @5 :Text $Hive.maxLength(1048576) $Hive.doc("The list as PEM; absent while the CA has revoked nothing.");
}

struct HeldRevocations {
  lists @0 :List(HeldRevocationList) $Hive.doc("One per CA that the node trusts.");
}

struct WrittenRevocationList $Hive.doc("What a command has added to a CA's revocation list.") {
  file @0 :Text $Hive.required;
  number @1 :UInt64 $Hive.doc("The list's CRL number.");
  serials @2 :List(Text) $Hive.doc("Certificates that are revoked now and were not before, in hex.");
  nodes @3 :List(Text) $Hive.doc("Nodes that are forgotten now and were not before.");
  records @4 :UInt64 $Hive.doc("How many task records of forgotten nodes stop counting.");
  sent @5 :Bool $Hive.doc("Whether a node has accepted the list.");
}
