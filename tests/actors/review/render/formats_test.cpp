#include "actors/review/render/formats.hpp"

#include "actors/review/rules/review_record.hpp"
#include "messages/json.hpp"
#include "messages/text.hpp"

#include <gmock/gmock.h>
#include <pugixml.hpp>

namespace hive::review {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// A finished review with these facts.
msg<wire::Review> review_with(const review_facts& facts) {
  auto request = msg<wire::StartReview>::build([](wire::StartReview::Builder out) {
    out.setRepo("/r");
    out.setBase("main");
    out.setHead("topic");
  });
  git_range range{std::string(40, 'a'), std::string(40, 'b'), std::string(40, 'c'), "", "", "A title"};
  return finished(started(queued(*request, "r7", range, true, 1), 2), facts, 3);
}

/// Facts with something to say in every list; names as a hostile author would choose them.
review_facts bad(size_t tests = 1) {
  review_facts out;
  changed_file file;
  file.path = file.old_path = "src/a b.py";
  out.files = {file};
  out.guarded = {"src/a b.py"};
  out.guardrail.changed_paths = {"src/a b.py"};
  out.lint.configured = true;
  out.lint.issues = {{"src/a b.py:3: <img src=x> @everybody `rm`", "src/a b.py", 3}, {"no place", "", 0}};
  out.lint.issue_count = 2;
  out.tests.head = test_run_facts{{8, 1, 1, 0}, 1, 2.5};
  auto& compared = out.tests.compared.emplace();
  for (size_t i = 0; i < tests; ++i)
    compared.new_failures.push_back({"t::<b>" + std::to_string(i) + "`|@me", "t/x.py", 3, 0});
  compared.flaky = {{"f", "", 3, 1}};
  compared.old_failures = {{"old", "", 1, 1}};
  compared.deleted_files = {"t/gone.py"};
  agent_result agent;
  agent.prompt_id = "71";
  agent.flow_id = "0";
  agent.regressions = {"action_1_success_rate: 0.900 → 0.500"};
  out.agents = {agent};
  return out;
}

TEST(review_formats, json_has_the_names_of_hart_os) {
  auto json = to_json(review_with(bad()));
  for (const auto* member :
       {R"("decision":"reject")", R"("change_complexity":"complex")",
        R"("diff_stats":{"files_changed":1,"additions":0,"deletions":0)",
        R"("precommit":{"configured":true,"passed":false)",
        R"("test_results":{"passed":8,"failed":2,"total":10,"pass_rate":0.8,"returncode":1)",
        R"("baseline_validation":{"passed":false)", R"("reason":)", R"("tool":"lint")", R"("review_posted":false)"})
    EXPECT_THAT(json, HasSubstr(member));
  json_error why;
  EXPECT_TRUE(from_json<wire::Review>(json, why)) << why.message();
}

TEST(review_formats, markdown_begins_with_what_a_workflow_looks_for) {
  auto text = to_markdown(*review_with(bad()), "");
  EXPECT_THAT(text, StartsWith("<!-- hivemark-review -->\n<!-- hivemark-verdict: reject -->\n## Hivemark: rejected\n"));
  EXPECT_THAT(text, HasSubstr("### New failures (1)"));
  EXPECT_THAT(text, HasSubstr("failed in 1 of 3 runs of the base"));
  EXPECT_THAT(text, HasSubstr("action&#95;1&#95;success&#95;rate"));
}

TEST(review_formats, markdown_shows_names_of_strangers_as_text) {
  auto text = to_markdown(*review_with(bad()), "");
  EXPECT_THAT(text, HasSubstr("`t::<b>0'|@me`")) << "in a code span, which ends at no backtick of theirs";
  EXPECT_THAT(text, HasSubstr("&#60;b&#62;0&#96;&#124;&#64;me")) << "in the reason";
  // Outside of code spans there is no markup of theirs.
  std::string outside;
  bool in_code = false;
  for (char c : text) {
    in_code ^= c == '`';
    outside += in_code ? ' ' : c;
  }
  EXPECT_THAT(outside, Not(HasSubstr("<b>")));
  EXPECT_THAT(outside, Not(HasSubstr("<img")));
  EXPECT_THAT(outside, Not(HasSubstr("@")));
}

TEST(review_formats, markdown_fits_into_a_comment) {
  auto facts = bad(200);
  for (auto& test : facts.tests.compared->new_failures)
    test.name += std::string(400, 'x');
  auto text = to_markdown(*review_with(facts), "https://ci.example/run/1");
  EXPECT_LE(text.size(), max_comment_bytes);
  EXPECT_THAT(text, HasSubstr("https://ci.example/run/1"));
  EXPECT_TRUE(is_utf8(text));
  EXPECT_THAT(to_markdown(*review_with(facts), ""), HasSubstr("hivectl review show r7"));
  EXPECT_THAT(to_markdown(*review_with(bad()), "https://ci.example/run/1"), Not(HasSubstr("ci.example")));
}

TEST(review_formats, junit_is_read_back_with_its_failures) {
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(to_junit(*review_with(bad(2))).c_str()));
  auto suite = document.child("testsuites").child("testsuite");
  // The decision, two new failures and an agent.
  EXPECT_EQ(suite.attribute("failures").as_int(), 4);
  int failures = 0;
  int cases = 0;
  for (auto test : suite.children("testcase")) {
    ++cases;
    failures += !test.child("failure").empty();
  }
  EXPECT_EQ(cases, suite.attribute("tests").as_int());
  EXPECT_EQ(failures, 4);
  EXPECT_TRUE(suite.find_child_by_attribute("testcase", "name", "t::<b>0`|@me"));
}

