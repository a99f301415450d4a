#include "actors/upgrade/verdict/explanation.hpp"

#include "messages/json.hpp"
#include "messages/msg.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

std::vector<std::string> explained(const std::string& document) {
  json_error why;
  auto check = from_json<wire::UpgradeCheck>(document, why);
  if (!check)
    throw std::runtime_error(why.message());
  return explain(**check);
}

TEST(explanation, of_values_names_what_regressed_and_what_would_pass) {
  EXPECT_THAT(
    explained(R"({"old":"v1","new":"v2","policy":"strict","verdict":"regressed","compared":5,
      "reason":"2 of 5 metrics regressed: …","regressions":[
        {"adapter":"a","metric":"lat","old":100,"new":108,"change_pct":8,"direction":"lower","unit":"ms"},
        {"adapter":"b","metric":"score","old":6,"new":3,"change_pct":-50,"direction":"higher","floor":5}],
      "missing":[{"adapter":"c","metric":"m","reason":"it was not measured on the new version","blocks":true},
                 {"adapter":"d","reason":"skipped","blocks":false}]})"),
    ElementsAre("v1 → v2: regressed by policy strict; 5 metrics could be compared.",
                "a.lat went from 100 ms to 108 ms (+8.0%): worse by more than the tolerated 5%.",
                "b.score went from 6 to 3 (-50.0%), beyond its floor of 5.",
                "c.m: it was not measured on the new version.",
                "1 metric or adapter that could not be compared counts for nothing here.",
                StartsWith("Each version counts with the means of its newest capture alone"),
                "For the other answer: a.lat would be no regression at 105 ms or less, and the others likewise."));
}

TEST(explanation, of_values_says_what_zero_needs) {
  auto sentences = explained(R"({"old":"v1","new":"v2","policy":"strict","verdict":"regressed","compared":1,
      "regressions":[{"adapter":"a","metric":"errors","old":0,"new":3,"change_pct":null,"direction":"lower","unit":"count"}]})");
  EXPECT_EQ(sentences[1], "a.errors went from 0 count to 3 count: worse by more than the tolerated absolute_margin.");
  EXPECT_EQ(sentences.back(), "For the other answer: a.errors would be no regression at a change within its "
                              "absolute_margin.");
}

TEST(explanation, of_values_gives_the_reason_where_nothing_was_compared) {
  EXPECT_THAT(explained(R"({"old":"v1","new":"v2","policy":"strict","verdict":"inconclusive",
      "reason":"the old version v1 has no snapshot"})"),
              ElementsAre("v1 → v2: inconclusive by policy strict: the old version v1 has no snapshot.",
                          StartsWith("For the other answer: all that is missing would have to be measured")));
}

TEST(explanation, of_a_safe_verdict_says_what_would_be_a_regression) {
  EXPECT_THAT(explained(R"({"old":"v1","new":"v2","policy":"threshold","verdict":"safe","compared":12,
      "reason":"none of 12 metrics regressed"})"),
              ElementsAre("v1 → v2: safe by policy threshold: none of 12 metrics regressed.", HasSubstr("noise"),
                          StartsWith("For the other answer: the verdict would be regressed if any metric got worse by "
                                     "more than 5% of its old value")));
}

TEST(explanation, of_many_findings_tells_the_first) {
  std::string regressions;
  for (int i = 0; i < 25; ++i)
    regressions += std::string{i ? "," : ""} + R"({"adapter":"a","metric":"m)" + std::to_string(i) +
                   R"(","old":1,"new":2,"change_pct":100,"direction":"lower"})";
  auto sentences = explained(R"({"old":"v1","new":"v2","policy":"strict","verdict":"regressed","compared":25,
      "regressions":[)" + regressions +
                             "]}");
  EXPECT_THAT(sentences, SizeIs(1 + 10 + 1 + 2));
  EXPECT_EQ(sentences[11], "15 more metrics regressed.");
}

TEST(explanation, of_samples_tells_judgements_floors_and_what_could_not_be_judged_once_each) {
  auto sentences = explained(R"({"old":"v1","new":"v2","policy":"statistical","verdict":"regressed","compared":2,
      "regressions":[{"adapter":"a","metric":"lat","old":100,"new":108,"change_pct":8,"direction":"lower"},
                     {"adapter":"b","metric":"score","old":6,"new":3,"change_pct":-50,"direction":"higher","floor":5}],
      "missing":[{"adapter":"c","metric":"m","reason":"it was not measured on the new version","blocks":true}],
      "judgements":[{"adapter":"a","metric":"lat","against":"v1","decision":"regressed","basis":"pairs",
        "direction":"lower","unit":"ms","change":8.1,"low":7,"high":9,"margin":5,"p":0.00001,"pairs":16}]})");
  EXPECT_THAT(sentences,
              ElementsAre("v1 → v2: regressed by policy statistical; 2 metrics could be compared.",
                          "b.score went from 6 to 3 (-50.0%), beyond its floor of 5.",
                          "c.m: it was not measured on the new version.",
                          "a.lat rose by 8.10% against v1 (between +7.00% and +9.00%; 16 pairs, p below 0.0001): worse "
                          "by more than the tolerated 5.00%.",
                          "For the other answer: a.lat would be safe if its change for the worse were surely below "
                          "5.00%; the best that the measurements allow is 7.00%."));
}

TEST(explanation, of_stored_samples_says_that_they_are_weaker) {
  auto sentences = explained(R"({"old":"v1","new":"v2","policy":"statistical","verdict":"inconclusive","compared":1,
      "track":"main","reference":"v0",
      "judgements":[{"adapter":"a","metric":"lat","against":"v1","decision":"inconclusive","basis":"samples",
        "reason":"too few samples","direction":"lower","margin":5,"pairs":3,"pairs_needed":24}]})");
  EXPECT_THAT(sentences[1], HasSubstr("too few samples; about 24 pairs in all would decide it."));
  EXPECT_THAT(sentences[2], HasSubstr("'hivectl upgrade measure v1 v2' measures in pairs, which is stronger"));
  EXPECT_EQ(sentences[3], "The reference of track main is v0: small losses of several versions add up against it.");
  EXPECT_EQ(sentences[4], "For the other answer: a.lat needs more measurements for any answer.");
}

} // namespace
} // namespace hive
