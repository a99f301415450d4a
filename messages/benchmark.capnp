@0xf2a4c0d1e83b6a03;
# Adapters: requests, answers, registered commands and their runs.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
using Gpu = import "gpu.capnp";
using Snapshot = import "snapshot.capnp";
$Cxx.namespace("hive::wire");

struct VersionTarget $Hive.doc("How one version of the software is run, for adapters that run commands.") {
  directory @0 :Text $Hive.doc("Working directory of the commands, in place of their own.");
  prefix @1 :List(Text) $Hive.maxLength(64) $Hive.doc("Words before each command, such as those that run a container.");
  environment @2 :List(EnvironmentVariable) $Hive.maxLength(256) $Hive.doc("Added to the commands' environment.");
}

struct MeasureRequest $Hive.doc("Asks one adapter to measure.") {
  captureId @0 :UInt64;
  version @1 :Text;
  repeats @2 :UInt32 = 1;
  target @3 :VersionTarget $Hive.doc("How to run the version; absent: what is installed is measured.");
}

struct Measurement $Hive.maxBytes(8388608) $Hive.doc(
  "An adapter's answer; also the JSON that a command adapter prints.") {
  metrics @0 :List(Snapshot.Metric) $Hive.maxLength(10000);
  skipped @1 :Text $Hive.maxLength(4096) $Hive.doc("Why the adapter could not measure here; empty when it could.");
  note @2 :Text $Hive.maxLength(4096) $Hive.doc(
      "Context for readers of the metrics, such as the files that broke an integrity check.");
  evidence @3 :Gpu.RunEvidence $Hive.doc("How it was measured, if that was on a GPU. Set by the node; what a command prints here is not read.");
  contention @4 :Snapshot.Contention $Hive.doc("What else used the machine meanwhile. Set by the node; what a command prints here is not read.");
}

struct EnvironmentVariable {
  name @0 :Text $Hive.key $Hive.required $Hive.maxLength(256);
  value @1 :Text $Hive.maxLength(32768);
}

struct CommandSpec $Hive.doc(
  "A command that measures. It prints {\"metrics\": {name: {value, direction, unit}}} on standard output.") {
  name @0 :Text $Hive.id $Hive.required;
  command @1 :List(Text) $Hive.required $Hive.maxLength(256) $Hive.doc("Program and arguments; no shell is involved.");
  workdir @2 :Text $Hive.doc("Working directory; the node's own when absent.");
  timeoutS @3 :Float64 = 300 $Hive.min(0.1) $Hive.max(86400);
  tier @4 :Snapshot.Tier;
  environment @5 :List(EnvironmentVariable) $Hive.maxLength(256) $Hive.doc("Added to a minimal environment.");
  requiresGpu @6 :Bool;
  minVramGb @7 :Float64 $Hive.min(0) $Hive.max(1024);
  replace @8 :Bool $Hive.query $Hive.omitDefault $Hive.doc(
      "Replaces a registered command of this name at once. A running capture continues with the previous one.");
}

# HART OS's form of a measurement that was skipped.
struct SkippedOutput $Hive.doc("What a command prints that cannot measure, as HART OS's adapters say it.") {
  skipped @0 :Bool $Hive.required;
  reason @1 :Text $Hive.maxLength(4096);
}

# Workers: processes that measure for the node, and ask it for work.

struct WorkerAdapter $Hive.doc("An adapter that workers run; also its disk form.") {
  name @0 :Text $Hive.key $Hive.id $Hive.required;
  tier @1 :Snapshot.Tier $Hive.doc("fast or heavy.");
  timeoutS @2 :Float64 = 300 $Hive.min(0.1) $Hive.max(86400) $Hive.doc(
      "Time limit of a measurement with all its repeats, from its request to its result.");
}

struct RegisterWorker $Hive.doc(
  "Names the adapters that a process will run for the node. They stay registered when it ends, and are skipped while no worker asks for their work.") {
  adapters @0 :List(WorkerAdapter) $Hive.required $Hive.maxLength(100);
  label @1 :Text $Hive.maxLength(128) $Hive.doc("Who the worker is, for the log, such as its host and process id.");
}

struct WorkerRegistered {
  worker @0 :Text $Hive.required $Hive.doc("Names the worker in its further requests; nobody else should know it.");
  leaseS @1 :Float64 $Hive.doc("A worker that neither answers nor renews work for this long loses it.");
}

struct WorkerName {
  worker @0 :Text $Hive.id $Hive.required;
}

struct WorkQuery $Hive.doc("Asks for work and waits for it.") {
  worker @0 :Text $Hive.id $Hive.required;
  wait @1 :Float64 = 30 $Hive.min(0) $Hive.max(60) $Hive.doc("Longest wait in seconds.");
}

