@0xf2a4c0d1e83b6a90;
# Slots of the upgrade gate: how the nodes of a hive decide together whether a version may replace another.
#
# Sealed values and proposals are hashed, so they travel as Data: the canonical bytes that were hashed, never encoded
# anew. Members are named by their rank in the generation that a statement belongs to.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
using Net = import "hive.capnp";
using Upgrade = import "upgrade.capnp";
$Cxx.namespace("hive::wire");

# -- who decides -----------------------------------------------------------------

struct GateMember {
  node @0 :Text $Hive.id $Hive.required;
  weight @1 :UInt32 = 1 $Hive.min(1) $Hive.max(1000000) $Hive.doc("Under the weighted policy.");
  tier @2 :Net.NodeTier $Hive.doc("As configured; what a node's card says of itself does not count.");
}

struct GateGeneration $Hive.doc("The sealers of a track. Its hash is in every statement.") {
  number @0 :UInt32 $Hive.min(1);
  members @1 :List(GateMember) $Hive.required $Hive.maxLength(32) $Hive.doc("By node id, each once.");
  slack @2 :UInt8 $Hive.max(1) $Hive.doc("Lying acceptors that the seal bears.");
  previous @3 :Data $Hive.doc("Hash of the generation before; empty for the first of a line.");
  line @4 :Data $Hive.doc("Of a line that operators began after a quorum was lost: hash of where and with whom; else empty.");
  track @5 :Text $Hive.id $Hive.doc("Name of the track: members that give a number another name do not decide together.");
}

# -- proposals -------------------------------------------------------------------

enum GatePolicy {
  all @0 $Hive.doc("Every member of the electorate.");
  majority @1 $Hive.doc("More than half of the members.");
  weighted @2 $Hive.doc("More than half of the weight.");
}

struct GateMargin {
  metric @0 :Text $Hive.required $Hive.maxLength(256);
  margin @1 :Float64 $Hive.min(0);
}

struct GateStage {
  sharePermille @0 :UInt16 $Hive.min(1) $Hive.max(1000) $Hive.doc("Part of the electorate that has the new version.");
  durationS @1 :UInt32 $Hive.max(2592000) $Hive.doc("How long its canaries are watched.");
  deadlineS @2 :UInt32 $Hive.max(2592000) $Hive.doc("After this the stage is shown as held; 0: never.");
}

struct GateProposal $Hive.maxBytes(16384) $Hive.doc("What is proposed. Its hash is the proposal's id.") {
  track @0 :UInt8 $Hive.max(3);
  from @1 :Text $Hive.id $Hive.required;
  to @2 :Text $Hive.id $Hive.required;
  electorate @3 :List(GateMember) $Hive.required $Hive.maxLength(32) $Hive.doc("Whose votes count; by node id.");
  policy @4 :GatePolicy;
  requiredTiers @5 :List(Net.NodeTier) $Hive.maxLength(3) $Hive.doc("Policy weighted: a safe vote from each.");
  heavyVotes @6 :UInt8 $Hive.max(32) $Hive.doc("Votes that judged heavy metrics, at least; 0: there are none.");
  margins @7 :List(GateMargin) $Hive.maxLength(64);
  stages @8 :List(GateStage) $Hive.required $Hive.maxLength(8);
  attempts @9 :UInt8 = 3 $Hive.min(1) $Hive.max(16) $Hive.doc("Ballots of a member in a stage.");
  deadlineS @10 :UInt32 $Hive.max(2592000) $Hive.doc("After this the verdict is shown as held; 0: never.");
  nonce @11 :Data $Hive.required;
  judge @12 :Upgrade.Policy = statistical $Hive.doc("By what each member judges.");
  measure @13 :Bool $Hive.doc("Each member measures both versions in pairs.");
  maxMinutes @14 :Float64 = 60 $Hive.min(0.01) $Hive.max(10080) $Hive.doc("Time for a member's paired measurements.");
  line @15 :Data $Hive.doc("`line` of the sealers that decide; so votes of different lines never count together.");
}

# -- sealed values ---------------------------------------------------------------

enum GateValueKind {
  open @0;
  approved @1;
  rejected @2;
  aborted @3;
  go @4 $Hive.doc("The next stage.");
  complete @5;
  back @6 $Hive.doc("Roll back.");
  closed @7 $Hive.doc("Rolled back.");
  members @8 $Hive.doc("Another generation of sealers from the next position on.");
}

