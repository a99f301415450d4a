@0xf2a4c0d1e83b6ad7;
# A check of two versions as a document, which anybody who has the same measurements can compute again.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
using Snapshot = import "snapshot.capnp";
using Upgrade = import "upgrade.capnp";
$Cxx.namespace("hive::wire");

struct AskForDocument {
  check @0 :Upgrade.UpgradeQuery;
}

struct VersionInput $Hive.doc("One version of a check, and what was measured of it.") {
  version @0 :Text $Hive.id $Hive.required;
  capture @1 :UInt64 $Hive.omitDefault $Hive.doc("Number of the snapshot's capture on the node.");
  sha256 @2 :Text $Hive.maxLength(64) $Hive.doc(
      "Hash of the snapshot's JSON without blanks and with a newline at its end. Absent: the version had no snapshot.");
  similar @3 :List(Text) $Hive.maxLength(16) $Hive.omitDefault $Hive.doc(
      "If it had none: versions with similar names that had one.");
}

struct RoundInput {
  adapter @0 :Text $Hive.required $Hive.maxLength(64);
  number @1 :UInt32 $Hive.min(1);
  sha256 @2 :Text $Hive.required $Hive.maxLength(64) $Hive.doc("Hash of the round's JSON, as of a snapshot's.");
}

struct MeasurementInput $Hive.doc("The paired measurement of the two versions that a check used.") {
  id @0 :Text $Hive.id $Hive.required;
  long @1 :Bool $Hive.omitDefault $Hive.doc("Whether it has the looks for noisy metrics.");
  reference @2 :Text $Hive.id $Hive.doc("The reference version that it measured too.");
  rounds @3 :List(RoundInput) $Hive.maxLength(100000) $Hive.doc(
      "All that were taken when the check was made: by adapter, each with numbers from 1.");
}

enum Setting {
  unset @0;
  no @1;
  yes @2;
}

enum KindSetting {
  unset @0;
  continuous @1;
  count @2;
  ratio @3;
}

struct ConfiguredRules $Hive.doc("Rules of the node's configuration, `[[metrics]]`. What is absent is not changed.") {
  name @0 :Text $Hive.required $Hive.maxLength(321) $Hive.doc("The metrics that they are for; * stands for any characters.");
  margin @1 :Float64 = nan $Hive.nullable $Hive.min(0) $Hive.max(0.95) $Hive.omitDefault;
  absoluteMargin @2 :Float64 = nan $Hive.nullable $Hive.min(0) $Hive.omitDefault;
  resolution @3 :Float64 = nan $Hive.nullable $Hive.min(0) $Hive.omitDefault;
  kind @4 :KindSetting $Hive.omitDefault;
  advisory @5 :Setting $Hive.omitDefault;
  gate @6 :Setting $Hive.omitDefault;
  sameEnvironment @7 :List(Text) $Hive.maxLength(16) $Hive.omitDefault;
}

struct MetricRules $Hive.doc("The rules by which a metric is judged, wherever they come from.") {
  side @0 :Upgrade.RunSide $Hive.doc("The version whose metric has them. One with the rules of the old version is not listed again.");
  adapter @1 :Text $Hive.maxLength(64);
  metric @2 :Text $Hive.required $Hive.maxLength(256);
  gate @3 :Bool = true $Hive.omitDefault;
  margin @4 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  absoluteMargin @5 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  floor @6 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  resolution @7 :Float64 = 0 $Hive.omitDefault;
  kind @8 :Snapshot.MetricKind $Hive.omitDefault;
  advisory @9 :Bool $Hive.omitDefault;
  sameEnvironment @10 :List(Text) $Hive.maxLength(16) $Hive.omitDefault;
}

struct Look $Hive.doc("A look at the pairs measured so far, at which a verdict may fall.") {
  pairs @0 :UInt32;
  level @1 :Float64 $Hive.doc("One-sided level of each bound.");
}

struct VerdictDocument $Hive.maxBytes(33554432) $Hive.doc(
  "What a check was given and what it answered. The same inputs and parameters give the same bytes on every machine.") {
  algorithm @0 :UInt32 $Hive.min(1) $Hive.doc("Version of the algorithms and of this form, by which it is computed again.");
  query @1 :Upgrade.UpgradeQuery $Hive.required;
  old @2 :VersionInput $Hive.required;
  new @3 :VersionInput $Hive.required;
  reference @4 :VersionInput $Hive.doc(
      "Policy statistical: the reference version of the track. Absent when there is none, or when it is the old version.");
  measurement @5 :MeasurementInput $Hive.doc("Policy statistical: absent when nothing was measured in pairs.");
  share @6 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc(
      "Policies strict and threshold: change for the worse that is a regression, as a share of the old value.");
  looks @7 :List(Look) $Hive.maxLength(16) $Hive.omitDefault $Hive.doc("Policy statistical.");
  configured @8 :List(ConfiguredRules) $Hive.maxLength(1000) $Hive.omitDefault $Hive.doc(
      "In order of precedence. Policy threshold uses none.");
  rules @9 :List(MetricRules) $Hive.maxLength(10000) $Hive.omitDefault;
  rulesLeftOut @10 :UInt32 $Hive.omitDefault $Hive.doc("Metrics beyond those in `rules`.");
  result @11 :Upgrade.UpgradeCheck $Hive.required $Hive.doc("What the check answered.");
}

struct DocumentVerification $Hive.doc("Whether a verdict document says what its inputs say.") {
  verified @0 :Bool $Hive.doc("Whether it was computed again to the byte.");
  sha256 @1 :Text $Hive.doc("Hash of the document, by which it can be named.");
  algorithm @2 :UInt32;
  old @3 :Text;
  new @4 :Text;
  policy @5 :Upgrade.Policy;
  verdict @6 :Upgrade.Verdict $Hive.doc("As the document has it.");
  inputs @7 :UInt32 $Hive.doc("Number of inputs that the document names.");
  faults @8 :List(Text) $Hive.maxLength(100) $Hive.doc("Why it is not verified: the first of these.");
  faultsLeftOut @9 :UInt32 $Hive.omitDefault;
  pointer @10 :Text $Hive.doc("JSON pointer of the first field that differs.");
  inDocument @11 :Text $Hive.doc("Its value in the document, as JSON; absent when it has none.");
  recomputed @12 :Text $Hive.doc("Its value as computed from the inputs.");
}