struct WorkItem $Hive.doc("One run of an adapter.") {
  id @0 :Text $Hive.required $Hive.doc("Names this lease of the work.");
  adapter @1 :Text $Hive.required;
  version @2 :Text $Hive.doc("The version that is being captured.");
  captureId @3 :UInt64;
  run @4 :UInt32 $Hive.doc("Number of this run among the repeats, from 1.");
  repeats @5 :UInt32;
  leaseS @6 :Float64 $Hive.doc("Answer or renew it within this time, or it is given to another worker.");
}

struct WorkOffer {
  work @0 :WorkItem $Hive.doc("Absent when there was none within the wait.");
}

struct WorkId {
  id @0 :Text $Hive.id $Hive.required;
}

struct WorkRenewed {
  id @0 :Text $Hive.required;
  leaseS @1 :Float64;
}

struct WorkResult $Hive.maxBytes(8388608) $Hive.doc("The result of one run: {metrics}, {skipped, reason} or {error}.") {
  id @0 :Text $Hive.id $Hive.required;
  metrics @1 :List(Snapshot.Metric) $Hive.maxLength(10000);
  skipped @2 :Bool;
  reason @3 :Text $Hive.maxLength(4096) $Hive.doc("Why it was skipped.");
  error @4 :Text $Hive.maxLength(4096) $Hive.doc("Why it failed.");
}

struct WorkerMeasure $Hive.doc("Asks the workers to measure with one adapter.") {
  adapter @0 :Text $Hive.required;
  timeoutS @1 :Float64;
  request @2 :MeasureRequest;
}

struct BenchmarkName {
  name @0 :Text $Hive.id $Hive.required;
}

struct BenchmarkInfo {
  name @0 :Text $Hive.required;
  tier @1 :Snapshot.Tier;
  source @2 :Text $Hive.doc("builtin, command, worker, or the repository from which it was installed.");
  requiresGpu @3 :Bool;
  minVramGb @4 :Float64;
  available @5 :Bool $Hive.doc("Whether a capture would run it now.");
  reason @6 :Text $Hive.doc("Why it is unavailable.");
  timeoutS @7 :Float64;
  runsVersions @8 :Bool $Hive.doc("Whether it can run versions of the software side by side, for paired measurements.");
}

struct BenchmarkQuery {
}

struct BenchmarkList {
  benchmarks @0 :List(BenchmarkInfo);
}

struct RunCommand $Hive.doc("Asks the runner to run one process to completion.") {
  command @0 :List(Text) $Hive.required $Hive.maxLength(256);
  workdir @1 :Text;
  environment @2 :List(EnvironmentVariable);
  timeoutS @3 :Float64 = 300 $Hive.min(0.01) $Hive.max(86400);
  outputCapBytes @4 :UInt32 = 1048576 $Hive.max(67108864) $Hive.doc(
      "Bytes kept of each of the two output streams; the rest is discarded.");
  statusChannel @5 :Bool $Hive.doc("Gives the process descriptor 4, on which it reports about itself.");
  sandbox @6 :Sandbox $Hive.doc("Runs the command in a sandbox; workdir and status_channel are then not used.");
  input @7 :Data $Hive.maxLength(262144) $Hive.doc("What the process reads on its standard input. Not in a sandbox.");
  keepEnd @8 :Bool $Hive.doc("Keeps the last bytes of the two output streams instead of the first ones.");
}

struct SandboxBind $Hive.doc("A file or directory of the machine that a sandbox shows.") {
  from @0 :Text $Hive.required $Hive.doc("Absolute path on the machine.");
  to @1 :Text $Hive.required $Hive.doc("Absolute path in the sandbox.");
  writable @2 :Bool;
}

struct Sandbox $Hive.doc("What a command in a sandbox may see and use. A limit of 0 stands for the node's default.") {
  binds @0 :List(SandboxBind) $Hive.maxLength(256);
  workdir @1 :Text $Hive.doc("In the sandbox.");
  path @2 :Text $Hive.doc("Where the command and its children look for programs.");
  network @3 :Bool $Hive.doc("Whether it has the machine's network.");
  gpus @4 :List(UInt32) $Hive.maxLength(64) $Hive.doc("Minor numbers of the NVIDIA devices that it may use.");
  memoryBytes @5 :UInt64 $Hive.doc("Memory of all its processes together.");
  processes @6 :UInt64 $Hive.doc("Number of its processes and threads.");
  tmpBytes @7 :UInt64 $Hive.doc("Size of /tmp and of /dev/shm each.");
  fileBytes @8 :UInt64 $Hive.doc("Size of a file that it writes.");
  openFiles @9 :UInt64 $Hive.doc("Open files of a process.");
  addressBytes @10 :UInt64 $Hive.doc("Address space of a process; without one there is no limit.");
}

