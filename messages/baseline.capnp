@0xf2a4c0d1e83b6a12;
# Agents: what engines send about them, their numbered baselines, and how they compare.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
using Runs = import "runs.capnp";
using Snapshot = import "snapshot.capnp";
$Cxx.namespace("hive::wire");

# An agent is identified by (prompt_id, flow_id). A flow id has no '_', so that `{prompt_id}_{flow_id}` is unambiguous;
# a decimal one is stored without leading zeros (actors/baseline/agent_key.hpp).

# -- figures --------------------------------------------------------------------

struct ToolCount {
  name @0 :Text $Hive.key $Hive.required $Hive.maxLength(256);
  count @1 :Float64 $Hive.min(0);
}

struct ActionMetrics $Hive.tolerant $Hive.doc("One action of a recipe, as its experience describes it.") {
  id @0 :Text $Hive.key $Hive.required $Hive.maxLength(128);
  avgDurationSeconds @1 :Float64 $Hive.nullable;
  successRate @2 :Float64 = 1 $Hive.nullable;
  runCount @3 :Float64 $Hive.min(0);
  toolStats @4 :List(ToolCount) $Hive.maxLength(256);
  deadEndsCount @5 :UInt32;
  effectiveFallbacksCount @6 :UInt32;
}

struct NamedRate {
  name @0 :Text $Hive.key $Hive.required $Hive.maxLength(160);
  rate @1 :Float64 $Hive.nullable;
}

struct RecipeMetrics $Hive.tolerant {
  actionCount @0 :UInt32;
  totalExpectedDurationSeconds @1 :Float64 $Hive.nullable;
  totalRuns @2 :Float64 $Hive.min(0);
  bottleneckActionId @3 :Float64 = nan $Hive.nullable;
  perAction @4 :List(ActionMetrics) $Hive.maxLength(1000) $Hive.doc("In the order of the recipe.");
  successRates @5 :List(NamedRate) $Hive.maxLength(1000) $Hive.doc("action_N: success rate.");
  deadEnds @6 :UInt32;
  effectiveFallbacks @7 :UInt32;
}

enum Trend {
  insufficientData @0 $Hive.name("insufficient_data");
  stable @1;
  improving @2;
  declining @3;
}

struct LightningMetrics $Hive.tolerant $Hive.doc("Aggregates of execution spans.") {
  avgReward @0 :Float64 $Hive.nullable;
  totalReward @1 :Float64 $Hive.nullable;
  rewardTrend @2 :Trend = stable;
  executionCount @3 :UInt32;
  errorRate @4 :Float64 $Hive.nullable $Hive.doc(
      "As HART OS computes it: over the successful spans if there are any, so it hides failures.");
  avgDurationMs @5 :Float64 $Hive.nullable;
  observedErrorRate @6 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("Over the newest 100 spans of any status.");
}

struct Figure {
  name @0 :Text $Hive.key $Hive.required $Hive.maxLength(256);
  value @1 :Float64 = nan $Hive.nullable;
}

struct AdapterFigures {
  adapter @0 :Text $Hive.key $Hive.required $Hive.maxLength(64);
  figures @1 :List(Figure) $Hive.maxLength(10000);
}

struct TrustEvolution $Hive.tolerant {
  compositeTrust @0 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  generation @1 :UInt32 $Hive.omitDefault;
  specializationPath @2 :Text $Hive.maxLength(256);
  specTier @3 :Text $Hive.maxLength(64);
  evolutionXp @4 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  compositeTrustScore @5 :Float64 = nan $Hive.nullable $Hive.importOnly $Hive.doc("Another name of composite_trust.");
}

