@0xf2a4c0d1e83b6a71;
# Reviews of changes of git repositories: what is asked, how far it is, and what was found and decided.

using Cxx = import "/capnp/c++.capnp";
using Hive = import "annotations.capnp";
$Cxx.namespace("hive::wire");

struct StartReview $Hive.doc(
  "Reviews what a head changed since it parted from a base. Commands are program and arguments; no shell is involved.") {
  repo @0 :Text $Hive.required $Hive.doc("Absolute path of the git repository on the node's machine. It is only read.");
  base @1 :Text $Hive.required $Hive.maxLength(256) $Hive.doc("Revision that the change is to be merged into.");
  head @2 :Text $Hive.required $Hive.maxLength(256) $Hive.doc("Revision with the change.");
  tests @3 :List(Text) $Hive.maxLength(256) $Hive.doc("Runs the tests; the node's configured command, else pytest.");
  lint @4 :List(Text) $Hive.maxLength(256) $Hive.doc("Ends with 0 when it finds nothing; the node's when absent.");
  guardian @5 :List(Text) $Hive.maxLength(256) $Hive.doc(
      "Checks code metrics; ends with 0 when no limit is violated; the node's when absent.");
  resultsFile @6 :Text $Hive.maxLength(1024) $Hive.doc(
      "File in the checkout that the test command writes (JUnit XML, TAP or go test -json); standard output when absent.");
  testFormat @7 :Text $Hive.maxLength(16) $Hive.doc("auto, pytest, ctest, junit, tap or go.");
  knownFailures @8 :List(Text) $Hive.maxLength(10000) $Hive.doc("Tests that may fail or be missing at the head.");
  measureBase @9 :Bool = true $Hive.doc("Whether the tests run at the base too; else every failure counts as new.");
  timeoutS @10 :Float64 = nan $Hive.nullable $Hive.min(0.1) $Hive.max(86400) $Hive.doc(
      "Time limit of each command; the node's when absent.");
  prNumber @11 :UInt64 $Hive.omitDefault $Hive.doc("Number of the pull request, for reports.");
}

enum ReviewState {
  queued @0;
  running @1;
  done @2 $Hive.doc("`decision` and `reason` hold.");
}

enum ReviewStep {
  waiting @0;
  preparing @1 $Hive.doc("Compares the trees and writes them into directories of their own.");
  guardian @2;
  lint @3;
  baseTests @4;
  headTests @5;
  repeatedTests @6 $Hive.doc("Runs the base's tests again, to tell new failures from flaky tests.");
  baselines @7 $Hive.doc("Validates agents whose recipes changed.");
  decided @8;
}

enum ReviewDecision {
  approve @0;
  reject @1;
  flag @2 $Hive.doc("A person has to look.");
}

enum ChangeComplexity {
  simple @0 $Hive.doc("At most 3 files and fewer than 100 lines.");
  moderate @1 $Hive.doc("At most 10 files and fewer than 500 lines.");
  complex @2;
}

enum FileChange {
  added @0;
  deleted @1;
  modified @2;
  renamed @3;
}

struct ReviewFile {
  path @0 :Text $Hive.required;
  oldPath @1 :Text $Hive.doc("Its name at the base, where that differs.");
  change @2 :FileChange;
  additions @3 :UInt64;
  deletions @4 :UInt64;
  uncounted @5 :Bool $Hive.omitDefault $Hive.doc("Its lines cannot be counted: binary, a submodule, or larger than 4 MiB.");
  guarded @6 :Bool $Hive.omitDefault $Hive.doc("Guarded by the manifest or configured as protected.");
}

struct DiffStats {
  filesChanged @0 :UInt64;
  additions @1 :UInt64;
  deletions @2 :UInt64;
  uncounted @3 :UInt64 $Hive.doc("Files whose lines cannot be counted.");
}

struct ReviewIssue {
  tool @0 :Text $Hive.required $Hive.doc("lint or guardian.");
  output @1 :Text $Hive.maxLength(500);
  path @2 :Text $Hive.doc("The file that it is about, where the tool said so.");
  line @3 :UInt32 $Hive.omitDefault;
}

