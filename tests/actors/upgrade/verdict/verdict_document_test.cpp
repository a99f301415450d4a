#include "actors/upgrade/verdict/verdict_document.hpp"

#include "actors/upgrade/verdict/document_verification.hpp"
#include "messages/canonical_json.hpp"
#include "messages/change.hpp"
#include "messages/upgrade.capnp.h"
#include "platform/hex.hpp"
#include "platform/sha256.hpp"
#include "tests/actors/upgrade/verdict/verdict_cases.hpp"
#include "tests/paths.hpp"
#include "tests/support/files.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::string document_of(const verdict_case& of) {
  auto made = make_document(*of.query, of.inputs, of.rules);
  if (made)
    return to_canonical_json(*made);
  ADD_FAILURE() << text_of(made.error());
  return {};
}

void offer_all(const check_inputs& from, document_inputs& to) {
  for (const auto* side : {&from.old_side, &from.new_side, &from.reference_side})
    if (side->snapshot)
      to.offer(*side->snapshot);
  if (from.measurement)
    to.offer(*from.measurement);
  for (const auto& round : from.rounds)
    to.offer(round);
}

/// Reads the document and computes it again from these inputs.
msg<wire::DocumentVerification> verify(const std::string& text, const check_inputs& from) {
  auto document = read_document(text);
  if (!document) {
    ADD_FAILURE() << text_of(document.error());
    return {};
  }
  document_inputs inputs{*document};
  offer_all(from, inputs);
  return verify_document(text, inputs);
}

std::vector<std::string> faults_of(const msg<wire::DocumentVerification>& result) {
  EXPECT_EQ(result->getVerified(), result->getFaults().size() == 0);
  std::vector<std::string> out;
  for (auto fault : result->getFaults())
    out.emplace_back(fault.cStr());
  return out;
}

std::vector<std::string> faults_of(const std::string& text, const check_inputs& from) {
  return faults_of(verify(text, from));
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  auto place = text.find(what);
  EXPECT_NE(place, text.npos) << what << " in " << text;
  return place == text.npos ? text : text.replace(place, what.size(), by);
}

std::string error_of(const std::string& text) {
  auto read = read_document(text);
  return read ? "taken" : std::string{to_string(code_of(read.error()))} + ": " + text_of(read.error());
}

class verdict_golden : public testing::TestWithParam<verdict_case> {};
INSTANTIATE_TEST_SUITE_P(all, verdict_golden, testing::ValuesIn(verdict_cases()),
                         [](const auto& info) { return info.param.name; });

/// The bytes are those that another compiler, build and machine gave. A changed one means that old documents verify no
/// more: then the algorithm has a new version.
TEST_P(verdict_golden, documents_have_the_bytes_that_they_had) {
  auto file = std::filesystem::path{HIVE_TEST_DATA} / "verdicts" / (GetParam().name + ".json");
  auto made = document_of(GetParam());
  if (std::getenv("HIVE_WRITE_GOLDEN") && !std::filesystem::exists(file))
    std::ofstream{file, std::ios::binary} << made;
  EXPECT_EQ(made, file_text(file.string()));
}

TEST_P(verdict_golden, documents_are_verified_from_the_inputs_that_they_name) {
  auto text = document_of(GetParam());
  auto result = verify(text, GetParam().inputs);
  EXPECT_THAT(faults_of(result), ElementsAre());
  EXPECT_EQ(std::string{result->getSha256().cStr()}, to_hex(sha256(text)));
  EXPECT_EQ(hash_of(*read_document(text)), to_hex(sha256(text)));
}

TEST_P(verdict_golden, documents_hold_the_answer_of_the_check) {
  auto document = read_document(document_of(GetParam()));
  ASSERT_TRUE(document);
  auto answer = check_versions(*GetParam().query, GetParam().inputs, GetParam().rules);
  auto said = msg<wire::UpgradeCheck>::copy_of((*document)->getResult());
  EXPECT_EQ(to_json(said), to_json(answer));
}

TEST_P(verdict_golden, records_keep_their_hash_through_files) {
  for (const auto* side : {&GetParam().inputs.old_side, &GetParam().inputs.new_side})
    if (side->snapshot) {
      auto again = from_json<wire::Snapshot>(to_pretty_json(*side->snapshot));
      ASSERT_TRUE(again) << text_of(again.error());
      EXPECT_EQ(hash_of(*again), hash_of(*side->snapshot));
    }
  for (const auto& round : GetParam().inputs.rounds) {
    auto again = from_json<wire::MeasuredRound>(to_pretty_json(round));
    ASSERT_TRUE(again) << text_of(again.error());
    EXPECT_EQ(hash_of(*again), hash_of(round));
  }
}

