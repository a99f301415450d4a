#include "messages/json.hpp"
#include "messages/upgrade.capnp.h"
#include "tests/apps/support/fake_node.hpp"
#include "tests/apps/support/hivectl.hpp"
#include "tests/paths.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

namespace hive::test {
namespace {

using testing::HasSubstr;

program_result check(const std::string& answer, std::vector<std::string> more = {}) {
  auto node = answering(answer);
  std::vector<std::string> arguments{"upgrade", "check", "v1", "v2"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return hivectl(node.url(), arguments);
}

TEST(upgrade_check, ends_with_its_verdict) {
  EXPECT_EQ(check(R"({"safe":true,"verdict":"safe","compared":1})").status, 0);
  EXPECT_EQ(check(R"({"safe":false,"verdict":"regressed","compared":1})").status, 1);
  EXPECT_EQ(check(R"({"safe":false,"verdict":"inconclusive"})").status, 2);
}

TEST(upgrade_check, ends_with_its_verdict_as_json_too) {
  auto result = check(R"({"safe":false,"verdict":"inconclusive"})", {"--json"});
  EXPECT_EQ(result.status, 2);
  EXPECT_EQ((*from_json<wire::UpgradeCheck>(result.out))->getVerdict(), wire::Verdict::INCONCLUSIVE);
}

TEST(upgrade_check, never_opens_a_gate_for_an_answer_it_cannot_read) {
  for (const auto* answer : {"", "{}x", R"({"verdict":"perhaps"})", R"({"safe":true,"verdict":"safe","new_field":1})"})
    EXPECT_EQ(check(answer).status, 69) << answer;
}

TEST(upgrade_check, never_opens_a_gate_on_safe_alone) {
  EXPECT_EQ(check(R"({"safe":true,"verdict":"regressed","compared":1})").status, 1);
  EXPECT_EQ(check(R"({"safe":true,"verdict":"inconclusive"})").status, 2);
}

TEST(upgrade_check, asks_for_what_was_said) {
  auto node = answering(R"({"safe":true,"verdict":"safe","compared":1})");
  EXPECT_EQ(hivectl(node.url(), {"upgrade", "check", "v1.0", "v2_b-c", "--policy", "strict"}).status, 0);
  EXPECT_EQ(node.requests().back().target, "/api/v1/upgrades/check?old=v1.0&new=v2_b-c&policy=strict");
  EXPECT_EQ(hivectl(node.url(), {"upgrade", "check", "v1", "v2"}).status, 0);
  EXPECT_EQ(node.requests().back().target, "/api/v1/upgrades/check?old=v1&new=v2") << "the node's default stands";
}

TEST(upgrade_check, writes_the_document_as_the_node_gave_it) {
  auto document = file_text(HIVE_TEST_DATA "/verdicts/strict.json");
  auto node = answering(document);
  temporary_directory dir;
  auto file = (dir.path() / "verdict.json").string();
  auto result = hivectl(node.url(), {"upgrade", "check", "v1", "v2", "--document", file});
  EXPECT_EQ(result.status, 1) << result.err;
  EXPECT_EQ(node.requests().back().target, "/api/v1/upgrades/check/document?old=v1&new=v2");
  EXPECT_THAT(result.out, HasSubstr("Verdict  regressed (policy strict"));
  EXPECT_EQ(file_text(file), document);
  result =
    hivectl(node.url(), {"upgrade", "check", "v1", "v2", "--document", (dir.path() / "none/verdict.json").string()});
  EXPECT_EQ(result.status, 74) << "a verdict without its document is not what was asked for";
}

TEST(upgrade_verify, refuses_what_is_no_document) {
  temporary_directory dir;
  auto status_of = [&](const std::string& text) {
    auto file = put_file(dir.path() / "verdict.json", text).string();
    return hivectl({"upgrade", "verify", file, "--snapshots", dir.path().string()}).status;
  };
  EXPECT_EQ(status_of(R"({"algorithm":2})"), 65);
  EXPECT_EQ(status_of("{"), 65);
  EXPECT_EQ(status_of(file_text(HIVE_TEST_DATA "/verdicts/strict.json")), 1) << "the inputs are missing";
  EXPECT_EQ(hivectl({"upgrade", "verify", (dir.path() / "none.json").string()}).status, 74);
}

TEST(upgrade_check, tells_how_adapters_measured_on_gpus) {
  auto result = check(R"({"policy":"strict","verdict":"inconclusive","reason":"a.m: it was disturbed","measured":[
    {"adapter":"qwen","old":{"quality":"clean"},"new":{"quality":"disturbed","reason":"throttled for 3.0 s"}},
    {"adapter":"embodied","new":{"quality":"simulated"}}]})");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.out, HasSubstr("Measured qwen: old clean, new disturbed (throttled for 3.0 s)\n"
                                    "Measured embodied: old unknown, new simulated\n"));
}