struct RunResult $Hive.maxBytes(134217728) {
  exitStatus @0 :Int32 $Hive.doc("As passed to exit(); -1 when a signal ended the process.");
  signal @1 :Int32 $Hive.doc("The signal that ended the process, or 0.");
  timedOut @2 :Bool;
  stdout @3 :Data;
  stderr @4 :Data;
  stdoutTruncated @5 :Bool;
  stderrTruncated @6 :Bool;
  durationS @7 :Float64;
  status @8 :Data $Hive.doc("Written to descriptor 4 by a process with a status channel.");
  boundedBy @9 :Text $Hive.doc(
      "What bounded memory and processes in a sandbox: cgroup v2, cgroup v1 or rlimits. Absent outside of one.");
  exceeded @10 :Text $Hive.doc("The bounds that the run reached: memory, processes or both. Absent when none is known.");
  user @11 :UInt32 $Hive.doc("The user that a sandboxed command ran as; 0 when it was the node's own.");
  processorS @12 :Float64 = nan $Hive.nullable $Hive.min(0) $Hive.doc(
      "Processor time of the process and of those of its descendants for which it waited.");
  leftProcesses @13 :Bool $Hive.doc("Processes of its group could not be ended in time.");
}

# Inputs that engines send for the fast adapters.

struct ModelObservation {
  latencyMs @0 :Float64 = nan $Hive.nullable $Hive.min(0) $Hive.max(86400000);
  accuracy @1 :Float64 = nan $Hive.nullable $Hive.min(0) $Hive.max(1);
}

struct ObserveModel $Hive.doc("Observations of one model, oldest first. The node keeps the newest 100.") {
  id @0 :Text $Hive.required $Hive.maxLength(128) $Hive.doc(
    "Letters, digits, '.', '_', '-', '/' and ':', the first a letter or digit; in a path '/' is written %2F.");
  observations @1 :List(ModelObservation) $Hive.required $Hive.maxLength(10000);
}

struct Recorded {
  recorded @0 :UInt32 $Hive.doc("Number of entries that are durable now.");
}

struct InputTotalsQuery {
}

struct InputTotals $Hive.doc("What engines sent since the node started to count.") {
  run @0 :UInt64 $Hive.doc("Totals compare only within one run.");
  requests @1 :UInt64 $Hive.doc("Observations of models that have an accuracy.");
  failedRequests @2 :UInt64 $Hive.doc("Of these, those with an accuracy below one half.");
  worldModelChecks @3 :UInt64 $Hive.doc("Counters of the world model that compare with those before.");
  failedWorldModelChecks @4 :UInt64 $Hive.doc("Of these, those by which something was recorded and nothing flushed.");
}

struct ModelInput $Hive.doc("Disk form of a model's observations.") {
  observations @0 :List(ModelObservation);
  observedAt @1 :Int64 $Hive.unixMicros $Hive.doc(
      "Time of the newest observation; 0 in records that predate this field.");
}

struct ModelFigures $Hive.doc("Figures of one model in a model registry.") {
  id @0 :Text $Hive.key $Hive.required $Hive.maxLength(128);
  latencyMs @1 :Float64 = nan $Hive.nullable $Hive.min(0) $Hive.max(86400000);
  accuracy @2 :Float64 = nan $Hive.nullable $Hive.min(0) $Hive.max(1);
}

struct ModelFile $Hive.maxBytes(8388608) $Hive.doc("A model registry, as read from a file or an endpoint.") {
  models @0 :List(ModelFigures) $Hive.required $Hive.maxLength(1000);
}

# Probes of OpenAI-compatible endpoints.

struct ProbeQuestion $Hive.doc("One line of a question file.") {
  question @0 :Text $Hive.required $Hive.maxLength(32768);
  answer @1 :Text $Hive.required $Hive.maxLength(4096);
}

struct WorldModelStats $Hive.doc("Counters of the world-model bridge since its process started.") {
  recorded @0 :UInt64 $Hive.required;
  flushed @1 :UInt64 $Hive.required;
  corrections @2 :UInt64 $Hive.required;
  hivemindQueries @3 :UInt64 $Hive.required;
  process @4 :Text $Hive.maxLength(64) $Hive.doc(
      "Identifies one run of the counting process, for example by its start time. Without it a counter that shrinks counts as a restart.");
}

struct WorldModelInput {
  stats @0 :WorldModelStats;
  restarts @1 :UInt32 $Hive.doc("Number of counter restarts seen.");
  receivedAt @2 :Int64 $Hive.unixMicros;
}
