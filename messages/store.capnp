@0xf2a4c0d1e83b6a51;
# What a node keeps beside its store, to check at the next start that no acknowledged write is lost.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
$Cxx.namespace("hive::wire");

enum StoreState {
  creating @0 $Hive.doc("A first start is under way; nothing has been acknowledged yet.");
  live @1 $Hive.doc("The store holds acknowledged writes.");
}

struct StoreFile $Hive.doc("One file of the store, as far as it was on disk.") {
  name @0 :Text $Hive.required $Hive.maxLength(255);
  size @1 :UInt64 $Hive.doc("Bytes that must be present. A log may have grown since.");
  digest @2 :UInt64 $Hive.doc("XXH3 of these bytes.");
}

struct RunStamp $Hive.doc(
  "Stamp of the newest slot that a node has told others, kept outside of its data directory. A store with another one is not what the node last wrote.") {
  bootId @0 :Text $Hive.required $Hive.doc("Of the kernel: the stamp means nothing after the next boot of the machine.");
  node @1 :Text $Hive.required $Hive.doc("The node's id.");
  epoch @2 :UInt64;
  version @3 :UInt64;
}

struct StoreVersion $Hive.maxBytes(268435456) $Hive.doc(
  "Of a mark, what tells whether this program reads the store. These fields, which are those of StoreMark, keep number, type and meaning for ever.") {
  schemaVersion @0 :UInt32;
  state @1 :UInt16;
  sequence @2 :UInt64;
  files @3 :List(StoreFile);
  software @4 :Text;
}

struct StoreMark $Hive.maxBytes(268435456) $Hive.doc(
  "The newest acknowledged write, and the files that hold all writes up to it.") {
  schemaVersion @0 :UInt32 $Hive.doc("The store's, as in NodeMeta.");
  state @1 :StoreState;
  sequence @2 :UInt64 $Hive.doc("RocksDB's sequence number of the newest acknowledged write.");
  files @3 :List(StoreFile) $Hive.doc(
      "A name may appear twice while a file is being replaced: either content is valid.");
  software @4 :Text $Hive.maxLength(256) $Hive.doc("Release of the program that wrote the mark; absent when it was older than this field.");
}
