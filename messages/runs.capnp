@0xf2a4c0d1e83b6a13;
# Runs of agents that a node counts itself, and the evidence that it draws from them (docs/explanation/evidence.md).

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
$Cxx.namespace("hive::wire");

enum RunOutcome {
  success @0;
  failure @1;
  timeout @2 $Hive.doc("Counts as a failure.");
}

struct RunLabel {
  name @0 :Text $Hive.key $Hive.required $Hive.maxLength(64);
  value @1 :Text $Hive.required $Hive.maxLength(64);
}

struct AgentRun $Hive.doc("One run of one action of an agent. Failures and timeouts are sent too.") {
  actionId @0 :Text $Hive.required $Hive.alsoNumber $Hive.maxLength(128);
  outcome @1 :RunOutcome $Hive.required;
  durationS @2 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.min(0) $Hive.max(604800);
  reward @3 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.min(-1e9) $Hive.max(1e9);
  tokens @4 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.min(0) $Hive.max(1e12);
  cost @5 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.min(0) $Hive.max(1e9) $Hive.doc("In one currency of the caller's.");
  item @6 :Text $Hive.maxLength(128) $Hive.doc(
      "The test case, question or task that was run. Baselines are compared item by item where both ran the same.");
  seed @7 :Text $Hive.maxLength(64) $Hive.doc("Together with `item`: another seed is another item.");
  tools @8 :List(Text) $Hive.maxLength(1000) $Hive.doc("The tools that were called, in order.");
  steps @9 :UInt32 $Hive.omitDefault $Hive.max(1000000) $Hive.doc("Turns of the agent.");
  retries @10 :UInt32 $Hive.omitDefault $Hive.max(1000000);
  labels @11 :List(RunLabel) $Hive.maxLength(8) $Hive.doc("Each label and value has a count of its own, such as language: python.");
  model @12 :Text $Hive.maxLength(128);
  judge @13 :Text $Hive.maxLength(128) $Hive.doc("Who or what gave the reward.");
}

struct AddRuns $Hive.maxBytes(8388608) {
  promptId @0 :Text $Hive.id $Hive.required;
  flowId @1 :Text $Hive.id $Hive.required;
  runs @2 :List(AgentRun) $Hive.body $Hive.required $Hive.maxLength(10000) $Hive.doc("Oldest first.");
  idempotencyKey @3 :Text $Hive.query $Hive.maxLength(64) $Hive.doc(
      "Chosen by the sender for this request. A request with the key of one of the agent's newest 16 is not counted again.");
}

enum Measure {
  success @0;
  duration @1;
  reward @2;
  tokens @3;
  cost @4;
}

enum StreamEvidence {
  learning @0 $Hive.doc("Fewer than 200 runs are known, so nothing can be said.");
  chance @1 $Hive.doc("The runs are within what chance makes of the reference.");
  suspected @2 $Hive.doc("More than half way to the threshold.");
  confirmed @3 $Hive.doc("The threshold was passed. Holds until the agent is accepted or has recovered.");
}

# -- disk form of the streams (analysis/success_stream.hpp, analysis/number_stream.hpp) ----------------------------

struct CusumState {
  sum @0 :Float64;
  runsUp @1 :UInt32;
  runsAtZero @2 :UInt32;
  held @3 :Bool;
}

struct SpreadState {
  blocks @0 :UInt32;
  sum @1 :Float64;
  differences @2 :Float64;
  newestSum @3 :Float64;
  openRuns @4 :UInt32;
  openSum @5 :Float64;
}

struct SuccessState {
  runs @0 :UInt64;
  referenceRuns @1 :UInt32;
  referenceSuccesses @2 :UInt32;
  newestBits @3 :List(UInt64) $Hive.maxLength(8);
  newestNext @4 :UInt32;
  newestRuns @5 :UInt32;
  waiting @6 :UInt32;
  test @7 :CusumState;
  successesUp @8 :UInt32;
  spread @9 :SpreadState;
}

