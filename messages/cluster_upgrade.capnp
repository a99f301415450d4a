@0xf2a4c0d1e83b6ad9;
# Upgrades that the nodes of a hive decide together: what operators ask, and what they are shown. How the nodes agree is
# in gate.capnp.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
using Net = import "hive.capnp";
using Upgrade = import "upgrade.capnp";
using Gate = import "gate.capnp";
$Cxx.namespace("hive::wire");

# -- propose ---------------------------------------------------------------------

struct ProposedStage {
  share @0 :Float64 $Hive.min(0.001) $Hive.max(1) $Hive.doc("Part of the members that has the new version in this stage.");
  durationS @1 :UInt32 $Hive.min(1) $Hive.max(86400) $Hive.doc("How long its canaries are watched.");
  deadlineS @2 :UInt32 $Hive.max(2592000) $Hive.omitDefault $Hive.doc("After this the stage is shown as held. Default: never.");
}

struct ProposedMargin {
  metric @0 :Text $Hive.required $Hive.maxLength(256) $Hive.doc("ADAPTER.METRIC.");
  margin @1 :Float64 $Hive.min(0) $Hive.max(0.95) $Hive.doc("Tolerated change for the worse, as a share.");
}

enum ProposedPolicy {
  configured @0 $Hive.doc("As the node is configured; all, if it is not.");
  all @1;
  majority @2;
  weighted @3;
}

enum ProposedJudge {
  configured @0 $Hive.doc("As the node is configured; statistical, if it is not.");
  threshold @1;
  strict @2;
  statistical @3;
}

struct ProposeUpgrade $Hive.doc("Asks the hive whether a version may replace another, on all its members.") {
  from @0 :Text $Hive.id $Hive.required $Hive.doc("The version in use.");
  to @1 :Text $Hive.id $Hive.required $Hive.doc("The version that would replace it.");
  track @2 :Text = "main" $Hive.id $Hive.doc("What is upgraded: one of the configured tracks.");
  members @3 :List(Text) $Hive.maxLength(32) $Hive.omitDefault $Hive.doc(
      "Nodes whose votes count, by id, within the track's members. Default: all of them.");
  policy @4 :ProposedPolicy $Hive.doc("Which votes approve: of all, of more than half, or of more than half of the weight.");
  judge @5 :ProposedJudge $Hive.doc("By what each member judges.");
  deadlineS @6 :UInt32 $Hive.max(2592000) $Hive.omitDefault $Hive.doc(
      "After this the decision is shown as held; it stays open. Default: never.");
  stages @7 :List(ProposedStage) $Hive.maxLength(8) $Hive.omitDefault $Hive.doc(
      "How an approved version is rolled out. Default: one canary for ten minutes, then all.");
  measure @8 :Bool $Hive.omitDefault $Hive.doc("Each member measures both versions in pairs, instead of judging stored snapshots.");
  maxMinutes @9 :Float64 = 60 $Hive.min(0.01) $Hive.max(10080) $Hive.doc("Time for a member's paired measurements.");
  attempts @10 :UInt8 = 3 $Hive.min(1) $Hive.max(16) $Hive.doc("How often a member may vote inconclusive before it votes no more.");
  heavyVotes @11 :UInt8 $Hive.max(32) $Hive.omitDefault $Hive.doc(
      "How many of the votes must have judged heavy metrics. Default: as configured.");
  requiredTiers @12 :List(Net.NodeTier) $Hive.maxLength(3) $Hive.omitDefault $Hive.doc(
      "Policy weighted: a safe vote from each of these tiers.");
  margins @13 :List(ProposedMargin) $Hive.maxLength(64) $Hive.omitDefault $Hive.doc("In place of the margins that the members have configured.");
  queue @14 :Bool $Hive.query $Hive.omitDefault $Hive.doc("true: waits while another proposal of the track is open; else that is refused.");
}

# -- show ------------------------------------------------------------------------

enum UpgradeDecision {
  announced @0 $Hive.doc("Asked for; survives its node once it is pending.");
  queued @1 $Hive.doc("Waits for the end of the proposal that is open.");
  refused @2 $Hive.doc("Another proposal is open.");
  pending @3 $Hive.doc("Votes are awaited.");
  held @4 $Hive.doc("Its deadline has passed on this node, or all have voted and nothing follows. Votes can still end it.");
  approved @5;
  rejected @6;
  aborted @7 $Hive.doc("Stopped before it was decided.");
}

