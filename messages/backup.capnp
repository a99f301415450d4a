@0xf2a4c0d1e83b6a61;
# Backups of a node's store (docs/how-to/backup-and-restore.md).

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
$Cxx.namespace("hive::wire");

struct BackupOwner $Hive.doc("Stored in a directory of backups: the one node whose backups it takes.") {
  node @0 :Text $Hive.required $Hive.maxLength(64) $Hive.doc("The node's id.");
}

struct BackupFile $Hive.doc("One file of a backup. Exactly one of the digests is given.") {
  path @0 :Text $Hive.required $Hive.doc("Relative to the directory of backups.");
  size @1 :UInt64;
  sha256 @2 :Text $Hive.maxLength(64) $Hive.doc("64 hexadecimal digits, of files that belong to this backup alone.");
  xxh3 @3 :Text $Hive.maxLength(16) $Hive.doc("16 hexadecimal digits, of tables, which several backups share.");
}

struct RecordCount {
  kind @0 :Text $Hive.required $Hive.maxLength(64) $Hive.doc("Name of the column family.");
  records @1 :UInt64;
}

struct BackupManifest $Hive.maxBytes(67108864) $Hive.doc(
  "What a backup holds. Written last, so that a backup with a manifest is complete.") {
  format @0 :UInt32 = 1 $Hive.min(1) $Hive.doc("Version of the directory's layout.");
  number @1 :UInt32 $Hive.min(1) $Hive.doc("Numbers of backups only grow.");
  node @2 :Text $Hive.required $Hive.maxLength(64) $Hive.doc("Id of the node.");
  publicKey @3 :Text $Hive.required $Hive.maxLength(64) $Hive.doc("The node's Ed25519 key: 64 hexadecimal digits. The id is its hash.");
  createdAt @4 :Int64 $Hive.unixMicros $Hive.doc("When the backup was complete.");
  epoch @5 :UInt64 $Hive.doc("Number of starts of the node, as the copy holds it.");
  software @6 :Text $Hive.maxLength(256) $Hive.doc("Version of hived.");
  schemaVersion @7 :UInt32 $Hive.doc("Of the store.");
  sequence @8 :UInt64 $Hive.doc("RocksDB's sequence number of the newest write in the copy.");
  records @9 :List(RecordCount) $Hive.doc("Counted in the copy.");
  files @10 :List(BackupFile);
  bytes @11 :UInt64 $Hive.doc("Sizes of all files together.");
  newBytes @12 :UInt64 $Hive.doc("Of the files that no earlier backup had.");
  signature @13 :Text $Hive.maxLength(128) $Hive.doc(
      "The node's signature of this document without this field: 128 hexadecimal digits.");
}

struct BackupVersion $Hive.tolerant $Hive.maxBytes(67108864) $Hive.doc(
  "Of a manifest, what tells whether this program reads it; the form of the rest may be of a later one.") {
  format @0 :UInt32 = 1;
  software @1 :Text;
  schemaVersion @2 :UInt32;
}

struct BackupCheck {
  number @0 :UInt32 $Hive.doc("Of the backup.");
  at @1 :Int64 $Hive.unixMicros $Hive.doc("When all of its files were last read and compared.");
}

struct BackupChecks $Hive.maxBytes(16777216) $Hive.doc(
  "Stored in a directory of backups: which ones were last found whole. A note, which nothing depends on.") {
  checks @0 :List(BackupCheck);
  allAt @1 :Int64 $Hive.unixMicros $Hive.doc("When all files of all backups were last read and compared.");
  cursor @2 :Text $Hive.doc("The shared file that a sample ended with.");
}

struct BackupRequest {
  to @0 :Text $Hive.doc("Absolute path of a directory of the node; default: the configured one.");
  rateMib @1 :UInt32 $Hive.max(1048576) $Hive.doc("Most MiB that are copied per second; 0: as configured.");
}

