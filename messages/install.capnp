@0xf2a4c0d1e83b6ae1;
# Benchmarks that are installed from git repositories.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
using import "place.capnp".SpawnPlace;
$Cxx.namespace("hive::wire");

struct InstallBenchmark $Hive.doc(
  "Installs a benchmark from a git repository, or another commit of one that is installed. Commands are program and arguments; no shell is involved.") {
  name @0 :Text $Hive.id $Hive.required;
  repoUrl @1 :Text $Hive.required $Hive.maxLength(2048) $Hive.doc(
      "https:// or file:// below a prefix that the node allows ([dynamic] allowed).");
  commit @2 :Text $Hive.maxLength(256) $Hive.doc(
      "40 hex digits, or a branch or tag, which is resolved once. The repository's HEAD when absent.");
  runCommand @3 :List(Text) $Hive.required $Hive.maxLength(256) $Hive.doc(
      "Measures; it runs in a copy of the repository's files. A program with a '/' is a file of the repository.");
  metricsFile @4 :Text $Hive.maxLength(1024) $Hive.doc(
      "File in the repository that the command writes; standard output when absent.");
  format @5 :Text $Hive.maxLength(32) $Hive.doc("Format of the results; found out from the content when absent.");
  timeoutS @6 :Float64 = 300 $Hive.min(0.1) $Hive.max(86400) $Hive.doc(
      "Time limit of a measurement with all its repeats.");
  requiresGpu @7 :Bool;
  minVramGb @8 :Float64 $Hive.min(0) $Hive.max(1024);
  buildCommand @9 :List(Text) $Hive.maxLength(256) $Hive.doc("Runs once after the files are there, such as make.");
  network @10 :Bool $Hive.omitDefault $Hive.doc(
      "Whether its commands have network; the node must grant it ([dynamic] network).");
  wait @11 :Bool = true $Hive.query $Hive.omitDefault $Hive.doc("false: answers 202 as soon as the install has begun.");
  place @12 :SpawnPlace $Hive.doc(
      "On which node of the hive; the asked one when absent. The node must allow it ([engines] allow), and the repository.");
}

struct StartInstall $Hive.doc("The same, answered when the install has begun.") {
  request @0 :InstallBenchmark;
}

enum InstallState {
  waiting @0 $Hive.doc("Other installs come first.");
  fetching @1;
  dependencies @2 $Hive.doc("Installs requirements.txt into a virtual environment.");
  building @3;
  storing @4;
  installed @5;
  failed @6 $Hive.doc("`error` says why. What was installed before still is.");
}

struct InstalledBenchmark $Hive.doc("An installed commit; also its disk form.") {
  request @0 :InstallBenchmark;
  commit @1 :Text $Hive.doc("40 hex digits.");
  files @2 :UInt64;
  bytes @3 :UInt64;
  hasEnvironment @4 :Bool $Hive.doc("Whether requirements.txt was installed into a virtual environment.");
  installedAt @5 :Int64 $Hive.unixMicros;
  directory @6 :Text $Hive.doc("Where it is, relative to the directory of the installs.");
}

struct Install $Hive.maxBytes(4194304) $Hive.doc("A benchmark from a git repository: what is installed, and what is being installed.") {
  name @0 :Text $Hive.required;
  state @1 :InstallState $Hive.doc("Of the newest install.");
  progress @2 :Text $Hive.doc("What is being done, or how the newest install ended.");
  error @3 :Text $Hive.doc("Why it failed.");
  repoUrl @4 :Text $Hive.doc("Of the newest install.");
  startedAt @5 :Int64 $Hive.unixMicros;
  installed @6 :InstalledBenchmark $Hive.doc("What captures measure; absent when nothing is installed yet.");
  node @7 :Text $Hive.id $Hive.doc("The node that installs it.");
}

struct InstallQuery {
  name @0 :Text $Hive.id $Hive.required;
}

struct InstallListQuery {
}

struct InstallList $Hive.maxBytes(67108864) {
  installs @0 :List(Install);
}

struct FetchResult $Hive.doc("What hive-fetch prints: one line of JSON.") {
  commit @0 :Text $Hive.doc("40 hex digits.");
  files @1 :UInt64;
  bytes @2 :UInt64 $Hive.doc("Of all files together.");
  receivedBytes @3 :UInt64 $Hive.doc("Sent by the repository, compressed.");
  kind @4 :Text $Hive.doc("Name of the error; absent when the files are there.");
  error @5 :Text $Hive.doc("Why they are not.");
}