struct BaselineMetadata $Hive.tolerant $Hive.doc("The engine and the software under which a baseline was captured.") {
  trigger @0 :Text $Hive.maxLength(64);
  gitSha @1 :Text $Hive.maxLength(64);
  codeHash @2 :Text $Hive.maxLength(128);
  promptHash @3 :Text $Hive.maxLength(128);
  model @4 :Text $Hive.maxLength(128);
  judge @5 :Text $Hive.maxLength(128) $Hive.doc("Who or what gives the rewards.");
  structureHash @6 :Text $Hive.maxLength(64) $Hive.doc("Hash of the recipe without its experience.");
}

enum BaselineKind {
  capture @0 $Hive.doc("May become the reference.");
  observation @1 $Hive.doc("By recipe_change although the recipe's structure is unchanged. Never becomes the reference.");
  regression @2 $Hive.doc("Captured because of a regression. Never becomes the reference.");
}

struct Baseline $Hive.tolerant $Hive.doc("A numbered snapshot of one agent.") {
  version @0 :UInt32 $Hive.max(1000000000);
  trigger @1 :Text $Hive.maxLength(64);
  timestamp @2 :Int64 $Hive.unixMicros;
  userId @3 :Text $Hive.maxLength(128);
  userPrompt @4 :Text $Hive.maxLength(256) $Hive.doc("The session whose spans were used; all spans when absent.");
  promptId @5 :Text $Hive.id $Hive.alsoNumber;
  flowId @6 :Text $Hive.id $Hive.alsoNumber;
  kind @7 :BaselineKind;
  recipeMetrics @8 :RecipeMetrics $Hive.doc("Absent without a recipe.");
  lightningMetrics @9 :LightningMetrics $Hive.doc("Absent without spans.");
  benchmarkMetrics @10 :List(AdapterFigures) $Hive.maxLength(1000);
  trustEvolution @11 :TrustEvolution;
  metadata @12 :BaselineMetadata;
  given @13 :List(Text) $Hive.maxLength(8) $Hive.doc("Sections that the caller computed itself.");
  imported @14 :Bool $Hive.omitDefault $Hive.doc("Whether it was captured elsewhere and uploaded here.");
  importedVersion @15 :UInt32 $Hive.omitDefault $Hive.doc("Its number there, when it got another one here.");
  reason @16 :Text $Hive.maxLength(1024) $Hive.doc("Why it was captured, for captures because of a regression.");
  trustEvolutionMetrics @17 :TrustEvolution $Hive.importOnly $Hive.doc("HART OS's name of trust_evolution.");
  skipped @18 :Text $Hive.importOnly $Hive.doc("For readers of a capture's answer: why there is no baseline.");
  runMetrics @19 :Runs.RunMetrics $Hive.doc("Of the runs that this node counted itself; absent without runs.");
}

struct BaselineSummary $Hive.doc("A baseline's entry in a list.") {
  version @0 :UInt32;
  trigger @1 :Text;
  timestamp @2 :Int64 $Hive.unixMicros;
  kind @3 :BaselineKind;
  avgReward @4 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  totalDurationSeconds @5 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  successRate @6 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("Mean over the actions.");
  imported @7 :Bool $Hive.omitDefault;
}

# -- inputs ---------------------------------------------------------------------

enum RecipeSource {
  pushed @0;
  folder @1;
}

struct PutRecipe $Hive.maxBytes(8388608) {
  promptId @0 :Text $Hive.id $Hive.required;
  flowId @1 :Text $Hive.id $Hive.required;
  recipe @2 :Text $Hive.json $Hive.body $Hive.required $Hive.maxLength(4194304) $Hive.doc(
      "{actions: [{action_id, experience {avg_duration_seconds, success_rate, run_count, tool_stats, dead_ends, effective_fallbacks}}], experience_meta {total_runs, bottleneck_action_id}}. Other members count as structure.");
  source @3 :RecipeSource $Hive.importOnly;
}