struct GateOpened {
  position @0 :UInt64;
  proposal @1 :Data;
}

struct GateCompleted $Hive.doc("The proposal that was rolled out last, so that a node that missed it can tell.") {
  position @0 :UInt64 $Hive.doc("0: none.");
  proposal @1 :Data;
  to @2 :Text $Hive.id $Hive.doc("The version.");
  members @3 :UInt32 $Hive.doc("Of the sealers that act from the next position on: a bit for each that was to deploy it.");
}

struct GateValue $Hive.maxBytes(65536) $Hive.doc(
  "What is sealed at a position. The state of a track follows from its newest value alone.") {
  track @0 :UInt8 $Hive.max(3);
  position @1 :UInt64 $Hive.min(1);
  chain @2 :Data $Hive.required $Hive.doc("Hash of the value before.");
  generation @3 :Data $Hive.required $Hive.doc("Hash of the generation that seals it.");
  kind @4 :GateValueKind;
  proposal @5 :Data $Hive.doc("Hash of the body; empty for members.");
  body @6 :Data $Hive.doc("The GateProposal.");
  proposer @7 :Text $Hive.id $Hive.doc("Node that asked for the proposal; it may stop it.");
  stage @8 :UInt8 $Hive.doc("Stage of the rollout, from 1; 0 before it.");
  canaries @9 :List(UInt8) $Hive.maxLength(32) $Hive.doc("Ranks in the electorate of those that deploy in this stage.");
  evidence @10 :List(Net.StoredSlot) $Hive.maxLength(64) $Hive.doc("Signed slots that justify it.");
  first @11 :UInt64 $Hive.doc("Start that may lead round 0 at the next position, of the member whose turn it is; 0: none.");
  recent @12 :List(GateOpened) $Hive.maxLength(40) $Hive.doc("Proposals opened at the last positions: none opens twice.");
  members @13 :GateGeneration;
  completed @14 :GateCompleted;
  decision @15 :Data $Hive.doc("After the approval: hash of the value that approved the proposal.");
}

# -- slots -----------------------------------------------------------------------

struct GatePropose {
  body @0 :Data $Hive.required $Hive.doc("The GateProposal.");
  seenPosition @1 :UInt64 $Hive.doc("Newest position that the asking node knew: the lowest opens first.");
  queue @2 :Bool $Hive.doc("Whether it waits while another one is open.");
}

struct GateStop {
  proposal @0 :Data $Hive.required;
  reason @1 :Text $Hive.maxLength(1024);
  operator @2 :Text $Hive.maxLength(64);
  onlyPending @3 :Bool $Hive.doc("Does not roll back what was approved before it took effect.");
  unknown @4 :List(Text) $Hive.maxLength(32) $Hive.doc("Nodes whose rollback is not waited for.");
}

struct GateAsk $Hive.maxBytes(65536) {
  propose @0 :GatePropose;
  stop @1 :GateStop;
  members @2 :GateGeneration;
}

struct GateReason {
  metric @0 :Text $Hive.maxLength(64);
  text @1 :Text $Hive.maxLength(64);
}

struct GateVote $Hive.maxBytes(640) {
  proposal @0 :Data $Hive.required;
  stage @1 :UInt8;
  start @2 :UInt64 $Hive.min(1);
  attempt @3 :UInt8;
  position @4 :UInt64;
  verdict @5 :Upgrade.Verdict = inconclusive;
  inputsHash @6 :Data;
  algorithmVersion @7 :Text $Hive.maxLength(32);
  environmentHash @8 :Data;
  judgedFast @9 :Bool;
  judgedHeavy @10 :Bool;
  reasons @11 :List(GateReason) $Hive.maxLength(8) $Hive.doc("Worst first, as many as fit.");
}

struct GateStart $Hive.maxBytes(512) {
  start @0 :UInt64 $Hive.min(1);
  nonce @1 :UInt64;
  generations @2 :List(Data) $Hive.maxLength(4) $Hive.doc("Hashes of the generations that it decides with, by track.");
}