// -- tampering -------------------------------------------------------------------------

struct verdict_document : testing::Test {
  verdict_case pairs = verdict_case_named("pairs_with_reference");
  std::string text = document_of(pairs);
};

TEST_F(verdict_document, a_changed_sample_is_named) {
  auto inputs = pairs.inputs;
  inputs.new_side.snapshot = changed(
    *inputs.new_side.snapshot, [](wire::Snapshot::Builder out) { out.getMetrics()[0].getSamples().set(4, 1001.25); });
  EXPECT_THAT(
    faults_of(text, inputs),
    ElementsAre(testing::AllOf(StartsWith("the snapshot of v2, capture 6, has the hash "),
                               HasSubstr("and the document names " + hash_of(*pairs.inputs.new_side.snapshot)))));
}

TEST_F(verdict_document, a_changed_round_is_named) {
  auto inputs = pairs.inputs;
  inputs.rounds[30] =
    changed(inputs.rounds[30], [](wire::MeasuredRound::Builder out) { out.getRuns()[0].getMetrics()[0].setValue(1); });
  EXPECT_THAT(faults_of(text, inputs), ElementsAre(StartsWith("round 6 of load/1 in measurement m3 has the hash ")));
}

TEST_F(verdict_document, what_is_missing_is_named) {
  auto inputs = pairs.inputs;
  inputs.old_side.snapshot.reset();
  inputs.rounds.erase(inputs.rounds.begin() + 2);
  EXPECT_THAT(faults_of(text, inputs), ElementsAre("the snapshot of v1, capture 5, is missing",
                                                   "round 3 of bench in measurement m3 is missing"));
  inputs = pairs.inputs;
  inputs.measurement.reset();
  EXPECT_THAT(faults_of(text, inputs), ElementsAre("measurement m3 is missing"));
}

TEST_F(verdict_document, a_measurement_of_something_else_is_named) {
  auto with = [&](auto change) {
    auto inputs = pairs.inputs;
    inputs.measurement = changed(*inputs.measurement, change);
    return faults_of(text, inputs);
  };
  using builder = wire::PairedMeasurement::Builder;
  EXPECT_THAT(with([](builder out) { out.getRequest().setLong(true); }),
              ElementsAre("measurement m3 has the looks for noisy metrics, unlike the document"));
  EXPECT_THAT(with([](builder out) { out.getRequest().setTrack("other"); }),
              ElementsAre("measurement m3 is of track other, and the document's is main"));
  EXPECT_THAT(with([](builder out) { out.getRequest().setNew("v3"); }),
              Contains("measurement m3 is of v1 and v3, not of the document's versions"));
  EXPECT_THAT(with([](builder out) { out.setReference("v9"); }),
              Contains("measurement m3 has the reference v9, and the document says v0"));
}

TEST_F(verdict_document, a_changed_margin_is_named_with_both_values) {
  auto result = verify(replaced(text, R"("margin":0.05)", R"("margin":0.5)"), pairs.inputs);
  EXPECT_THAT(faults_of(result), ElementsAre("/rules/0/margin is 0.5 in the document, and 0.05 by its inputs"));
  EXPECT_EQ(std::string{result->getPointer().cStr()}, "/rules/0/margin");
  EXPECT_EQ(std::string{result->getInDocument().cStr()}, "0.5");
  EXPECT_EQ(std::string{result->getRecomputed().cStr()}, "0.05");
}

TEST_F(verdict_document, a_changed_rule_of_the_operator_changes_what_follows) {
  auto faults = faults_of(replaced(text, R"("absolute_margin":1.5)", R"("absolute_margin":0.25)"), pairs.inputs);
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_THAT(faults[0], testing::AllOf(StartsWith("/rules/"), HasSubstr("/absolute_margin is 1.5 in the document")));
}