struct NumberState {
  runs @0 :UInt64;
  learned @1 :Bool;
  scoreMean @2 :Float64;
  scoreDeviation @3 :Float64 = 1;
  spread @4 :SpreadState;
  waiting @5 :Data;
  test @6 :CusumState;
  isSplit @7 :Bool;
  cut @8 :Float64;
  cutIsWorse @9 :Bool;
  successes @10 :SuccessState;
}

struct StreamState $Hive.doc("One stream of an agent: a measure of one action, or the success of one slice.") {
  measured @0 :Measure;
  action @1 :Text;
  slice @2 :Text;
  success @3 :SuccessState;
  number @4 :NumberState;
}

struct StreamSample $Hive.doc("The reference sample of a stream of numbers; float32, little-endian.") {
  values @0 :Data;
}

struct StreamVerdict $Hive.doc("What a stream said when its verdict last changed.") {
  measured @0 :Measure;
  action @1 :Text;
  slice @2 :Text $Hive.doc("LABEL=VALUE.");
  says @3 :StreamEvidence;
  reference @4 :Float64 $Hive.doc("Rate of the reference, or its median.");
  recent @5 :Float64 $Hive.doc("Rate of the newest runs, or their median.");
  runs @6 :UInt32 $Hive.doc("For how many runs it has looked worse.");
}

struct RunRate $Hive.doc("How many runs all streams of the node take together.") {
  fadedRuns @0 :Float64;
  firstAt @1 :Int64 $Hive.unixMicros;
  newestAt @2 :Int64 $Hive.unixMicros;
}

# -- items and trajectories ------------------------------------------------------------------------------------------

struct ItemNumbers $Hive.doc("Running sums of a number (B. P. Welford).") {
  runs @0 :UInt32;
  mean @1 :Float64;
  squares @2 :Float64;
}

struct AgentItem $Hive.doc("What an agent did with one item while one baseline was the newest.") {
  item @0 :Text $Hive.required;
  runs @1 :UInt32;
  passes @2 :UInt32;
  duration @3 :ItemNumbers;
  reward @4 :ItemNumbers;
  tokens @5 :ItemNumbers;
  cost @6 :ItemNumbers;
}

struct ToolUse {
  tool @0 :Text $Hive.key $Hive.required;
  calls @1 :UInt32;
  runs @2 :UInt32 $Hive.doc("Runs that called it at least once.");
}

struct ToolTransition {
  from @0 :Text;
  to @1 :Text;
  count @2 :UInt32;
}

struct Trajectory $Hive.doc("What an agent does on its way to an outcome, as counts over runs.") {
  runs @0 :UInt32;
  successes @1 :UInt32;
  steps @2 :UInt64;
  retries @3 :UInt64;
  tools @4 :List(ToolUse);
  transitions @5 :List(ToolTransition);
  otherTools @6 :UInt64 $Hive.omitDefault $Hive.doc("Calls of tools that are not listed.");
  otherTransitions @7 :UInt64 $Hive.omitDefault;
}

struct RunSummary $Hive.doc("An agent's runs: how they went, step by step, and what they cost.") {
  reference @0 :Trajectory;
  older @1 :Trajectory;
  newer @2 :Trajectory;
  runs @3 :UInt64;
  successes @4 :UInt64;
  tokens @5 :Float64 $Hive.doc("Sum over the runs that state them.");
  cost @6 :Float64;
  tokenRuns @7 :UInt64;
  costRuns @8 :UInt64;
  tokenSuccesses @9 :UInt64 $Hive.doc("Successes among the runs that state tokens.");
  costSuccesses @10 :UInt64;
  leftOut @11 :UInt64 $Hive.doc("Values that no stream took.");
  otherItems @12 :UInt64 $Hive.doc("Runs of items that are not kept one by one.");
}

struct ActionWindow $Hive.doc("Counted runs of one action.") {
  id @0 :Text $Hive.key $Hive.required;
  recentRuns @1 :UInt32 $Hive.doc("The newest runs, at most 100.");
  recentSuccesses @2 :UInt32;
  referenceRuns @3 :UInt32;
  referenceSuccesses @4 :UInt32;
}