TEST(upgrade_check, names_every_finding) {
  auto result = check(R"({"old":"v1","new":"v2","policy":"strict","safe":false,"verdict":"regressed",
    "reason":"1 metric regressed","compared":4,
    "regressions":[{"adapter":"a","metric":"latency","old":100,"new":112.5,"change_pct":12.5,"direction":"lower",
                    "unit":"ms"}],
    "improvements":[{"adapter":"b","metric":"rate","old":0,"new":0.5,"change_pct":null,"direction":"higher"}],
    "missing":[{"adapter":"c","metric":"m","reason":"its unit changed","blocks":true,"old":950,"new":1.2,
                "old_unit":"ms","new_unit":"s"},
               {"adapter":"d","reason":"it failed","blocks":false}],
    "ungated":[{"adapter":"e","metric":"queries","old":4,"new":2,"change_pct":-50,"direction":"higher"}],
    "left_out":3})");
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.out, "Verdict  regressed (policy strict, 4 metrics compared)\n"
                        "Reason   1 metric regressed\n"
                        "\n"
                        "FINDING       METRIC        OLD       NEW   CHANGE  BETTER  WHY\n"
                        "────────────  ─────────  ──────  ────────  ───────  ──────  ────────────────\n"
                        "regressed     a.latency  100 ms  112.5 ms  +12.50%  lower   -\n"
                        "inconclusive  c.m        950 ms     1.2 s        -  -       its unit changed\n"
                        "left out      d               -         -        -  -       it failed\n"
                        "improved      b.rate          0       0.5        -  higher  -\n"
                        "no gate       e.queries       4         2  -50.00%  higher  -\n"
                        "3 more findings are not listed.\n");
}

TEST(upgrade_check, warns_when_safe_says_nothing) {
  for (std::vector<std::string> form : {std::vector<std::string>{}, {"--json"}}) {
    auto result = check(R"({"policy":"threshold","safe":true,"verdict":"safe","compared":0})", form);
    EXPECT_EQ(result.status, 2) << "a gate must not open on it";
    EXPECT_THAT(result.err, HasSubstr("warning: no metric was compared"));
    EXPECT_THAT(result.err, HasSubstr("hivectl snapshot list"));
    EXPECT_THAT(result.err, HasSubstr("The default policy, strict, says inconclusive"));
    EXPECT_EQ(check(R"({"policy":"threshold","safe":false,"verdict":"regressed","compared":0})", form).status, 2)
      << "nothing regressed: the new version was never captured";
  }
  EXPECT_EQ(check(R"({"policy":"threshold","safe":true,"verdict":"safe","compared":1})").err, "");
  EXPECT_EQ(check(R"({"policy":"threshold","safe":false,"verdict":"inconclusive","compared":0})").err, "");
}

TEST(upgrade_check, examples_of_gates_keep_the_default) {
  for (std::vector<std::string> help :
       {std::vector<std::string>{"--help"}, {"upgrade", "--help"}, {"upgrade", "check", "--help"}}) {
    auto text = hivectl(help).out;
    size_t gates = 0;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);)
      if (line.find("./deploy") != std::string::npos) {
        ++gates;
        EXPECT_THAT(line, testing::Not(HasSubstr("--policy")));
      }
    EXPECT_EQ(gates, 1u) << text;
  }
}

TEST(upgrade_check, without_findings_is_short) {
  auto result = check(R"({"policy":"threshold","safe":true,"verdict":"safe","compared":9})");
  EXPECT_EQ(result.out, "Verdict  safe (policy threshold, 9 metrics compared)\n");
}

} // namespace
} // namespace hive::test
