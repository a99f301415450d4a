#include "messages/canonical_json.hpp"
#include "messages/cluster_upgrade.capnp.h"
#include "tests/apps/support/fake_node.hpp"
#include "tests/apps/support/hivectl.hpp"
#include "tests/paths.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string decision_file(const std::string& name) {
  return HIVE_TEST_DATA "/decisions/" + name + ".json";
}

program_result verify(const std::string& file, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"upgrade", "verify", file};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return hivectl(dead_url(), arguments); // no node is asked
}

std::string snapshot(const std::string& version, int capture, const std::string& latency) {
  return R"({"version":")" + version + R"(","captured_at":"2026-01-02T03:04:05.000006Z","capture_id":)" +
         std::to_string(capture) + R"(,"metrics":{"latency":{"adapter":"a","value":)" + latency +
         R"(,"direction":"lower"}},"adapters":{"a":{"status":"ok"}}})";
}

TEST(upgrade_verify_decision, says_what_was_checked_and_what_was_not) {
  auto result = verify(decision_file("rejected"));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("Verified     v1 → v2: rejected, rollout none\nProposal     "));
  EXPECT_THAT(result.out, HasSubstr("\nSignatures   "));
  EXPECT_THAT(result.out, HasSubstr("\nNot checked  first_generation: the document does not prove who"));
  EXPECT_THAT(result.out, HasSubstr("its verdict cannot be computed again: the snapshot of v1"));
  auto json = verify(decision_file("rejected"), {"--json"});
  EXPECT_EQ(json.status, 0);
  EXPECT_TRUE(parse<wire::DecisionVerification>(json.out)->getVerified());
}

TEST(upgrade_verify_decision, ends_with1_and_names_what_is_wrong) {
  temporary_directory dir;
  auto text = file_text(decision_file("complete"));
  auto place = text.find(R"("rollout":"complete")");
  ASSERT_NE(place, text.npos);
  auto file = put_file(dir.path() / "d.json", text.replace(place, 20, R"("rollout":"canary 1")")).string();
  auto result = verify(file);
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.out, StartsWith("Not verified v1 → v2: approved"));
  EXPECT_THAT(result.out,
              HasSubstr(R"(Fault        /rollout is "canary 1" in the document, and "complete" by its values)"));
}

TEST(upgrade_verify_decision, compares_the_members) {
  auto document = parse<wire::DecisionVerification>(verify(decision_file("aborted"), {"--json"}).out);
  std::string ids, lines;
  for (auto each : document->getMembers()) {
    ids += (ids.empty() ? "" : ",") + std::string{each.cStr()};
    lines += std::string{each.cStr()} + "\n";
  }
  temporary_directory dir;
  auto file = put_file(dir.path() / "members", lines).string();
  for (const auto& members : {ids, file}) {
    auto result = verify(decision_file("aborted"), {"--members", members});
    EXPECT_EQ(result.status, 0) << result.out;
    EXPECT_THAT(result.out, Not(HasSubstr("first_generation")));
  }
  auto fewer = verify(decision_file("aborted"), {"--members", ids.substr(0, 32)});
  EXPECT_EQ(fewer.status, 1);
  EXPECT_THAT(fewer.out, HasSubstr("is none of the members that are trusted"));
  EXPECT_EQ(verify(decision_file("aborted"), {"--members", "no/such/file"}).status, 64);
  EXPECT_EQ(verify(decision_file("aborted"), {"--members", ","}).status, 64);
}

TEST(upgrade_verify_decision, computes_judgements_again) {
  temporary_directory dir;
  std::filesystem::create_directory(dir.path() / "judgements");
  auto with = parse<wire::DecisionDocument>(file_text(decision_file("rejected")));
  put_file(dir.path() / "judgements/n2.json", with->getJudgements()[0].getDocument().cStr());
  put_file(dir.path() / "judgements/other.json", "{}");
  put_file(dir.path() / "v1.json", snapshot("v1", 1, "100"));
  put_file(dir.path() / "v2.json", snapshot("v2", 2, "150"));
  auto without = verify(decision_file("judged_elsewhere"), {"--snapshots", dir.path().string()});
  EXPECT_EQ(without.status, 0);
  EXPECT_THAT(without.out, HasSubstr("its verdict document is not here, SHA-256 "));
  auto result = verify(decision_file("judged_elsewhere"),
                       {"--snapshots", dir.path().string(), "--judgements", (dir.path() / "judgements").string()});
  EXPECT_EQ(result.status, 0) << result.out;
  EXPECT_THAT(result.out, Not(HasSubstr("values[1]")));
  EXPECT_THAT(result.err, HasSubstr("other.json is left out: it is no verdict document"));
}

TEST(upgrade_verify_decision, refuses_what_is_no_document) {
  temporary_directory dir;
  auto refused = [&](const std::string& text, std::vector<std::string> more = {}) {
    auto result = verify(put_file(dir.path() / "d.json", text).string(), std::move(more));
    EXPECT_EQ(result.status, 65) << text;
    return result.err;
  };
  EXPECT_THAT(refused(R"({"a":1})"), HasSubstr("it is neither a verdict document nor the document of a decision"));
  EXPECT_THAT(refused(R"({"format":2})"), HasSubstr("its form has version 2, and the known version is 1"));
  refused(R"({"format":1})");
  EXPECT_THAT(refused(file_text(HIVE_TEST_DATA "/verdicts/strict.json"), {"--members", "a"}),
              HasSubstr("are for decision documents, and this is none"));
}

TEST(upgrade_document, writes_what_the_node_gave_to_the_byte) {
  auto text = file_text(decision_file("rejected"));
  auto node = answering(text);
  auto result = hivectl(node.url(), {"upgrade", "document", "2b68fb"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, text);
  EXPECT_EQ(node.requests().back().target, "/api/v1/upgrades/2b68fb/document");
  temporary_directory dir;
  auto file = (dir.path() / "d.json").string();
  EXPECT_EQ(hivectl(node.url(), {"upgrade", "document", "2b68fb", "--out", file}).status, 0);
  EXPECT_EQ(file_text(file), text);
  EXPECT_EQ(hivectl(node.url(), {"upgrade", "document", "2b68fb", "--out", dir.path() / "none/d.json"}).status, 74);
  EXPECT_EQ(hivectl(node.url(), {"upgrade", "document", "a/b"}).status, 64);
}

} // namespace
} // namespace hive::test