struct GateRound $Hive.doc("An attempt to seal a position, ordered by counter, then start.") {
  counter @0 :UInt64;
  owner @1 :UInt8 $Hive.max(31) $Hive.doc("Rank of the member whose turn it is.");
  start @2 :UInt64;
}

struct GateAccepted {
  round @0 :GateRound $Hive.required;
  valueHash @1 :Data $Hive.required;
  own @2 :Bool $Hive.doc("Accepted here; otherwise heard of after a start, which is no accept.");
  lead @3 :Net.StoredSlot $Hive.required $Hive.doc("The owner's claim: nobody can report a round that was not led.");
}

struct GateKnownStart {
  member @0 :UInt8 $Hive.max(31);
  start @1 :UInt64;
  nonce @2 :UInt64;
}

struct GateHold {
  member @0 :UInt8 $Hive.max(31);
  sequence @1 :UInt64;
}

struct GateSeal $Hive.maxBytes(16384) $Hive.doc("All that a sealer says at a position; replaces what it said before.") {
  position @0 :UInt64 $Hive.min(1);
  chain @1 :Data $Hive.required;
  generation @2 :Data $Hive.required;
  start @3 :UInt64 $Hive.min(1) $Hive.doc("Start under which it speaks.");
  admitted @4 :Bool $Hive.doc("Whether its promise and accept count.");
  admittedAt @5 :UInt64 $Hive.doc("Position of its admission.");
  promised @6 :GateRound $Hive.doc("It takes part in no lower round; absent: it promised nothing.");
  accepted @7 :GateAccepted;
  starts @8 :List(GateKnownStart) $Hive.maxLength(32) $Hive.doc("Starts of members that it has heard of.");
  holds @9 :List(GateHold) $Hive.maxLength(32) $Hive.doc("Newest runs of members that it has stored.");
}

enum GateStep {
  asks @0 $Hive.doc("For promises.");
  proposes @1;
}

struct GateLead $Hive.maxBytes(1024) {
  position @0 :UInt64 $Hive.min(1);
  generation @1 :Data $Hive.required;
  round @2 :GateRound $Hive.required;
  step @3 :GateStep;
  valueHash @4 :Data;
  slotHash @5 :Data $Hive.doc("Of the payload of its value slot.");
}

struct GateProposed $Hive.maxBytes(131072) {
  value @0 :Data $Hive.required $Hive.doc("The GateValue.");
  promises @1 :List(Net.StoredSlot) $Hive.maxLength(32) $Hive.doc("Seal slots of a quorum; none in round 0.");
}

struct GateSealed $Hive.maxBytes(131072) $Hive.doc("A value with the accepts that seal it.") {
  value @0 :Data $Hive.required;
  accepts @1 :List(Net.StoredSlot) $Hive.required $Hive.maxLength(32);
}

struct GateLine $Hive.doc("A line of generations that operators began after a quorum was lost.") {
  generation @0 :GateGeneration $Hive.required $Hive.doc("Its first one.");
  position @1 :UInt64 $Hive.min(1) $Hive.doc("The newest of the line before.");
  chain @2 :Data $Hive.required $Hive.doc("Hash of the value there. What it left open is dropped.");
  before @3 :GateGeneration $Hive.doc("The one that the line follows; absent once something is sealed in the line.");
}

struct GateLog $Hive.maxBytes(131072) {
  newest @0 :GateSealed $Hive.required;
  generations @1 :List(GateSealed) $Hive.maxLength(64) $Hive.doc("The members values since the first generation of the line.");
  line @2 :GateLine $Hive.doc("The newest line, where the sealers are not of the configured one.");
}

enum GateAction {
  deploy @0;
  rollback @1;
}

enum GateRunStep {
  intended @0;
  ended @1;
  unknown @2 $Hive.doc("Begun before a start, and nobody knows whether it ended.");
  skipped @3 $Hive.doc("Nothing had been deployed here.");
}

struct GateRun $Hive.maxBytes(1024) {
  proposal @0 :Data $Hive.required;
  position @1 :UInt64 $Hive.doc("Of the value that ordered it.");
  action @2 :GateAction;
  sequence @3 :UInt64 $Hive.min(1) $Hive.doc("Number of the node's hook on this track, over all starts.");
  step @4 :GateRunStep;
  exitStatus @5 :Int32;
  before @6 :Data $Hive.doc("Proposal that was deployed here before this one; empty: none.");
}
