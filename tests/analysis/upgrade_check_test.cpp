#include "analysis/upgrade_check.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace hive::analysis {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Two versions that differ in what a test says and in nothing else.
struct upgrade_check : testing::Test {
  std::vector<metric_point> old_metrics{{"a", "m", 100}};
  std::vector<metric_point> new_metrics{{"a", "m", 100}};
  std::vector<adapter_point> old_adapters{{"a", outcome::ok, ""}};
  std::vector<adapter_point> new_adapters{{"a", outcome::ok, ""}};
  std::string_view old_fingerprint = "f";
  std::string_view new_fingerprint = "f";
  bool old_present = true;
  bool new_present = true;

  upgrade_result check(policy rule) const {
    return check_upgrade({old_present, old_fingerprint, old_metrics, old_adapters},
                         {new_present, new_fingerprint, new_metrics, new_adapters}, rule);
  }

  void expect(verdict threshold, verdict strict) const {
    EXPECT_EQ(check(policy::threshold).decided, threshold) << check(policy::threshold).reason;
    EXPECT_EQ(check(policy::strict).decided, strict) << check(policy::strict).reason;
  }
};

TEST_F(upgrade_check, EqualVersionsAreSafe) {
  expect(verdict::safe, verdict::safe);
}

TEST_F(upgrade_check, FivePercentExactlyIsNoRegression) {
  new_metrics[0].value = 95;
  expect(verdict::safe, verdict::safe);
  new_metrics[0].value = std::nextafter(95.0, 0.0);
  expect(verdict::regressed, verdict::regressed);
}

TEST_F(upgrade_check, LowerIsBetterTurnsTheRuleAround) {
  old_metrics[0].better = new_metrics[0].better = direction::lower;
  new_metrics[0].value = 105;
  expect(verdict::safe, verdict::safe);
  new_metrics[0].value = 105.001;
  expect(verdict::regressed, verdict::regressed);
  new_metrics[0].value = 50;
  expect(verdict::safe, verdict::safe);
  EXPECT_EQ(check(policy::strict).improvements.size(), 1u);
}

TEST_F(upgrade_check, NamesWhatRegressedAndByHowMuch) {
  new_metrics[0].value = 80;
  auto result = check(policy::threshold);
  ASSERT_EQ(result.regressions.size(), 1u);
  EXPECT_EQ(result.regressions[0].adapter, "a");
  EXPECT_EQ(result.regressions[0].metric, "m");
  EXPECT_DOUBLE_EQ(result.regressions[0].change_pct, -20);
}

TEST_F(upgrade_check, AMissingSnapshotIsWhatTheDocumentSays) {
  old_present = false;
  expect(verdict::safe, verdict::inconclusive);
  EXPECT_EQ(check(policy::threshold).reason, "no baseline to compare");
  old_present = true;
  new_present = false;
  expect(verdict::regressed, verdict::inconclusive);
  EXPECT_EQ(check(policy::threshold).reason, "new version snapshot missing");
}

TEST_F(upgrade_check, AMetricThatTheNewVersionLacksFailsClosed) {
  old_metrics.push_back({"a", "gone", 1});
  expect(verdict::safe, verdict::inconclusive);
  ASSERT_EQ(check(policy::threshold).missing.size(), 1u);
  EXPECT_EQ(check(policy::threshold).missing[0].metric, "gone");
}

TEST_F(upgrade_check, AHeavyMetricThatIsMissingDoesNotHoldTheUpgrade) {
  old_metrics.push_back({"a", "gone", 1, direction::higher, false});
  expect(verdict::safe, verdict::safe);
}

TEST_F(upgrade_check, AMetricOnlyTheNewVersionHasIsNoConcern) {
  new_metrics.push_back({"a", "added", 1});
  expect(verdict::safe, verdict::safe);
}

TEST_F(upgrade_check, SkippedAdaptersAreLeftOutByTheThresholdRule) {
  new_adapters[0].status = outcome::skipped;
  new_metrics[0].value = 1;
  expect(verdict::safe, verdict::inconclusive);
}

TEST_F(upgrade_check, AnAdapterThatFailedIsInconclusive) {
  new_adapters.push_back({"b", outcome::error, "timed out"});
  expect(verdict::safe, verdict::inconclusive);
  EXPECT_NE(check(policy::strict).reason.find("timed out"), std::string::npos);
}

TEST_F(upgrade_check, NotANumberIsNeverComparedAndNeverSafe) {
  for (auto [was, now] : {std::pair{nan, 1.0}, {1.0, nan}, {nan, nan}, {1.0, HUGE_VAL}}) {
    old_metrics[0].value = was;
    new_metrics[0].value = now;
    expect(verdict::safe, verdict::inconclusive);
    EXPECT_EQ(check(policy::strict).compared, 0u);
  }
}

TEST_F(upgrade_check, AnotherOrUnknownEnvironmentIsInconclusive) {
  new_fingerprint = "g";
  expect(verdict::safe, verdict::inconclusive);
  old_fingerprint = new_fingerprint = "";
  expect(verdict::safe, verdict::inconclusive);
}

TEST_F(upgrade_check, ZeroAndNegativeOldValuesCompareByAnAbsoluteFloor) {
  old_metrics[0].value = 0;
  new_metrics[0].value = -0.05;
  expect(verdict::safe, verdict::safe);
  new_metrics[0].value = -0.06;
  expect(verdict::regressed, verdict::regressed);
  EXPECT_TRUE(std::isnan(check(policy::strict).regressions[0].change_pct));
  old_metrics[0].value = -10;
  new_metrics[0].value = -9.9;
  expect(verdict::safe, verdict::safe);
  EXPECT_EQ(check(policy::strict).improvements.size(), 1u);
  new_metrics[0].value = -10.1;
  expect(verdict::regressed, verdict::regressed);
}

TEST_F(upgrade_check, CountersOfDifferentProcessesAreNotComparedAndHoldNothing) {
  old_metrics.push_back({"a", "counter", 1000, direction::higher, true, "first"});
  new_metrics.push_back({"a", "counter", 3, direction::higher, true, "second"});
  expect(verdict::safe, verdict::safe);
  EXPECT_EQ(check(policy::strict).missing.size(), 1u);
}

TEST_F(upgrade_check, ACertainRegressionOutweighsWhatIsMissing) {
  old_metrics.push_back({"a", "gone", 1});
  new_metrics[0].value = 1;
  expect(verdict::regressed, verdict::regressed);
}

TEST_F(upgrade_check, NothingInCommonIsNeverSafeUnderStrict) {
  old_metrics.clear();
  expect(verdict::safe, verdict::inconclusive);
}

TEST_F(upgrade_check, EqualNamesOfDifferentAdaptersStayApart) {
  old_metrics.push_back({"b", "m", 100});
  new_metrics.push_back({"b", "m", 10});
  auto result = check(policy::threshold);
  ASSERT_EQ(result.regressions.size(), 1u);
  EXPECT_EQ(result.regressions[0].adapter, "b");
}

} // namespace
} // namespace hive::analysis