struct RunMetrics $Hive.doc("Figures of the runs that this node counted itself, beside those of the recipe.") {
  runs @0 :UInt64;
  successes @1 :UInt64;
  perAction @2 :List(ActionWindow) $Hive.maxLength(1000);
  tokensPerSuccess @3 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  costPerSuccess @4 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  stepsPerSuccess @5 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  trajectory @6 :Trajectory $Hive.doc("Of the newest runs.");
}

# -- answers -----------------------------------------------------------------------------------------------------------

struct StreamReport $Hive.doc("What one stream says, and why.") {
  measured @0 :Measure;
  action @1 :Text;
  slice @2 :Text $Hive.doc("LABEL=VALUE.");
  says @3 :StreamEvidence;
  sum @4 :Float64 $Hive.doc("How far the runs speak for worse: confirmed above the threshold.");
  threshold @5 :Float64;
  referenceRuns @6 :UInt32 $Hive.doc("Runs in the reference; while learning, of the 200 that it needs.");
  reference @7 :Float64 $Hive.doc("Rate of the reference, or its median.");
  recent @8 :Float64 $Hive.doc("Rate of the newest runs, or their median.");
  recentRuns @9 :UInt32;
  overdispersion @10 :Float64 $Hive.doc("How much more runs come in batches than chance explains; evidence is divided by it.");
  runsUp @11 :UInt32 $Hive.omitDefault $Hive.doc("For how many runs it has looked worse.");
  rateUp @12 :Float64 $Hive.omitDefault $Hive.doc("The rate since then.");
  runsToConfirm @13 :UInt32 $Hive.omitDefault $Hive.doc(
      "About how many more runs confirm it, if they go on as since then; absent when that is not to be expected.");
  runsToClear @14 :UInt32 $Hive.omitDefault $Hive.doc("About how many more runs clear it, if they are as the reference.");
  runsToFind @15 :UInt32 $Hive.omitDefault $Hive.doc("About how many runs a loss of ten points, or of one standard deviation, takes to be confirmed.");
  text @16 :Text $Hive.doc("One sentence that says it.");
}

struct ExplainQuery {
  promptId @0 :Text $Hive.id $Hive.required;
  flowId @1 :Text $Hive.id $Hive.required;
}

struct Flakiness $Hive.doc("How much outcomes of the same item differ from run to run, without any change.") {
  items @0 :UInt32;
  repeated @1 :UInt32 $Hive.doc("Items with at least two runs; only these tell about flakiness.");
  flaky @2 :UInt32 $Hive.doc("Items that both passed and failed.");
  passRate @3 :Float64;
  flipRate @4 :Float64 $Hive.doc("Chance that two runs of the same item differ.");
  noise @5 :Float64 $Hive.doc("Standard deviation of one outcome within an item.");
  passPower3 @6 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("Chance that three runs of one item all pass.");
  durationNoiseS @7 :Float64 = nan $Hive.nullable $Hive.omitDefault;
}

struct AgentExplanation $Hive.maxBytes(8388608) $Hive.doc("Why an agent is judged as it is.") {
  promptId @0 :Text $Hive.required;
  flowId @1 :Text $Hive.required;
  threshold @2 :Float64 $Hive.doc("Of the streams of actions, for the node's present rate of runs.");
  runsPerWeek @3 :Float64 $Hive.doc("Over all streams of the node.");
  falseAlarmsPerWeek @4 :Float64 $Hive.doc("The node's budget.");
  streams @5 :List(StreamReport);
  leftOut @6 :UInt64 $Hive.omitDefault $Hive.doc("Values that no stream took, because the agent has as many as its limits allow.");
  flakiness @7 :Flakiness $Hive.doc("Of the items that ran since the newest capture.");
  metrics @8 :RunMetrics;
  text @9 :List(Text) $Hive.doc("What to know first, one sentence each.");
}