struct CommandCheck $Hive.doc("What a lint or guardian command found.") {
  configured @0 :Bool;
  passed @1 :Bool $Hive.doc("It ended with status 0. False as well when it could not be run.");
  exitStatus @2 :Int32;
  error @3 :Text $Hive.doc("Why it could not be run to its end.");
  issues @4 :List(ReviewIssue) $Hive.maxLength(200);
  issueCount @5 :UInt64 $Hive.doc("All issues; `issues` has the first 200.");
  durationS @6 :Float64;
}

struct TestResults {
  passed @0 :UInt32;
  failed @1 :UInt32 $Hive.doc("Includes tests that broke in set-up or tear-down.");
  total @2 :UInt32 $Hive.doc("passed + failed.");
  passRate @3 :Float64 = nan $Hive.nullable $Hive.doc("passed / total, 4 decimals; null when no test ran.");
  returncode @4 :Int32;
  skipped @5 :UInt32;
  durationS @6 :Float64;
}

struct BaseTests $Hive.doc("The tests at the commit where the change begins.") {
  measured @0 :Bool;
  reason @1 :Text $Hive.doc("Why they were not measured.");
  results @2 :TestResults $Hive.doc("Of the newest run.");
  runs @3 :UInt32 $Hive.doc("Runs of this tree with this command so far.");
  cached @4 :Bool $Hive.doc("Whether an earlier review had measured them.");
}

struct ReviewTest {
  name @0 :Text $Hive.required $Hive.maxLength(512);
  file @1 :Text;
  baseRuns @2 :UInt32 $Hive.omitDefault $Hive.doc("Runs of the base that had it.");
  baseFailures @3 :UInt32 $Hive.omitDefault $Hive.doc("Runs of the base in which it failed.");
}

struct ReviewTests {
  count @0 :UInt64;
  tests @1 :List(ReviewTest) $Hive.maxLength(200) $Hive.doc("The first 200.");
}

struct TestComparison {
  newFailures @0 :ReviewTests $Hive.doc("Fail at the head and not at the base.");
  oldFailures @1 :ReviewTests $Hive.doc("Fail at the base as well.");
  flaky @2 :ReviewTests $Hive.doc("Fail at the head, and now and then at the base: they cannot reject.");
  knownFailures @3 :ReviewTests $Hive.doc("Fail at the head and were named in advance.");
  vanished @4 :ReviewTests $Hive.doc("Ran at the base and are missing at the head, though their files are there.");
  newlySkipped @5 :ReviewTests $Hive.doc("Ran at the base and are skipped at the head.");
  fixed @6 :ReviewTests $Hive.doc("Failed at the base and pass at the head.");
  deletedFiles @7 :List(Text) $Hive.maxLength(200) $Hive.doc("Test files that the change deletes.");
  deletedFileCount @8 :UInt64;
}

struct GuardrailReview {
  configured @0 :Bool $Hive.doc("Whether there is a manifest to verify.");
  verified @1 :Bool $Hive.doc("Whether the manifest verifies at the head.");
  violated @2 :Bool $Hive.doc("A guarded file was changed, or the manifest does not verify.");
  findings @3 :List(Text) $Hive.maxLength(200);
  changedPaths @4 :List(Text) $Hive.maxLength(200) $Hive.doc("Changed files that are guarded.");
}

struct AgentReview $Hive.doc("What-if validation of an agent whose recipe the change touches.") {
  promptId @0 :Text $Hive.required;
  flowId @1 :Text $Hive.required;
  change @2 :FileChange;
  passed @3 :Bool;
  inconclusive @4 :Bool;
  reason @5 :Text;
  baselineVersion @6 :UInt64 $Hive.omitDefault;
  regressions @7 :List(Text) $Hive.maxLength(200);
  missing @8 :List(Text) $Hive.maxLength(200);
}

struct BaselineValidation {
  passed @0 :Bool $Hive.doc("No agent regressed.");
  inconclusive @1 :Bool;
  agents @2 :List(AgentReview) $Hive.maxLength(1000) $Hive.doc("Agents whose recipes differ.");
}