struct AgentRecipe $Hive.doc("An agent's recipe as the node has it; also the disk form.") {
  metrics @0 :RecipeMetrics;
  structureHash @1 :Text $Hive.doc("SHA-256 of the recipe without its experience, in hex.");
  receivedAt @2 :Int64 $Hive.unixMicros;
  source @3 :RecipeSource;
  warnings @4 :List(Text) $Hive.maxLength(32) $Hive.doc("Members that were unusable, and what was assumed.");
  structureChanged @5 :Bool $Hive.omitDefault $Hive.doc("Whether the structure differs from the recipe before.");
  retired @6 :Bool $Hive.omitDefault $Hive.doc("Whether the recipe's file is gone from the watched folder.");
  contentHash @7 :Text $Hive.doc("SHA-256 of the recipe's text, in hex.");
}

struct RetireRecipe {
  promptId @0 :Text $Hive.id $Hive.required;
  flowId @1 :Text $Hive.id $Hive.required;
}

struct PutTrust {
  promptId @0 :Text $Hive.id $Hive.required;
  flowId @1 :Text $Hive.id $Hive.required;
  trust @2 :TrustEvolution $Hive.body $Hive.required;
}

struct PutPrompt $Hive.doc("The agent's prompt. A new hash means a changed prompt.") {
  promptId @0 :Text $Hive.id $Hive.required;
  flowId @1 :Text $Hive.id $Hive.required;
  sha256 @2 :Text $Hive.maxLength(64) $Hive.doc("SHA-256 of the prompt's definition, in hex.");
  text @3 :Text $Hive.maxLength(1048576) $Hive.doc("The definition itself, an alternative to sha256. Only its hash is kept.");
}

struct SetActive {
  promptId @0 :Text $Hive.id $Hive.required;
  flowId @1 :Text $Hive.id $Hive.required;
  active @2 :Bool = true $Hive.doc("Whether the agent daemon validates the agent however long nothing happens to it.");
}

struct SpanEventData $Hive.tolerant {
  reward @0 :Float64 $Hive.nullable;
}

struct SpanEvent $Hive.tolerant {
  type @0 :Text $Hive.maxLength(64);
  data @1 :SpanEventData;
}

struct ExecutionSpan $Hive.tolerant $Hive.doc("One execution of an agent.") {
  spanId @0 :Text $Hive.maxLength(128) $Hive.doc("A span with a known id replaces the earlier one.");
  status @1 :Text $Hive.required $Hive.maxLength(32) $Hive.doc("success, error, in_progress or another word.");
  duration @2 :Float64 = nan $Hive.nullable $Hive.min(0) $Hive.max(604800) $Hive.doc("Seconds.");
  startTime @3 :Float64 = nan $Hive.nullable $Hive.min(0) $Hive.omitDefault $Hive.doc("Seconds since 1970. Spans are ordered by it, else as received.");
  session @4 :Text $Hive.maxLength(256);
  participant @5 :Text $Hive.maxLength(128);
  events @6 :List(SpanEvent) $Hive.maxLength(1000);
  sequence @7 :UInt64 $Hive.omitDefault $Hive.doc("Set by the node.");
  actionId @8 :Text $Hive.alsoNumber $Hive.maxLength(128) $Hive.doc("Of a span that is one run of this action; it counts as one when it ends.");
}

struct AddSpans $Hive.maxBytes(8388608) {
  promptId @0 :Text $Hive.id $Hive.required;
  flowId @1 :Text $Hive.id $Hive.required;
  spans @2 :List(ExecutionSpan) $Hive.body $Hive.required $Hive.maxLength(10000) $Hive.doc("Oldest first.");
}

struct ClearSpans {
  promptId @0 :Text $Hive.id $Hive.required;
  flowId @1 :Text $Hive.id $Hive.required;
}

struct AgentInputStored $Hive.doc("An agent's input is durable.") {
  promptId @0 :Text $Hive.required;
  flowId @1 :Text $Hive.required;
  recorded @2 :UInt32 $Hive.doc("Number of entries that are durable now.");
  recipe @3 :AgentRecipe $Hive.doc("After a recipe was sent.");
  promptChanged @4 :Bool $Hive.omitDefault $Hive.doc("Whether the prompt's hash differs from the one before.");
}

