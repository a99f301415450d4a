// What evidence of how a benchmark was measured makes of an upgrade check.

#include "analysis/upgrade_check.hpp"

#include "tests/analysis/upgrade_scene.hpp"

namespace hive::analysis {
namespace {

using testing::HasSubstr;

struct upgrade_evidence : upgrade_check {
  /// A second adapter, which nothing has disturbed.
  upgrade_evidence() {
    for (auto* metrics : {&old_metrics, &new_metrics})
      metrics->push_back({"b", "m", 1});
    for (auto* adapters : {&old_adapters, &new_adapters})
      adapters->push_back({"b", outcome::ok, ""});
  }

  static void disturb(std::vector<adapter_point>& side, const std::string& by) {
    side[0].measured = quality::disturbed;
    side[0].disturbance = by;
  }
};

TEST_F(upgrade_evidence, disturbed_on_either_side_is_inconclusive) {
  disturb(new_adapters, "throttled for 3.0 s of 9.0 s");
  EXPECT_TRUE(says(verdict::safe, verdict::inconclusive));
  EXPECT_EQ(check(policy::strict).reason,
            "a.m 100 → 100: it was disturbed on the new version v2: throttled for 3.0 s of 9.0 s");
  disturb(old_adapters, "2 uncorrected memory errors");
  EXPECT_EQ(check(policy::strict).reason,
            "a.m 100 → 100: it was disturbed on the old version v1: 2 uncorrected memory errors; "
            "it was disturbed on the new version v2: throttled for 3.0 s of 9.0 s");
  new_adapters[0].measured = quality::clean;
  EXPECT_TRUE(says(verdict::safe, verdict::inconclusive));
}

TEST_F(upgrade_evidence, disturbed_neither_regresses_nor_improves) {
  new_metrics[0].value = 50;
  EXPECT_TRUE(says(verdict::regressed, verdict::regressed));
  disturb(new_adapters, "throttled");
  EXPECT_TRUE(says(verdict::safe, verdict::inconclusive));
  new_metrics[0].value = 200;
  EXPECT_TRUE(says(verdict::safe, verdict::inconclusive));
  EXPECT_TRUE(check(policy::strict).improvements.empty());
  EXPECT_EQ(check(policy::threshold).compared, 1u);
}

TEST_F(upgrade_evidence, threshold_leaves_out_what_was_disturbed_and_says_why) {
  disturb(new_adapters, "throttled");
  auto result = check(policy::threshold);
  ASSERT_EQ(result.missing.size(), 1u);
  EXPECT_FALSE(result.missing[0].blocks);
  EXPECT_THAT(result.missing[0].reason, HasSubstr("new version v2: throttled"));
  EXPECT_EQ(result.missing[0].new_value, 100);
  old_metrics.pop_back();
  EXPECT_EQ(check(policy::threshold).decided, verdict::inconclusive) << "nothing else was measured";
}

TEST_F(upgrade_evidence, a_heavy_adapter_that_was_disturbed_blocks_too) {
  old_metrics[0].fast = new_metrics[0].fast = false;
  disturb(new_adapters, "throttled");
  EXPECT_TRUE(says(verdict::safe, verdict::inconclusive));
}

TEST_F(upgrade_evidence, a_certain_regression_of_another_adapter_outweighs_it) {
  disturb(new_adapters, "throttled");
  new_metrics[1].value = 0.5;
  EXPECT_TRUE(says(verdict::regressed, verdict::regressed));
}

TEST_F(upgrade_evidence, what_decides_nothing_is_shown_also_when_disturbed) {
  disturb(new_adapters, "throttled");
  old_metrics[0].gate = new_metrics[0].gate = false;
  new_metrics[0].value = 50;
  EXPECT_TRUE(says(verdict::safe, verdict::safe));
  EXPECT_EQ(check(policy::strict).ungated.size(), 1u);
}

TEST_F(upgrade_evidence, simulated_is_never_compared_with_a_real_device) {
  new_adapters[0].measured = quality::simulated;
  new_metrics[0].value = 5;
  EXPECT_TRUE(says(verdict::safe, verdict::inconclusive));
  EXPECT_EQ(check(policy::strict).reason, "a.m 100 → 5: it was simulated on the new version v2 and measured on a "
                                          "device on the other, and the two are never compared");
  new_adapters[0].measured = quality::clean;
  new_metrics[0].scope = "simulated";
  EXPECT_TRUE(says(verdict::safe, verdict::inconclusive)) << "the metric's scope alone says it too";
  EXPECT_THAT(check(policy::strict).reason, HasSubstr("it was simulated on the new version v2"));
  old_metrics[0].gate = new_metrics[0].gate = false;
  EXPECT_TRUE(check(policy::strict).ungated.empty());
  EXPECT_EQ(check(policy::strict).missing.size(), 1u);
}

TEST_F(upgrade_evidence, simulated_is_compared_with_simulated) {
  old_adapters[0].measured = new_adapters[0].measured = quality::simulated;
  old_metrics[0].scope = new_metrics[0].scope = "simulated";
  EXPECT_TRUE(says(verdict::safe, verdict::safe));
  new_metrics[0].value = 5;
  EXPECT_TRUE(says(verdict::regressed, verdict::regressed));
}

TEST_F(upgrade_evidence, long_texts_of_strangers_stay_bounded) {
  disturb(new_adapters, std::string(10'000, 'x'));
  disturb(old_adapters, std::string(10'000, 'y'));
  auto result = check(policy::strict);
  EXPECT_LT(result.missing[0].reason.size(), 320u);
  EXPECT_THAT(result.missing[0].reason, HasSubstr("new version v2: xxx")) << "both are named";
}

} // namespace
} // namespace hive::analysis