struct VoteReason {
  metric @0 :Text;
  text @1 :Text;
}

struct MemberVote $Hive.doc("Where a member of a proposal stands.") {
  node @0 :Text $Hive.required;
  name @1 :Text $Hive.doc("As its card says.");
  weight @2 :UInt32 = 1;
  tier @3 :Net.NodeTier;
  voted @4 :Bool $Hive.doc("Whether it has a vote that counts in the present stage. If not, its vote on an approved version is shown.");
  stage @5 :UInt8 $Hive.doc("Of the vote. 0: the verdict on the version; else the stage of the rollout.");
  verdict @6 :Upgrade.Verdict = inconclusive;
  attempt @7 :UInt8 $Hive.doc("Number of its votes in the stage; 0: it has none.");
  judgedFast @8 :Bool $Hive.omitDefault;
  judgedHeavy @9 :Bool $Hive.omitDefault;
  reasons @10 :List(VoteReason) $Hive.doc("Worst first.");
  inputsHash @11 :Text $Hive.doc("SHA-256 of the verdict document by which it judged.");
  quarantined @12 :Bool $Hive.omitDefault $Hive.doc("Its vote enters no decision.");
  lying @13 :Bool $Hive.omitDefault $Hive.doc("Found lying since its vote was counted.");
  awaited @14 :Bool $Hive.doc("Whether its vote is missing.");
}

struct MemberRun $Hive.doc("A hook on a member.") {
  node @0 :Text $Hive.required;
  name @1 :Text;
  action @2 :Gate.GateAction;
  step @3 :Gate.GateRunStep;
  exitStatus @4 :Int32;
}

struct StageCriterion {
  criterion @0 :Text $Hive.required;
  verdict @1 :Upgrade.Verdict = inconclusive;
  reason @2 :Text;
}

struct StageView $Hive.doc("A stage of the rollout, as this node judges it now.") {
  stage @0 :UInt8;
  of @1 :UInt8;
  canaries @2 :List(Text) $Hive.doc("Node ids.");
  observedS @3 :UInt32;
  durationS @4 :UInt32;
  verdict @5 :Upgrade.Verdict = inconclusive;
  reason @6 :Text;
  criteria @7 :List(StageCriterion);
  held @8 :Bool $Hive.omitDefault $Hive.doc("Its time is over, or all have voted and nothing follows. Votes can still end it.");
}

struct DecisionStep $Hive.doc("A sealed value of the proposal.") {
  position @0 :UInt64;
  kind @1 :Gate.GateValueKind;
  hash @2 :Text $Hive.doc("SHA-256: the decision hash, the same on every node.");
  stage @3 :UInt8 $Hive.omitDefault;
  learnedAt @4 :Int64 $Hive.unixMicros $Hive.doc("When this node learned of it.");
}

struct ClusterUpgrade $Hive.doc("A proposal, as this node sees it.") {
  id @0 :Text $Hive.required $Hive.doc("SHA-256 of the proposal.");
  track @1 :Text;
  from @2 :Text;
  to @3 :Text;
  decision @4 :UpgradeDecision;
  rollout @5 :Text $Hive.doc("none, canary K/N, complete, rolling back or rolled back.");
  reason @6 :Text $Hive.doc("Why it was decided so, or why it is held and who is awaited.");
  hash @7 :Text $Hive.doc("Decision hash: that of the sealed value that approved, rejected or aborted it.");
  proposer @8 :Text $Hive.doc("Node that asked for it.");
  policy @9 :Gate.GatePolicy;
  judge @10 :Upgrade.Policy;
  votes @11 :List(MemberVote) $Hive.maxLength(32) $Hive.doc("All members. Of an ended proposal: the votes that decided.");
  awaited @12 :List(Text) $Hive.maxLength(32) $Hive.doc("Members whose votes are missing.");
  stage @13 :StageView $Hive.doc("While it is rolled out.");
  runs @14 :List(MemberRun) $Hive.maxLength(32);
  steps @15 :List(DecisionStep) $Hive.maxLength(32) $Hive.doc("What was sealed, the oldest first.");
  announcedAt @16 :Int64 $Hive.unixMicros $Hive.doc("When this node first heard of it.");
  decidedAt @17 :Int64 $Hive.unixMicros $Hive.doc("When this node learned of the decision.");
  final @18 :Bool $Hive.doc("Whether nothing changes any more.");
  conflict @19 :Text $Hive.doc("Two decisions are sealed for one position, so more members lie than the seal bears: their hashes.");
  stopping @20 :Bool $Hive.omitDefault $Hive.doc("An operator has asked to stop it.");
  deadlineS @21 :UInt32 $Hive.omitDefault;
  stages @22 :List(ProposedStage) $Hive.maxLength(8);
  notice @23 :Text $Hive.doc("What an operator of this node should know, such as a hook that it missed.");
}

