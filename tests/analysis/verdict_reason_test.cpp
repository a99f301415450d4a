#include "analysis/verdict_reason.hpp"

#include "tests/analysis/upgrade_scene.hpp"

namespace hive::analysis {
namespace {

using testing::HasSubstr;

TEST_F(upgrade_check, a_reason_names_the_worst_regressions_and_counts_the_others) {
  old_metrics.clear();
  new_metrics.clear();
  static constexpr std::string_view names[] = {"m0", "m1", "m2", "m3", "m4"};
  double now = 940;
  for (auto name : names) {
    old_metrics.push_back({"a", name, 1000, direction::higher, true, {}, "tok/s"});
    new_metrics.push_back({"a", name, now, direction::higher, true, {}, "tok/s"});
    now -= 100;
  }
  EXPECT_EQ(
    check(policy::strict).reason,
    "5 of 5 metrics regressed: a.m4 1000 tok/s → 540 tok/s (-46.0%), a.m3 1000 tok/s → 640 tok/s (-36.0%), a.m2 "
    "1000 tok/s → 740 tok/s (-26.0%), and 2 more");
}

TEST_F(upgrade_check, a_regression_from_zero_is_the_worst) {
  old_metrics = {{"a", "m", 100}, {"", "errors", 0, direction::lower, true, {}, "count", true, 0}};
  new_metrics = {{"a", "m", 1}, {"", "errors", 3, direction::lower, true, {}, "count", true, 0}};
  EXPECT_EQ(check(policy::strict).reason, "2 of 2 metrics regressed: errors 0 count → 3 count, a.m 100 → 1 (-99.0%)");
}

TEST_F(upgrade_check, a_reason_names_what_could_not_be_compared_and_counts_the_rest) {
  for (auto name : {"g0", "g1", "g2", "g3"})
    old_metrics.push_back({"a", name, 1});
  EXPECT_EQ(
    check(policy::strict).reason,
    "a.g0: it was not measured on the new version; a.g1: it was not measured on the new version; a.g2: it was not "
    "measured on the new version; and 1 more");
}

TEST_F(upgrade_check, a_reason_stays_short_whatever_is_in_the_snapshots) {
  std::string name(300, 'n'), reason;
  while (reason.size() < 4'000)
    reason += "é€";
  for (int i = 0; i < 10; ++i)
    new_adapters.push_back({name, outcome::error, reason});
  auto result = check(policy::strict);
  EXPECT_LT(result.reason.size(), 4'096u);
  EXPECT_THAT(result.reason, HasSubstr("…"));
  EXPECT_LT(result.missing[0].reason.size(), 600u);
}

TEST(verdict_reason, values_have_six_digits_and_their_unit) {
  EXPECT_EQ(describe_value(0.05, "ratio"), "0.05 ratio");
  EXPECT_EQ(describe_value(1234567, "ms"), "1.23457e+06 ms");
  EXPECT_EQ(describe_value(-0.1, ""), "-0.1");
  EXPECT_EQ(describe_value(1e308, ""), "1e+308");
  EXPECT_EQ(describe_value(nan, "ms"), "no value");
}

} // namespace
} // namespace hive::analysis