TEST_F(verdict_document, a_changed_verdict_is_named) {
  EXPECT_THAT(faults_of(replaced(text, R"("verdict":"regressed")", R"("verdict":"safe")"), pairs.inputs),
              ElementsAre(R"(/result/verdict is "safe" in the document, and "regressed" by its inputs)"));
  EXPECT_THAT(faults_of(replaced(text, R"("explanation":["v1)", R"("explanation":["V1)"), pairs.inputs),
              ElementsAre(StartsWith("/result/explanation/0 is ")));
}

TEST_F(verdict_document, another_policy_or_version_is_no_way_around) {
  auto faults = faults_of(replaced(text, R"("policy":"statistical")", R"("policy":"threshold")"), pairs.inputs);
  EXPECT_EQ(faults.size(), 1u);
  EXPECT_EQ(error_of(replaced(text, R"("old":"v1")", R"("old":"v0")")),
            "invalid: /old/version must be that of /query/old");
  auto both = replaced(replaced(text, R"("old":"v1")", R"("old":"v7")"), R"("version":"v1")", R"("version":"v7")");
  EXPECT_THAT(faults_of(both, pairs.inputs), Contains("the snapshot of v7, capture 5, is missing"));
}

TEST_F(verdict_document, rounds_of_another_version_do_not_count) {
  auto inputs = pairs.inputs;
  for (auto& round : inputs.rounds)
    round = changed(round, [](wire::MeasuredRound::Builder out) {
      for (auto run : out.getRuns())
        if (run.getSide() == wire::RunSide::OLD)
          run.setVersion("v7");
    });
  auto made = make_document(*pairs.query, inputs, pairs.rules);
  ASSERT_TRUE(made);
  EXPECT_THAT(faults_of(to_canonical_json(*made), inputs),
              Contains("round 1 of bench in measurement m3 measured v7 in place of v1"));
}

TEST_F(verdict_document, a_file_that_was_written_anew_is_another_one) {
  auto document = read_document(text);
  ASSERT_TRUE(document);
  EXPECT_THAT(
    faults_of(to_pretty_json(*document), pairs.inputs),
    ElementsAre("its content is what its inputs give, but the file was written anew: byte 2 is the first that "
                "differs"));
  EXPECT_THAT(faults_of(text.substr(0, text.size() - 1), pairs.inputs), testing::SizeIs(1));
}

// -- reading ---------------------------------------------------------------------------

TEST_F(verdict_document, a_later_algorithm_is_refused_with_the_known_ones) {
  constexpr auto refusal = "unsupported: its algorithm has version 2, and the known versions are 1";
  EXPECT_EQ(error_of(replaced(text, R"("algorithm":1)", R"("algorithm":2)")), refusal);
  EXPECT_EQ(error_of(R"({"algorithm":2,"what":"nobody knows yet"})"), refusal);
}

TEST_F(verdict_document, what_is_none_is_refused) {
  EXPECT_THAT(error_of(text.substr(0, text.size() / 2)), StartsWith("malformed: "));
  EXPECT_THAT(error_of(""), StartsWith("malformed: "));
  EXPECT_THAT(error_of("[1]"), StartsWith("malformed: "));
  EXPECT_EQ(error_of(R"({"version":"v1"})"), "invalid: it is no verdict document: it names no version of an algorithm");
  EXPECT_THAT(error_of(R"({"algorithm":1})"), StartsWith("invalid: "));
  EXPECT_THAT(error_of(replaced(text, R"("query":)", R"("extra":1,"query":)")), StartsWith("invalid: /extra "));
  EXPECT_THAT(error_of(std::string(max_document_bytes + 1, ' ')), StartsWith("too_large: "));
  EXPECT_THAT(error_of(R"({"algorithm":1,"x":)" + std::string(100'000, '[')), StartsWith("malformed: "));
}

TEST_F(verdict_document, no_round_counts_twice_or_not) {
  auto round = [&](int number) { return R"({"adapter":"bench","number":)" + std::to_string(number); };
  EXPECT_THAT(error_of(replaced(text, round(4), round(3))), StartsWith("invalid: /measurement/rounds must hold "));
  EXPECT_THAT(error_of(replaced(text, round(1), round(2))), StartsWith("invalid: /measurement/rounds must hold "));
  EXPECT_THAT(error_of(replaced(text, round(9), R"({"adapter":"b","number":9)")), StartsWith("invalid: "));
}

TEST(verdict_documents, do_not_depend_on_how_a_question_is_put) {
  auto strict = verdict_case_named("strict");
  auto with_track = strict;
  with_track.query = changed(strict.query, [](wire::UpgradeQuery::Builder out) { out.setTrack("other"); });
  EXPECT_EQ(document_of(with_track), document_of(strict)) << "policy strict knows no tracks";
}

} // namespace
} // namespace hive::test