struct ClusterUpgradeQuery {
  id @0 :Text $Hive.id $Hive.required $Hive.doc("Of a proposal, or at least 6 of its first characters.");
}

struct ClusterUpgradeListQuery {
  limit @0 :UInt32 = 100 $Hive.min(1) $Hive.max(1000);
  after @1 :Text $Hive.id $Hive.doc("`next` of the previous answer.");
  track @2 :Text $Hive.id $Hive.doc("Only this track.");
}

struct ClusterUpgradeList $Hive.maxBytes(8388608) {
  upgrades @0 :List(ClusterUpgrade) $Hive.doc("The newest first.");
  next @1 :Text $Hive.doc("Absent when there are no more.");
}

struct StopUpgrade $Hive.doc("Aborts a proposal that is not decided; rolls back one that is being rolled out.") {
  id @0 :Text $Hive.id $Hive.required;
  reason @1 :Text $Hive.maxLength(1024);
  onlyPending @2 :Bool $Hive.omitDefault $Hive.doc("true: does not roll back what was approved before the stop took effect.");
  unknown @3 :List(Text) $Hive.maxLength(32) $Hive.omitDefault $Hive.doc("Nodes whose rollback is not waited for, by id.");
  operator @4 :Text $Hive.maxLength(64) $Hive.query $Hive.omitDefault $Hive.doc("Who asks; the token's name where there is one.");
}

# -- members ---------------------------------------------------------------------

struct TrackMember {
  node @0 :Text $Hive.id $Hive.required;
  name @1 :Text;
  weight @2 :UInt32 = 1 $Hive.min(1) $Hive.max(1000000);
  tier @3 :Net.NodeTier;
  state @4 :Net.MemberState $Hive.doc("As this node sees it.");
  admitted @5 :Bool $Hive.doc("Whether its votes and accepts count: after a start others must tell it first what it told.");
  start @6 :UInt64 $Hive.omitDefault;
  quarantined @7 :Bool $Hive.omitDefault;
  self @8 :Bool $Hive.omitDefault;
  version @9 :Text $Hive.doc("The version that the newest hook on it left there, as far as this node knows.");
}

struct TrackMembers $Hive.doc("A track, and the members that decide on it.") {
  track @0 :Text $Hive.required;
  number @1 :UInt8;
  generation @2 :UInt32 $Hive.doc("1: as configured.");
  hash @3 :Text $Hive.doc("Of the generation. Where it differs between nodes, their statements do not count together.");
  members @4 :List(TrackMember) $Hive.maxLength(32);
  slack @5 :UInt8 $Hive.doc("Lying members that the seal bears.");
  quorum @6 :UInt8 $Hive.doc("Members that seal a decision.");
  position @7 :UInt64 $Hive.doc("Of the newest sealed value.");
  open @8 :Text $Hive.doc("The proposal that is open.");
  admitted @9 :Bool $Hive.doc("Whether this node takes part.");
  acknowledgements @10 :UInt8 $Hive.doc("Other members that must answer before a node that started takes part.");
  conflict @11 :Text;
  differing @12 :List(Text) $Hive.maxLength(32) $Hive.omitDefault $Hive.doc("Members that speak for another generation.");
}

struct TrackMembersQuery {
  track @0 :Text $Hive.id $Hive.doc("Default: all.");
}

struct TrackMembersList {
  tracks @0 :List(TrackMembers) $Hive.maxLength(4);
}

