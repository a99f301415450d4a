@0xf2a4c0d1e83b6a72;
# Forms of a review for other systems: SARIF 2.1.0 and GitHub's check runs. Only what Hivemark writes of them.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
$Cxx.namespace("hive::wire");

struct SarifText {
  text @0 :Text $Hive.required;
}

struct SarifRule {
  id @0 :Text $Hive.required;
  shortDescription @1 :SarifText $Hive.name("shortDescription");
}

struct SarifDriver {
  name @0 :Text $Hive.required;
  version @1 :Text;
  rules @2 :List(SarifRule);
}

struct SarifTool {
  driver @0 :SarifDriver;
}

struct SarifArtifact {
  uri @0 :Text $Hive.required;
}

struct SarifRegion {
  startLine @0 :UInt32 $Hive.name("startLine");
}

struct SarifPlace {
  artifactLocation @0 :SarifArtifact $Hive.name("artifactLocation");
  region @1 :SarifRegion;
}

struct SarifLocation {
  physicalLocation @0 :SarifPlace $Hive.name("physicalLocation");
}

enum SarifLevel {
  none @0;
  note @1;
  warning @2;
  error @3;
}

struct SarifResult {
  ruleId @0 :Text $Hive.required $Hive.name("ruleId");
  level @1 :SarifLevel;
  message @2 :SarifText;
  locations @3 :List(SarifLocation);
}

struct SarifRun {
  tool @0 :SarifTool;
  results @1 :List(SarifResult);
}

struct Sarif $Hive.maxBytes(8388608) {
  schema @0 :Text $Hive.name("$schema");
  version @1 :Text;
  runs @2 :List(SarifRun);
}

enum CheckConclusion {
  success @0;
  failure @1;
  actionRequired @2 $Hive.doc("A person has to look.");
}

enum CheckStatus {
  completed @0;
}

enum AnnotationLevel {
  notice @0;
  warning @1;
  failure @2;
}

struct CheckAnnotation {
  path @0 :Text $Hive.required;
  startLine @1 :UInt32;
  endLine @2 :UInt32;
  annotationLevel @3 :AnnotationLevel;
  message @4 :Text;
  title @5 :Text;
}

struct CheckOutput {
  title @0 :Text;
  summary @1 :Text $Hive.maxLength(65535);
  annotations @2 :List(CheckAnnotation) $Hive.maxLength(50);
}

struct CheckRun $Hive.doc("The body of one call: the first creates the check run, the others update it.") {
  name @0 :Text $Hive.required;
  headSha @1 :Text;
  externalId @2 :Text;
  detailsUrl @3 :Text;
  status @4 :CheckStatus;
  conclusion @5 :CheckConclusion;
  output @6 :CheckOutput;
}

struct CheckRuns $Hive.maxBytes(8388608) {
  calls @0 :List(CheckRun);
}