TEST(review_formats, junit_of_an_approval_has_no_failure) {
  review_facts facts;
  facts.tests.compared.emplace();
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(to_junit(*review_with(facts)).c_str()));
  EXPECT_EQ(document.child("testsuites").attribute("failures").as_int(), 0);
  EXPECT_EQ(document.child("testsuites").attribute("tests").as_int(), 1);
}

TEST(review_formats, sarif_names_rules_places_and_levels) {
  auto sarif = to_sarif(*review_with(bad()), "1.2.3");
  EXPECT_EQ(as_view(sarif->getVersion()), "2.1.0");
  auto run = sarif->getRuns()[0];
  std::set<std::string> rules;
  for (auto rule : run.getTool().getDriver().getRules())
    rules.emplace(as_view(rule.getId()));
  for (auto result : run.getResults())
    EXPECT_TRUE(rules.contains(std::string{as_view(result.getRuleId())})) << "every result's rule is described";
  EXPECT_EQ(run.getResults()[0].getLevel(), wire::SarifLevel::ERROR) << "errors first";
  auto json = to_json(sarif);
  EXPECT_THAT(json, HasSubstr(R"("$schema":"https://)"));
  EXPECT_THAT(json,
              HasSubstr(R"("physicalLocation":{"artifactLocation":{"uri":"src/a%20b.py"},"region":{"startLine":3}})"));
  EXPECT_THAT(json, HasSubstr(R"("uri":"t/x.py"}})")) << "no region without a line";
  EXPECT_THAT(json, HasSubstr(R"("ruleId":"new-test-failure","level":"error")"));
}

TEST(review_formats, check_runs_stay_within_githubs_limits) {
  auto facts = bad(120);
  auto runs = to_check_runs(*review_with(facts), "https://ci.example/run/1");
  // 120 failures, one lint issue with a place, one guarded and one deleted file.
  size_t annotations = 0;
  for (auto call : runs->getCalls()) {
    EXPECT_LE(call.getOutput().getAnnotations().size(), max_annotations_per_call);
    EXPECT_LE(call.getOutput().getSummary().size(), max_comment_bytes);
    EXPECT_EQ(call.getConclusion(), wire::CheckConclusion::FAILURE);
    EXPECT_EQ(as_view(call.getHeadSha()), std::string(40, 'b'));
    for (auto annotation : call.getOutput().getAnnotations())
      EXPECT_GE(annotation.getStartLine(), 1u);
    annotations += call.getOutput().getAnnotations().size();
  }
  EXPECT_EQ(annotations, 123u);
  EXPECT_EQ(runs->getCalls().size(), 3u);
  EXPECT_THAT(to_json(runs), HasSubstr(R"("head_sha":"bbbb)"));
  review_facts good;
  good.tests.compared.emplace();
  auto one = to_check_runs(*review_with(good), "");
  ASSERT_EQ(one->getCalls().size(), 1u);
  EXPECT_EQ(one->getCalls()[0].getConclusion(), wire::CheckConclusion::SUCCESS);
}

TEST(review_record, keeps_the_schemas_bounds_and_says_how_many_there_are) {
  auto facts = bad(1'000);
  facts.files.resize(3'000, facts.files.front());
  facts.files.back().path = facts.files.back().old_path = "bytes\xff\x1b[1m";
  facts.agents.resize(2, facts.agents.front());
  auto review = review_with(facts);
  EXPECT_EQ(review->getComparison().getNewFailures().getCount(), 1'000u);
  EXPECT_EQ(review->getComparison().getNewFailures().getTests().size(), 200u);
  EXPECT_EQ(review->getDiffStats().getFilesChanged(), 3'000u);
  EXPECT_EQ(review->getFiles().size(), 2'000u);
  auto loaded = msg<wire::Review>::load(review.bytes());
  EXPECT_TRUE(loaded) << text_of(loaded.error());
}

TEST(review_record, writes_any_name_of_a_file_as_text) {
  auto facts = bad();
  facts.files.front().path = facts.files.front().old_path = "bytes\xff\x1b[1m";
  auto review = review_with(facts);
  EXPECT_EQ(as_view(review->getFiles()[0].getPath()), "bytes\\xff\\x1b[1m");
}

} // namespace
} // namespace hive::review