struct ChangeMembers $Hive.doc("Asks the present members for other ones. Takes effect when no proposal is open and a quorum seals it.") {
  track @0 :Text $Hive.id $Hive.required;
  members @1 :List(TrackMember) $Hive.required $Hive.maxLength(32) $Hive.doc("All of the new ones: `node`, `weight` and `tier` are read.");
  slack @2 :UInt8 $Hive.max(1) $Hive.omitDefault;
  force @3 :Bool $Hive.omitDefault $Hive.doc(
      "true: begins another line of members on this node without a quorum of the present ones, who are lost for good. To be said on each of the new members.");
}

struct AdmitNode $Hive.doc("Vouches that this node's data directory is the one that it ran with last, so that it takes part without the others' answers.") {
  track @0 :Text $Hive.id $Hive.doc("Default: all.");
}

# -- events ----------------------------------------------------------------------

enum UpgradeStep {
  announced @0;
  opened @1;
  voted @2;
  decided @3 $Hive.doc("A value was sealed.");
  hook @4 $Hive.doc("A hook on this node began or ended.");
  members @5 $Hive.doc("Other members decide from now on.");
  conflict @6;
}

struct UpgradeEvent {
  id @0 :Text $Hive.doc("Of the proposal.");
  track @1 :Text;
  step @2 :UpgradeStep;
  node @3 :Text $Hive.doc("Who voted, or whose hook it is.");
  stage @4 :UInt8 $Hive.omitDefault;
  verdict @5 :Upgrade.Verdict = inconclusive $Hive.omitDefault;
  kind @6 :Gate.GateValueKind $Hive.omitDefault $Hive.doc("Of the sealed value.");
  hash @7 :Text;
  reason @8 :Text;
}

# -- documents -------------------------------------------------------------------

struct MemberJudgement $Hive.doc("What a member judged by.") {
  node @0 :Text $Hive.id $Hive.required;
  stage @1 :UInt8 $Hive.omitDefault;
  sha256 @2 :Text $Hive.required $Hive.maxLength(64) $Hive.doc("Hash of `document`, as in the member's vote.");
  document @3 :Text $Hive.json $Hive.doc("The verdict document.");
}

struct SealedInDocument {
  position @0 :UInt64;
  kind @1 :Gate.GateValueKind;
  hash @2 :Text $Hive.maxLength(64);
  sealed @3 :Text $Hive.required $Hive.maxLength(262144) $Hive.doc("The sealed value with its certificate (GateSealed), in base64.");
}

struct DecisionDocument $Hive.maxBytes(16777216) $Hive.doc(
  "A decision of the hive with everything that proves it. Anybody can verify it offline.") {
  format @0 :UInt32 $Hive.min(1) $Hive.doc("Version of this form.");
  id @1 :Text $Hive.required $Hive.maxLength(64);
  track @2 :Text;
  from @3 :Text;
  to @4 :Text;
  decision @5 :UpgradeDecision;
  rollout @6 :Text;
  hash @7 :Text $Hive.maxLength(64) $Hive.doc("Decision hash.");
  firstGeneration @8 :Text $Hive.required $Hive.maxLength(65536) $Hive.doc("The configured members (GateGeneration), in base64.");
  generations @9 :List(SealedInDocument) $Hive.maxLength(64) $Hive.omitDefault $Hive.doc("How the members changed since.");
  values @10 :List(SealedInDocument) $Hive.maxLength(64) $Hive.doc("All that was sealed for the proposal, the oldest first.");
  judgements @11 :List(MemberJudgement) $Hive.maxLength(64) $Hive.omitDefault $Hive.doc("Of the members whose inputs were at hand.");
}

struct DecisionDocumentQuery {
  id @0 :Text $Hive.id $Hive.required;
}

struct DecisionVerification $Hive.doc("Whether a decision document proves what it says.") {
  verified @0 :Bool;
  id @1 :Text;
  decision @2 :UpgradeDecision;
  rollout @3 :Text;
  hash @4 :Text;
  signatures @5 :UInt32 $Hive.doc("Number of signatures that were checked.");
  faults @6 :List(Text) $Hive.maxLength(100) $Hive.doc("What is wrong, and where.");
  unchecked @7 :List(Text) $Hive.maxLength(100) $Hive.doc("What could not be checked, and why.");
  members @8 :List(Text) $Hive.maxLength(32) $Hive.doc("Node ids of the first members: compare them with the ones that you trust.");
}