# -- captures -------------------------------------------------------------------

struct CaptureBaseline $Hive.maxBytes(8388608) $Hive.doc("Captures a numbered snapshot of an agent.") {
  promptId @0 :Text $Hive.id $Hive.required;
  flowId @1 :Text $Hive.id $Hive.required;
  trigger @2 :Text = "manual" $Hive.id $Hive.doc(
      "creation, recipe_change, prompt_change, intelligence_change, autoresearch_improvement, manual, or a word of the caller's.");
  userId @3 :Text $Hive.maxLength(128);
  userPrompt @4 :Text $Hive.maxLength(256) $Hive.doc("Only spans of this session; all when absent.");
  gitSha @5 :Text $Hive.maxLength(64);
  codeHash @6 :Text $Hive.maxLength(128);
  promptHash @7 :Text $Hive.maxLength(128);
  model @8 :Text $Hive.maxLength(128);
  judge @9 :Text $Hive.maxLength(128);
  recipeMetrics @10 :RecipeMetrics $Hive.doc("Used in place of the node's own figures; likewise the next three.");
  lightningMetrics @11 :LightningMetrics;
  benchmarkMetrics @12 :List(AdapterFigures) $Hive.maxLength(1000);
  trustEvolution @13 :TrustEvolution;
  given @14 :List(Text) $Hive.maxLength(8) $Hive.doc(
      "Names of the sections above that count as given although they are empty.");
  idempotencyKey @15 :Text $Hive.maxLength(64) $Hive.doc(
      "Chosen by the sender. A capture with the key of one of the agent's newest 16 is not repeated.");
  reason @16 :Text $Hive.maxLength(1024) $Hive.importOnly;
  structureHash @17 :Text $Hive.maxLength(64) $Hive.doc("Of given recipe metrics: identifies the recipe without its experience.");
}

struct CaptureOutcome $Hive.maxBytes(8388608) {
  baseline @0 :Baseline $Hive.doc("Absent when the capture was skipped.");
  skipped @1 :Text $Hive.doc("Why nothing was captured.");
  repeated @2 :Bool $Hive.omitDefault $Hive.doc("Whether the capture had been done before, by its idempotency key.");
}

struct CaptureSkipped {
  skipped @0 :Text $Hive.required;
}

struct ImportBaseline $Hive.maxBytes(8388608) {
  promptId @0 :Text $Hive.id $Hive.required;
  flowId @1 :Text $Hive.id $Hive.required;
  version @2 :UInt32 $Hive.name("n") $Hive.required $Hive.min(1) $Hive.max(1000000000);
  baseline @3 :Baseline $Hive.body $Hive.required;
  append @4 :Bool $Hive.query $Hive.doc("When the number is taken by another baseline: stores this one under the next free number.");
}

struct BaselineQuery {
  promptId @0 :Text $Hive.id $Hive.required;
  flowId @1 :Text $Hive.id $Hive.required;
  version @2 :UInt32 $Hive.name("n") $Hive.max(1000000000) $Hive.doc("The newest one when absent.");
}

struct BaselineListQuery {
  promptId @0 :Text $Hive.id $Hive.required;
  flowId @1 :Text $Hive.id $Hive.required;
  limit @2 :UInt32 = 100 $Hive.min(1) $Hive.max(10000) $Hive.doc("Maximum number of entries in a page.");
  after @3 :UInt32 $Hive.doc("Continues after this version: `next` of the previous page.");
}

struct BaselineList $Hive.maxBytes(8388608) {
  baselines @0 :List(BaselineSummary) $Hive.doc("Oldest first.");
  next @1 :UInt32 $Hive.omitDefault $Hive.doc("Pass it as `after` for the next page; absent on the last page.");
}

# -- judgements -----------------------------------------------------------------