struct Review $Hive.maxBytes(8388608) $Hive.doc("A review, at any stage; also its disk form.") {
  id @0 :Text $Hive.required;
  state @1 :ReviewState;
  step @2 :ReviewStep;
  progress @3 :Text $Hive.doc("What is being done, in words.");
  request @4 :StartReview;
  requestedAt @5 :Int64 $Hive.unixMicros;
  startedAt @6 :Int64 $Hive.unixMicros;
  finishedAt @7 :Int64 $Hive.unixMicros;
  attempts @8 :UInt32 $Hive.doc("How often it was started: more than once when the node was stopped in between.");
  base @9 :Text $Hive.doc("Commit of the base.");
  head @10 :Text $Hive.doc("Commit of the head.");
  mergeBase @11 :Text $Hive.doc("Commit where the change begins.");
  title @12 :Text $Hive.doc("First line of the head's message.");
  decision @13 :ReviewDecision = flag $Hive.doc("Holds when done.");
  reason @14 :Text $Hive.doc("The decision in one sentence.");
  findings @15 :List(Text) $Hive.maxLength(100) $Hive.doc("All that speaks against an approval.");
  error @16 :Text $Hive.doc("Why the review could not be completed; it is rejected then.");
  inconclusive @17 :Bool $Hive.doc("Something that decides could not be measured.");
  changeComplexity @18 :ChangeComplexity;
  diffStats @19 :DiffStats;
  files @20 :List(ReviewFile) $Hive.maxLength(2000) $Hive.doc("The first 2,000 changed files.");
  guardrail @21 :GuardrailReview;
  guardian @22 :CommandCheck;
  precommit @23 :CommandCheck $Hive.doc("What the lint command found.");
  testResults @24 :TestResults;
  baseTests @25 :BaseTests;
  comparison @26 :TestComparison;
  baselineValidation @27 :BaselineValidation;
  sandboxed @28 :Bool $Hive.doc("Whether the commands ran without network, and saw nothing but the checkout.");
  prNumber @29 :UInt64 $Hive.omitDefault;
  reviewPosted @30 :Bool $Hive.doc("A node posts nothing: whoever asks for the review does.");
  baseTree @31 :Text $Hive.doc("Tree of the commit where the change begins.");
  headTree @32 :Text;
}

struct ReviewQuery {
  id @0 :Text $Hive.id $Hive.required;
}

struct ReviewListQuery {
  limit @0 :UInt32 = 100 $Hive.min(1) $Hive.max(1000) $Hive.doc("Maximum number of reviews in a page.");
  after @1 :Text $Hive.id $Hive.doc("Continues after this review: `next` of the previous page.");
}

struct ReviewLine $Hive.doc("A review's entry in a list.") {
  id @0 :Text $Hive.required;
  state @1 :ReviewState;
  step @2 :ReviewStep;
  decision @3 :ReviewDecision = flag;
  reason @4 :Text;
  repo @5 :Text;
  head @6 :Text;
  title @7 :Text;
  requestedAt @8 :Int64 $Hive.unixMicros;
  finishedAt @9 :Int64 $Hive.unixMicros;
  prNumber @10 :UInt64 $Hive.omitDefault;
}

struct ReviewList $Hive.maxBytes(8388608) {
  reviews @0 :List(ReviewLine) $Hive.doc("Newest first.");
  next @1 :Text $Hive.doc("Pass it as `after` for the next page; absent on the last page.");
}

struct BaseTest $Hive.doc("One test over all runs of a base.") {
  name @0 :Text $Hive.required $Hive.maxLength(512);
  file @1 :Text;
  cleanRuns @2 :UInt32 $Hive.doc("Runs in which it ran and did not fail.");
  failedRuns @3 :UInt32;
  skippedRuns @4 :UInt32 $Hive.doc("Runs that only skipped it.");
  mostFailures @5 :UInt32 $Hive.doc("Largest number of failures under this name in one run.");
}

struct BaseRuns $Hive.maxBytes(67108864) $Hive.doc("Stored results of one tree's tests under one command.") {
  key @0 :Text $Hive.required;
  tree @1 :Text;
  runs @2 :UInt32;
  measuredAt @3 :Int64 $Hive.unixMicros;
  newest @4 :TestResults;
  namesAll @5 :Bool $Hive.doc("Whether all tests have names in all runs.");
  fewestTests @6 :UInt32 $Hive.doc("Smallest number of tests that ran in a run.");
  mostUnnamedFailures @7 :UInt32 $Hive.doc("Largest number of failures without a name in a run.");
  tests @8 :List(BaseTest);
}