struct BackupMade $Hive.maxBytes(16777216) $Hive.doc("A backup that was made.") {
  backup @0 :BackupSummary;
  directory @1 :Text;
  durationS @2 :Float64;
  sampledBytes @3 :UInt64 $Hive.doc("Bytes of earlier backups' files that were read and compared.");
  lastVerified @4 :Int64 $Hive.unixMicros $Hive.doc("When all files of the directory were last read and compared.");
  repaired @5 :List(Text) $Hive.doc("Files of earlier backups that were damaged, and were copied again from the store.");
  damaged @6 :List(Text) $Hive.doc("Files of earlier backups that are damaged, and that the store no longer has.");
}

struct BackupSummary $Hive.doc("One backup.") {
  number @0 :UInt32;
  createdAt @1 :Int64 $Hive.unixMicros;
  bytes @2 :UInt64 $Hive.doc("What it takes alone.");
  newBytes @3 :UInt64 $Hive.doc("What it added to those before it.");
  records @4 :UInt64 $Hive.doc("Of all kinds together.");
  epoch @5 :UInt64;
  sequence @6 :UInt64;
  software @7 :Text;
  verifiedAt @8 :Int64 $Hive.unixMicros $Hive.doc("When all of its files were last read and compared; absent: never since.");
  problem @9 :Text $Hive.doc("Why it cannot be used; absent if nothing is known against it.");
}

struct BackupsQuery {
  limit @0 :UInt32 = 100 $Hive.min(1) $Hive.max(1000) $Hive.doc("Most backups to list, the newest ones.");
}

struct Backups $Hive.maxBytes(16777216) $Hive.doc("The backups of a directory.") {
  directory @0 :Text $Hive.doc("Absent when none is configured.");
  node @1 :Text $Hive.doc("Id of the node whose backups these are; absent when there is none yet.");
  lastSuccess @2 :Int64 $Hive.unixMicros $Hive.doc("Time of the newest backup; absent when there is none.");
  lastVerified @3 :Int64 $Hive.unixMicros $Hive.doc("When all files of the directory were last read and compared.");
  everyS @4 :UInt64 $Hive.omitDefault $Hive.doc("Seconds between the backups that the node makes by itself; absent: it makes none.");
  running @5 :Bool $Hive.doc("Whether one is being made.");
  lastError @6 :Text $Hive.doc("Why the newest attempt since the node's start failed; absent when it succeeded.");
  count @7 :UInt32 $Hive.doc("Number of backups.");
  bytes @8 :UInt64 $Hive.doc("Sizes of all files together, each counted once.");
  backups @9 :List(BackupSummary) $Hive.doc("Newest first.");
}

struct BackupVerification $Hive.maxBytes(16777216) $Hive.doc("What a verification found.") {
  directory @0 :Text;
  backups @1 :List(BackupSummary) $Hive.doc("Those that were verified, newest first.");
  bytes @2 :UInt64 $Hive.doc("Bytes that were read.");
  opened @3 :Bool $Hive.doc("Whether the copies were opened and their records counted.");
  durationS @4 :Float64;
}

struct BackupRestored $Hive.doc("A store that was restored.") {
  number @0 :UInt32 $Hive.doc("Of the backup.");
  data @1 :Text $Hive.doc("The new data directory.");
  node @2 :Text $Hive.doc("Id of the node that it holds.");
  epoch @3 :UInt64 $Hive.doc("The next start gets a higher one.");
  sequence @4 :UInt64;
  records @5 :UInt64;
  createdAt @6 :Int64 $Hive.unixMicros $Hive.doc("Of the backup. Everything later is lost.");
  configuration @7 :Text $Hive.doc("The copy of the configuration file; absent when there is none.");
  isNewNode @8 :Bool;
  peersAsked @9 :UInt32 $Hive.doc("Nodes that were asked whether the node still runs.");
}

struct BackupsPruned {
  directory @0 :Text;
  deleted @1 :List(UInt32) $Hive.doc("Numbers of the deleted backups, or of those that would be.");
  kept @2 :List(UInt32);
  freedBytes @3 :UInt64;
  dryRun @4 :Bool;
}

struct SeenNode $Hive.tolerant $Hive.doc("A node in the list of another one, which may have a later version.") {
  id @0 :Text $Hive.required;
  state @1 :Text;
  epoch @2 :UInt64;
}

struct SeenNodes $Hive.tolerant $Hive.maxBytes(8388608) {
  nodes @0 :List(SeenNode) $Hive.required $Hive.doc("A node lists itself at least.");
}
