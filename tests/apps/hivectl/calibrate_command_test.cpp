#include "tests/apps/support/fake_node.hpp"
#include "tests/apps/support/hivectl.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr auto own = R"({"margin":5,"pairs_needed":90,"resamples":2000,"safe":0.6,"false_blocks":0.0005,
  "false_blocks_low":0.0001,"false_blocks_high":0.0028,"undecided":0.3995})";

std::string calibrated(const std::string& metrics, const std::string& state = "done") {
  return R"({"id":"m1","request":{"old":"v1","new":"v1"},"calibration":{"version":"v1"},"state":")" + state +
         R"(","reason":"all pairs were measured","adapters":[{"adapter":"bench","rounds":24}],"calibrations":[)" +
         metrics + "]}";
}

std::string metric(const std::string& name, const std::string& more) {
  return R"({"adapter":"bench","metric":")" + name + R"(","unit":"ms","pairs":24,"noise":12.5,"correlation":0.1,
    "most_pairs":60,"own":)" +
         own + more + "}";
}

program_result calibrate(const std::string& answer, std::vector<std::string> more = {}) {
  auto node = answering(answer);
  std::vector<std::string> arguments{"upgrade", "calibrate", "v1"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return hivectl(node.url(), arguments);
}

TEST(upgrade_calibrate, shows_noise_rates_and_what_to_configure) {
  auto result = calibrate(calibrated(
    metric("work", R"(,"suggested":{"margin":10,"pairs_needed":24,"resamples":2000,"safe":0.985,"false_blocks":0},
      "margins":[{"margin":5,"pairs_needed":90},{"margin":10,"pairs_needed":24},{"margin":20,"pairs_needed":8}])")));
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, HasSubstr("v1, measured against itself"));
  EXPECT_THAT(result.out, HasSubstr("12.5%"));
  EXPECT_THAT(result.out, HasSubstr("0.05% (up to 0.28%)"));
  EXPECT_THAT(result.out, HasSubstr("bench.work needs 90 pairs for 5%, 24 for 10%, 8 for 20%."));
  EXPECT_THAT(result.out, HasSubstr("bench.work: suggested margin 10%, by which 98.5% are safe"));
  EXPECT_THAT(result.out, HasSubstr("[[metrics]]\nname = \"bench.work\"\nmargin = 0.1\n"));
  EXPECT_THAT(result.out, Not(HasSubstr("Verdict")));
}

TEST(upgrade_calibrate, configures_nothing_that_is_as_suggested_or_not_known) {
  auto result = calibrate(calibrated(
    metric("same", R"(,"suggested":{"margin":5,"pairs_needed":90,"resamples":2000,"safe":0.96,"false_blocks":0})") +
    "," + metric("noisy", R"(,"reason":"no margin up to 20% will do: the metric is too noisy for 60 pairs",
                        "margins":[{"margin":10},{"margin":20}])")));
  EXPECT_THAT(result.out, HasSubstr("its margin is as suggested, 5%, by which"));
  EXPECT_THAT(result.out, HasSubstr("; it takes --long."));
  EXPECT_THAT(result.out, HasSubstr("bench.noisy: no margin up to 20% will do"));
  EXPECT_THAT(result.out, HasSubstr("bench.noisy needs more than 120 pairs for each margin up to 20%."));
  EXPECT_THAT(result.out, HasSubstr("The configuration can stay as it is."));
  EXPECT_THAT(result.out, Not(HasSubstr("[[metrics]]")));
}

TEST(upgrade_calibrate, names_are_quoted_and_absolute_margins_have_their_key) {
  auto result = calibrate(calibrated(
    metric(R"(a\"b\\c)", R"(,"absolute":true,"suggested_absolute":true,"suggested":{"margin":0.2,"resamples":2000})")));
  EXPECT_THAT(result.out, HasSubstr("name = \"bench.a\\\"b\\\\c\"\nabsolute_margin = 0.2\n"));
}

TEST(upgrade_calibrate, what_was_not_measured_as_a_whole_is_inconclusive) {
  for (const auto* state : {"spent", "failed", "stopped"})
    EXPECT_EQ(calibrate(calibrated("", state)).status, 2) << state;
  EXPECT_THAT(calibrate(calibrated("", "failed")).out, HasSubstr("No metric was calibrated."));
}

TEST(upgrade_calibrate, asks_for_what_was_said) {
  auto node = answering(calibrated(""));
  EXPECT_EQ(hivectl(node.url(), {"upgrade", "calibrate", "v1", "--pairs", "32", "--minutes", "5", "--metric", "bench.*",
                                 "--metric", "*.p95_ms", "--adapter", "bench", "--no-wait"})
              .status,
            0);
  EXPECT_EQ(node.requests().back().target, "/api/v1/upgrades/calibrate");
  EXPECT_THAT(node.requests().back().body, HasSubstr(R"("metrics":["bench.*","*.p95_ms"])"));
  EXPECT_THAT(node.requests().back().body, HasSubstr(R"("pairs":32)"));
  EXPECT_EQ(hivectl(node.url(), {"upgrade", "calibrate", "v1", "--pairs", "4"}).status, 64);
}

TEST(upgrade_reference, says_which_moves_overruled_a_verdict) {
  auto node = answering(R"({"track":"main","version":"v2","history":[
    {"version":"v2","previous":"v1","by":"operator","reason":"worth it","overruled":"regressed"},
    {"version":"v1","by":"first","reason":"the first measurement of the track"}]})");
  auto result = hivectl(node.url(), {"upgrade", "reference"});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, HasSubstr("worth it; overruled: the verdict was regressed\n"));
  EXPECT_THAT(result.out, HasSubstr("the first measurement of the track\n"));
}

} // namespace
} // namespace hive::test