struct CompareBaselines {
  promptId @0 :Text $Hive.id $Hive.required;
  flowId @1 :Text $Hive.id $Hive.required;
  old @2 :UInt32 $Hive.required $Hive.min(1) $Hive.max(1000000000);
  new @3 :UInt32 $Hive.required $Hive.min(1) $Hive.max(1000000000);
}

struct FieldDelta {
  field @0 :Text $Hive.key $Hive.required;
  old @1 :Float64 $Hive.nullable;
  new @2 :Float64 $Hive.nullable;
  delta @3 :Float64 $Hive.nullable;
  improved @4 :Bool;
}

struct PairedItems $Hive.doc("The items that ran under both baselines, compared item by item.") {
  pairs @0 :UInt32;
  unpaired @1 :UInt32 $Hive.doc("Items that ran under only one of them; they say nothing.");
  test @2 :Text $Hive.doc("mcnemar (each item ran once on each side) or sign_flip.");
  meanChange @3 :Float64 $Hive.doc("New minus old over the pairs.");
  p @4 :Float64 $Hive.doc("Two-sided: whether old and new differ.");
  pWorse @5 :Float64 $Hive.doc("One-sided: whether new is worse.");
  worse @6 :Bool;
  broken @7 :List(Text) $Hive.doc("Items that passed always before and fail at least once now.");
  fixed @8 :List(Text);
  flaky @9 :List(Text) $Hive.doc("Items that both passed and failed before; they decide nothing.");
  moreItemsNeeded @10 :UInt32 $Hive.omitDefault $Hive.doc("About how many more items would settle that new is worse.");
}

struct TrajectoryDelta $Hive.doc("What the agent does otherwise on its way to an outcome.") {
  newTools @0 :List(Text);
  lostTools @1 :List(Text);
  oldStepsPerSuccess @2 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  newStepsPerSuccess @3 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  transitionDistance @4 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("0: the same transitions between tools; 1: none in common.");
}

struct BaselineComparison {
  oldVersion @0 :UInt32;
  newVersion @1 :UInt32;
  recipeDelta @2 :List(FieldDelta);
  lightningDelta @3 :List(FieldDelta);
  trustDelta @4 :List(FieldDelta);
  items @5 :PairedItems $Hive.doc("Success; absent when no item ran under both.");
  durations @6 :PairedItems;
  tokens @7 :PairedItems;
  costs @8 :PairedItems;
  oldFlakiness @9 :Runs.Flakiness;
  newFlakiness @10 :Runs.Flakiness;
  trajectory @11 :TrajectoryDelta;
}

struct TrendQuery {
  promptId @0 :Text $Hive.id $Hive.required;
  flowId @1 :Text $Hive.id $Hive.required;
}

struct AgentTrend $Hive.doc(
  "Below ten baselines, the first is compared with the last by 10%. From ten on, a Mann-Kendall test at 1% decides.") {
  trend @0 :Trend $Hive.doc("The trend of the rewards.");
  rewardTrend @1 :Trend $Hive.omitDefault;
  durationTrend @2 :Trend $Hive.omitDefault;
  snapshotCount @3 :UInt32;
  rewardSlope @4 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("Change per baseline (Theil-Sen).");
  rewardP @5 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  durationSlope @6 :Float64 = nan $Hive.nullable $Hive.omitDefault;
  durationP @7 :Float64 = nan $Hive.nullable $Hive.omitDefault;
}

enum ValidationPolicy {
  strict @0 $Hive.doc("The default. Missing figures or no baseline make the answer inconclusive, which is no pass.");
  threshold @1 $Hive.doc("HART OS's rule: what is missing passes, and is named.");
}

enum Evidence {
  suspected @0 $Hive.doc("Beyond the threshold, and the runs cannot tell it from chance yet.");
  confirmed @1 $Hive.doc("Beyond what chance produces at the node's false-alarm budget.");
  chance @2 $Hive.doc("Beyond the threshold, and the runs that this node counted do not support it.");
}

struct AgentRegression {
  metric @0 :Text $Hive.required $Hive.doc(
      "action_N_success_rate, regression_pass_rate, action_N_duration, …_reward, …_tokens, …_cost, slice LABEL=VALUE, new_tool NAME, lost_tool NAME or steps_per_success.");
  old @1 :Float64 $Hive.nullable;
  new @2 :Float64 $Hive.nullable;
  limit @3 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("The value beyond which it counts as a regression.");
  evidence @4 :Evidence;
  text @5 :Text $Hive.doc("The line that HART OS writes.");
}

struct AgentValidation $Hive.doc("Whether an agent performs as its reference baseline promises.") {
  passed @0 :Bool;
  inconclusive @1 :Bool $Hive.omitDefault $Hive.doc("Whether something that policy strict requires is missing.");
  regressions @2 :List(AgentRegression) $Hive.doc("In the order of the recipe; the test pass rate last.");
  baselineVersion @3 :UInt32 $Hive.omitDefault $Hive.doc("The reference; absent without a baseline.");
  reason @4 :Text;
  missing @5 :List(Text) $Hive.doc("Figures of the reference that the agent lacks now.");
  decay @6 :List(AgentRegression) $Hive.doc("The same against the anchor: the best that the agent has ever proven.");
  anchorVersion @7 :UInt32 $Hive.omitDefault;
  policy @8 :ValidationPolicy;
  confirmed @9 :Bool $Hive.omitDefault $Hive.doc("Whether any regression is confirmed.");
}

struct ValidationQuery $Hive.doc("Validates an agent's present state.") {
  promptId @0 :Text $Hive.id $Hive.required;
  flowId @1 :Text $Hive.id $Hive.required;
  policy @2 :ValidationPolicy;
}

struct ValidateAgent $Hive.maxBytes(8388608) $Hive.doc(
  "Validates an agent's present state, or what the body states in its place. Stores nothing.") {
  promptId @0 :Text $Hive.id $Hive.required;
  flowId @1 :Text $Hive.id $Hive.required;
  policy @2 :ValidationPolicy $Hive.query;
  recipe @3 :Text $Hive.json $Hive.maxLength(4194304) $Hive.doc("A recipe as in PUT …/recipe.");
  recipeMetrics @4 :RecipeMetrics $Hive.doc("An alternative to `recipe`.");
  benchmarkMetrics @5 :List(AdapterFigures) $Hive.maxLength(1000) $Hive.doc("In place of the node's newest results.");
  lightningMetrics @6 :LightningMetrics;
  given @7 :List(Text) $Hive.maxLength(8) $Hive.doc("As in a capture.");
  against @8 :UInt32 $Hive.max(1000000000) $Hive.doc("Version to compare with; the reference when absent.");
}

struct SetReference $Hive.doc("Pins the reference to a version.") {
  promptId @0 :Text $Hive.id $Hive.required;
  flowId @1 :Text $Hive.id $Hive.required;
  version @2 :UInt32 $Hive.required $Hive.min(1) $Hive.max(1000000000);
  reason @3 :Text $Hive.maxLength(1024);
}

struct UnpinReference $Hive.doc("The newest baseline that may be the reference is the reference again.") {
  promptId @0 :Text $Hive.id $Hive.required;
  flowId @1 :Text $Hive.id $Hive.required;
}

struct AcceptAgent $Hive.doc("Accepts a regression: the version becomes reference and anchor, and the evidence starts anew.") {
  promptId @0 :Text $Hive.id $Hive.required;
  flowId @1 :Text $Hive.id $Hive.required;
  version @2 :UInt32 $Hive.max(1000000000) $Hive.doc("The newest one when absent.");
  reason @3 :Text $Hive.required $Hive.maxLength(1024);
  userId @4 :Text $Hive.maxLength(128);
}

# -- the agent ------------------------------------------------------------------

enum AgentState {
  new @0 $Hive.doc("No baseline yet.");
  healthy @1;
  regressed @2 $Hive.doc("Its last validation found a regression.");
}

struct ActionRate {
  id @0 :Text $Hive.required $Hive.maxLength(128);
  rate @1 :Float64 $Hive.nullable;
}

struct AgentFigures $Hive.doc("What a validation compares.") {
  version @0 :UInt32 $Hive.omitDefault $Hive.doc("The baseline that they come from; absent for the present.");
  actions @1 :List(ActionRate) $Hive.maxLength(1000) $Hive.doc("Success rates, in the order of the recipe.");
  passRate @2 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("Of the tests. Absent in the present: the node's newest is used.");
  hasRecipe @3 :Bool;
  judge @4 :Text $Hive.doc("Who gave the rewards when it was captured.");
}

struct Rebase $Hive.doc("Rewards of two judges on the same items.") {
  fromJudge @0 :Text $Hive.required $Hive.maxLength(128);
  toJudge @1 :Text $Hive.required $Hive.maxLength(128);
  offset @2 :Float64 $Hive.doc("Mean of the new judge's rewards minus the old one's.");
  lower @3 :Float64 $Hive.doc("Interval of the offset, 95%.");
  upper @4 :Float64;
  items @5 :UInt32;
  at @6 :Int64 $Hive.unixMicros;
}

struct RescoredItem {
  item @0 :Text $Hive.required $Hive.maxLength(256);
  old @1 :Float64 $Hive.required $Hive.doc("Reward by the old judge.");
  new @2 :Float64 $Hive.required $Hive.doc("Reward of the same outcome by the new judge.");
}

struct RebaseAgent $Hive.doc("Makes rewards of a new judge comparable: the same items, scored by both.") {
  promptId @0 :Text $Hive.id $Hive.required;
  flowId @1 :Text $Hive.id $Hive.required;
  judge @2 :Text $Hive.required $Hive.maxLength(128) $Hive.doc("The new judge.");
  items @3 :List(RescoredItem) $Hive.required $Hive.maxLength(10000) $Hive.doc("At least 8.");
}

struct Acceptance {
  version @0 :UInt32;
  reason @1 :Text;
  userId @2 :Text;
  at @3 :Int64 $Hive.unixMicros;
}

struct CaptureKey $Hive.doc("An idempotency key of a recent capture.") {
  hash @0 :UInt64;
  version @1 :UInt32;
}

struct Agent $Hive.doc("An agent with its reference and anchor; also the disk form.") {
  promptId @0 :Text $Hive.required;
  flowId @1 :Text $Hive.required;
  state @2 :AgentState;
  knownSince @3 :Int64 $Hive.unixMicros;
  changedAt @4 :Int64 $Hive.unixMicros $Hive.doc("Last input, run or capture.");
  latest @5 :UInt32 $Hive.doc("Number of the newest baseline; 0 while there is none.");
  baselines @6 :UInt32 $Hive.doc("Number of stored baselines.");
  reference @7 :AgentFigures $Hive.doc("Absent without a baseline.");
  pinned @8 :Bool $Hive.omitDefault;
  anchor @9 :AgentFigures $Hive.doc("The best that the agent has proven. It moves up by itself, and down only when accepted.");
  present @10 :AgentFigures;
  structureHash @11 :Text $Hive.doc("Of the present recipe.");
  referenceStructure @12 :Text $Hive.doc("Of the recipe when a capture last could become the reference.");
  promptHash @13 :Text;
  model @14 :Text;
  judge @15 :Text;
  trust @16 :TrustEvolution;
  active @17 :Bool $Hive.omitDefault $Hive.doc("Marked as active.");
  creationAt @18 :Int64 $Hive.unixMicros $Hive.doc("Last capture with trigger creation.");
  becameByRecipeAt @19 :Int64 $Hive.unixMicros $Hive.doc("First capture, when recipe_change asked for it.");
  regressedSince @20 :Int64 $Hive.unixMicros;
  regressions @21 :List(AgentRegression) $Hive.maxLength(1000) $Hive.doc("As last validated.");
  accepted @22 :List(Acceptance) $Hive.maxLength(8) $Hive.doc("The newest 8, oldest first.");
  recentKeys @23 :List(CaptureKey) $Hive.maxLength(16) $Hive.doc("Oldest first.");
  spanSequence @24 :UInt64 $Hive.omitDefault;
  confirmed @25 :Bool $Hive.omitDefault $Hive.doc("Whether a regression is confirmed.");
  advisedReward @26 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc(
      "Mean reward when it was advised to retire the recipe; absent when no such advice is open.");
  advisedStructure @27 :Text $Hive.doc("Structure hash of that recipe.");
  streams @28 :List(Runs.StreamVerdict) $Hive.maxLength(1000) $Hive.doc("What its runs say, when that last changed.");
  trajectory @29 :List(Text) $Hive.maxLength(300) $Hive.doc("new_tool NAME, lost_tool NAME, steps_per_success: what it does otherwise than before.");
  configuration @30 :UInt32 $Hive.omitDefault $Hive.doc("The newest capture that may be the reference. Runs belong to it.");
  rebases @31 :List(Rebase) $Hive.maxLength(8);
  recentRunKeys @32 :List(CaptureKey) $Hive.maxLength(16);
}

struct AgentQuery {
  promptId @0 :Text $Hive.id $Hive.required;
  flowId @1 :Text $Hive.id $Hive.required;
}

struct AgentListQuery {
  limit @0 :UInt32 = 100 $Hive.min(1) $Hive.max(1000) $Hive.doc("Maximum number of agents in a page.");
  after @1 :Text $Hive.maxLength(160) $Hive.doc("Continues after this agent: `next` of the previous page.");
  state @2 :List(AgentState) $Hive.maxLength(3) $Hive.doc("Only agents in these states; all when absent.");
  figures @3 :Bool $Hive.doc("true: entries have the figures of their newest baselines.");
}

struct AgentLine $Hive.doc("An agent's entry in a list.") {
  promptId @0 :Text $Hive.required;
  flowId @1 :Text $Hive.required;
  state @2 :AgentState;
  latest @3 :UInt32;
  reference @4 :UInt32 $Hive.omitDefault;
  pinned @5 :Bool $Hive.omitDefault;
  changedAt @6 :Int64 $Hive.unixMicros;
  regressions @7 :UInt32 $Hive.omitDefault;
  confirmed @8 :Bool $Hive.omitDefault;
  figures @9 :AgentLineFigures $Hive.doc("If asked for; absent without a baseline.");
}

struct AgentLineFigures $Hive.doc("Of an agent's newest 20 baselines.") {
  capturedAt @0 :Int64 $Hive.unixMicros $Hive.doc("When the newest baseline was captured.");
  reward @1 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("Of the newest one, as are the next two.");
  successRate @2 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("Mean over the actions.");
  durationSeconds @3 :Float64 = nan $Hive.nullable $Hive.omitDefault $Hive.doc("Expected, of all actions.");
  trend @4 :Trend $Hive.doc("Of the rewards, as the agent's trend would be with these baselines alone.");
  success @5 :List(Float64) $Hive.maxLength(20) $Hive.doc(
      "Success rates, oldest first, with 3 decimals, of those that have one.");
}

struct AgentList $Hive.maxBytes(8388608) {
  agents @0 :List(AgentLine) $Hive.doc("Ordered by prompt_id and flow_id.");
  next @1 :Text $Hive.doc("Pass it as `after` for the next page; absent on the last page.");
  known @2 :UInt64 $Hive.doc("Number of all known agents.");
}

struct AgentCounter $Hive.doc("Disk form of the number of known agents.") {
  known @0 :UInt64;
}
