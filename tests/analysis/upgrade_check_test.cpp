#include "analysis/upgrade_check.hpp"

#include "tests/analysis/upgrade_scene.hpp"

#include <cmath>

namespace hive::analysis {
namespace {

using testing::HasSubstr;

TEST_F(upgrade_check, equal_versions_are_safe) {
  EXPECT_TRUE(says(verdict::safe, verdict::safe));
}

TEST_F(upgrade_check, five_percent_exactly_is_no_regression) {
  new_metrics[0].value = 95;
  EXPECT_TRUE(says(verdict::safe, verdict::safe));
  new_metrics[0].value = std::nextafter(95.0, 0.0);
  EXPECT_TRUE(says(verdict::regressed, verdict::regressed));
}

TEST_F(upgrade_check, lower_is_better_turns_the_rule_around) {
  old_metrics[0].better = new_metrics[0].better = direction::lower;
  new_metrics[0].value = 105;
  EXPECT_TRUE(says(verdict::safe, verdict::safe));
  new_metrics[0].value = 105.001;
  EXPECT_TRUE(says(verdict::regressed, verdict::regressed));
  new_metrics[0].value = 50;
  EXPECT_TRUE(says(verdict::safe, verdict::safe));
  EXPECT_EQ(check(policy::strict).improvements.size(), 1u);
}

TEST_F(upgrade_check, names_what_regressed_and_by_how_much) {
  new_metrics[0].value = 80;
  auto result = check(policy::threshold);
  ASSERT_EQ(result.regressions.size(), 1u);
  EXPECT_EQ(result.regressions[0].adapter, "a");
  EXPECT_EQ(result.regressions[0].metric, "m");
  EXPECT_DOUBLE_EQ(result.regressions[0].change_pct, -20);
}

TEST_F(upgrade_check, lists_regressions_worst_first_or_as_the_old_version_does) {
  old_metrics = {{"z", "slightly", 100}, {"b", "fine", 1}, {"a", "badly", 100}, {"a", "much", 100}};
  new_metrics = {{"a", "much", 50}, {"a", "badly", 10}, {"b", "fine", 1}, {"z", "slightly", 90}};
  auto names = [this](finding_order order) {
    std::string out;
    for (const auto& each : check(policy::threshold, order).regressions)
      out += std::string{each.metric} + " ";
    return out;
  };
  EXPECT_EQ(names(finding_order::severity), "badly much slightly ");
  EXPECT_EQ(names(finding_order::snapshot), "slightly badly much ");
}

// -- snapshots that are not there ---------------------------------------------------

TEST_F(upgrade_check, a_missing_snapshot_is_what_the_source_system_says) {
  old_present = false;
  EXPECT_TRUE(says(verdict::safe, verdict::inconclusive));
  EXPECT_EQ(check(policy::threshold).reason, "no baseline to compare");
  new_present = false;
  EXPECT_TRUE(says(verdict::safe, verdict::inconclusive));
  EXPECT_EQ(check(policy::threshold).reason, "no baseline to compare") << "the source looks for the old one first";
  old_present = true;
  EXPECT_TRUE(says(verdict::inconclusive, verdict::inconclusive));
  EXPECT_EQ(check(policy::threshold).reason, "new version snapshot missing");
}

TEST_F(upgrade_check, strict_names_the_versions_without_a_snapshot_and_similar_ones) {
  old_present = false;
  similar = {"v1.0", "v1.1"};
  EXPECT_EQ(check(policy::strict).reason, "the old version v1 has no snapshot; did you mean v1.0, v1.1?");
  similar.clear();
  new_present = false;
  EXPECT_EQ(check(policy::strict).reason, "the old version v1 has no snapshot, and the new version v2 has no snapshot");
}

TEST_F(upgrade_check, nothing_in_common_is_never_safe) {
  old_metrics.clear();
  EXPECT_TRUE(says(verdict::inconclusive, verdict::inconclusive));
  old_metrics = {{"a", "other", 100}};
  EXPECT_TRUE(says(verdict::inconclusive, verdict::inconclusive));
  old_metrics.clear();
  new_metrics.clear();
  old_adapters.clear();
  new_adapters.clear();
  EXPECT_TRUE(says(verdict::inconclusive, verdict::inconclusive));
}

// -- what is missing ------------------------------------------------------------------

TEST_F(upgrade_check, a_metric_that_the_new_version_lacks_fails_closed) {
  old_metrics.push_back({"a", "gone", 1});
  EXPECT_TRUE(says(verdict::safe, verdict::inconclusive));
  ASSERT_EQ(check(policy::threshold).missing.size(), 1u);
  EXPECT_EQ(check(policy::threshold).missing[0].metric, "gone");
  EXPECT_FALSE(check(policy::threshold).missing[0].blocks);
  EXPECT_TRUE(check(policy::strict).missing[0].blocks);
}

TEST_F(upgrade_check, a_heavy_metric_that_is_missing_does_not_hold_the_upgrade) {
  old_metrics.push_back({"a", "gone", 1, direction::higher, false});
  EXPECT_TRUE(says(verdict::safe, verdict::safe));
}

TEST_F(upgrade_check, a_metric_only_the_new_version_has_is_no_concern) {
  new_metrics.push_back({"a", "added", 1});
  EXPECT_TRUE(says(verdict::safe, verdict::safe));
}

TEST_F(upgrade_check, skipped_adapters_are_left_out_by_the_threshold_rule) {
  old_metrics.push_back({"b", "m", 1});
  new_metrics.push_back({"b", "m", 0.1});
  new_adapters.push_back({"b", outcome::skipped, "no GPU"});
  EXPECT_TRUE(says(verdict::safe, verdict::inconclusive));
  EXPECT_THAT(check(policy::strict).reason, HasSubstr("b.m: its adapter was skipped on the new version: no GPU"));
}

TEST_F(upgrade_check, an_adapter_that_failed_on_either_side_is_inconclusive) {
  for (auto* side : {&old_adapters, &new_adapters}) {
    side->push_back({"b", outcome::error, "timed out"});
    EXPECT_TRUE(says(verdict::safe, verdict::inconclusive));
    EXPECT_THAT(check(policy::strict).reason, HasSubstr("timed out"));
    side->pop_back();
  }
}

TEST_F(upgrade_check, not_a_number_is_never_compared_and_never_safe) {
  for (auto [was, now] : {std::pair{nan, 1.0}, {1.0, nan}, {nan, nan}, {1.0, HUGE_VAL}}) {
    old_metrics[0].value = was;
    new_metrics[0].value = now;
    EXPECT_TRUE(says(verdict::inconclusive, verdict::inconclusive));
    EXPECT_EQ(check(policy::strict).compared, 0u);
  }
}

TEST_F(upgrade_check, counters_of_different_processes_are_not_compared_and_hold_nothing) {
  old_metrics.push_back({"a", "counter", 1000, direction::higher, true, "first"});
  new_metrics.push_back({"a", "counter", 3, direction::higher, true, "second"});
  EXPECT_TRUE(says(verdict::safe, verdict::safe));
  EXPECT_EQ(check(policy::strict).missing.size(), 1u);
}

TEST_F(upgrade_check, a_scope_on_one_side_alone_is_another_meaning) {
  old_metrics.push_back({"a", "counter", 1000});
  new_metrics.push_back({"a", "counter", 3, direction::higher, true, "second"});
  EXPECT_EQ(check(policy::strict).decided, verdict::inconclusive) << "else a version could take its metrics away";
}

TEST_F(upgrade_check, a_certain_regression_outweighs_what_is_missing) {
  old_metrics.push_back({"a", "gone", 1});
  new_metrics[0].value = 1;
  EXPECT_TRUE(says(verdict::regressed, verdict::regressed));
}

TEST_F(upgrade_check, equal_names_of_different_adapters_stay_apart) {
  old_metrics.push_back({"b", "m", 100});
  new_metrics.push_back({"b", "m", 10});
  auto result = check(policy::threshold);
  ASSERT_EQ(result.regressions.size(), 1u);
  EXPECT_EQ(result.regressions[0].adapter, "b");
}

// -- what a metric means --------------------------------------------------------------

TEST_F(upgrade_check, another_unit_is_no_improvement) {
  old_metrics[0] = {"", "lat", 950, direction::lower, true, {}, "ms"};
  new_metrics[0] = {"", "lat", 1.2, direction::lower, true, {}, "s"};
  EXPECT_TRUE(says(verdict::inconclusive, verdict::inconclusive));
  for (auto rule : {policy::threshold, policy::strict}) {
    EXPECT_TRUE(check(rule).improvements.empty());
    EXPECT_EQ(check(rule).reason, "lat 950 ms → 1.2 s: its unit changed from ms to s");
  }
}

TEST_F(upgrade_check, a_unit_of_one_side_alone_compares_with_any_under_threshold_only) {
  new_metrics[0].unit = "score"; // snapshots of HART OS may lack a unit
  EXPECT_TRUE(says(verdict::safe, verdict::inconclusive));
  EXPECT_THAT(check(policy::strict).reason, HasSubstr("from none to score"));
}

TEST_F(upgrade_check, another_direction_is_inconclusive_naming_both) {
  new_metrics[0].better = direction::lower;
  for (double value : {1.0, 100.0, 1000.0}) {
    new_metrics[0].value = value;
    EXPECT_TRUE(says(verdict::inconclusive, verdict::inconclusive));
    EXPECT_THAT(check(policy::strict).reason, HasSubstr("from higher to lower"));
  }
}

// -- values of zero or less -----------------------------------------------------------

/// An error rate that rises from 0 to 5%.
struct error_rate : upgrade_check {
  error_rate() {
    old_metrics[0] = {"", "error_rate", 0, direction::lower, true, {}, "ratio"};
    new_metrics[0] = {"", "error_rate", .05, direction::lower, true, {}, "ratio"};
  }
};

TEST_F(error_rate, without_a_margin_is_inconclusive) {
  EXPECT_TRUE(says(verdict::regressed, verdict::inconclusive));
  EXPECT_EQ(
    check(policy::strict).reason,
    "error_rate 0 ratio → 0.05 ratio: an old value of zero or less is judged by an absolute_margin, and neither "
    "version states one");
  new_metrics[0].value = 1e-300;
  EXPECT_TRUE(says(verdict::regressed, verdict::inconclusive)) << "there is no hidden floor";
}

TEST_F(error_rate, regresses_beyond_its_margin) {
  old_metrics[0].absolute_margin = new_metrics[0].absolute_margin = .02;
  EXPECT_TRUE(says(verdict::regressed, verdict::regressed));
  EXPECT_TRUE(std::isnan(check(policy::strict).regressions[0].change_pct));
  new_metrics[0].value = .02;
  EXPECT_EQ(check(policy::strict).decided, verdict::safe);
  new_metrics[0].value = std::nextafter(.02, 1);
  EXPECT_EQ(check(policy::strict).decided, verdict::regressed);
}

TEST_F(error_rate, a_margin_of_zero_holds_every_change_for_the_worse) {
  old_metrics[0].absolute_margin = 0;
  new_metrics[0].value = 1e-300;
  EXPECT_EQ(check(policy::strict).decided, verdict::regressed);
}

TEST_F(error_rate, the_new_version_cannot_grant_itself_a_margin) {
  new_metrics[0].absolute_margin = 1;
  EXPECT_EQ(check(policy::strict).decided, verdict::inconclusive);
  EXPECT_THAT(check(policy::strict).reason, HasSubstr("only the new version states one"));
  new_metrics[0].absolute_margin = .02;
  EXPECT_EQ(check(policy::strict).decided, verdict::regressed) << "worse even by its own measure";
  old_metrics[0].absolute_margin = .02;
  new_metrics[0].absolute_margin = 1;
  EXPECT_EQ(check(policy::strict).decided, verdict::inconclusive);
  EXPECT_THAT(check(policy::strict).reason, HasSubstr("different ones: 0.02 ratio and 1 ratio"));
}

TEST_F(upgrade_check, equal_values_are_never_a_regression) {
  for (double value : {-100.0, -1e-300, 0.0, 1e-300, 1e300})
    for (auto better : {direction::higher, direction::lower}) {
      old_metrics[0].value = new_metrics[0].value = value;
      old_metrics[0].better = new_metrics[0].better = better;
      EXPECT_TRUE(says(verdict::safe, verdict::safe));
    }
}

TEST_F(upgrade_check, negative_values_are_judged_by_their_margin) {
  old_metrics[0] = {"a", "m", -10, direction::higher, true, {}, "", true, 1};
  new_metrics[0] = old_metrics[0];
  for (auto [now, decided] : {std::pair{-11.0, verdict::safe}, {-11.01, verdict::regressed}, {-9.0, verdict::safe}}) {
    new_metrics[0].value = now;
    EXPECT_EQ(check(policy::strict).decided, decided) << now;
  }
  new_metrics[0].value = 5;
  EXPECT_EQ(check(policy::strict).improvements.size(), 1u);
}

TEST_F(upgrade_check, a_margin_does_not_soften_the_rule_for_values_above_zero) {
  old_metrics[0] = {"a", "m", .5, direction::lower, true, {}, "ratio", true, 10};
  new_metrics[0] = old_metrics[0];
  new_metrics[0].value = .6;
  EXPECT_TRUE(says(verdict::regressed, verdict::regressed));
}

// -- floor ----------------------------------------------------------------------------

/// A change of an agent since its last baseline: from +0.2 to +0.01 by default.
struct with_floor : upgrade_check {
  with_floor() {
    old_metrics[0] = {"agent_baselines", "a_0_reward_delta", .2, direction::higher, true, {}, "score"};
    new_metrics[0] = old_metrics[0];
    old_metrics[0].floor = new_metrics[0].floor = -.05;
    new_metrics[0].value = .01;
  }
};

TEST_F(with_floor, a_metric_is_not_compared_by_ratio) {
  EXPECT_TRUE(says(verdict::safe, verdict::safe)) << "95% less than before, and no loss";
  old_metrics[0].value = 0;
  EXPECT_TRUE(says(verdict::safe, verdict::safe));
  old_metrics[0].value = .01;
  new_metrics[0].value = -.05;
  EXPECT_TRUE(says(verdict::safe, verdict::safe)) << "the floor itself";
}

TEST_F(with_floor, a_value_beyond_it_is_a_regression_whatever_the_old_value_was) {
  new_metrics[0].value = std::nextafter(-.05, -1);
  for (double before : {.2, 0.0, -.05, -10.0, new_metrics[0].value}) {
    old_metrics[0].value = before;
    EXPECT_TRUE(says(verdict::regressed, verdict::regressed)) << before;
  }
  auto result = check(policy::strict);
  ASSERT_EQ(result.regressions.size(), 1u);
  EXPECT_EQ(result.regressions[0].floor, -.05);
}

TEST_F(with_floor, the_reason_names_it) {
  new_metrics[0].value = -.2;
  EXPECT_EQ(check(policy::strict).reason,
            "1 of 1 metrics regressed: agent_baselines.a_0_reward_delta 0.2 score → -0.2 score (floor -0.05 score)");
  old_metrics[0].better = new_metrics[0].better = direction::lower;
  old_metrics[0].floor = new_metrics[0].floor = -.3;
  EXPECT_THAT(check(policy::strict).reason, HasSubstr("(ceiling -0.3 score)"));
}

TEST_F(with_floor, returning_above_it_is_an_improvement) {
  old_metrics[0].value = -1;
  EXPECT_EQ(check(policy::strict).improvements.size(), 1u);
}

TEST_F(with_floor, for_lower_is_better_it_is_a_ceiling) {
  old_metrics[0].better = new_metrics[0].better = direction::lower;
  old_metrics[0].floor = new_metrics[0].floor = 10;
  for (auto [now, decided] : {std::pair{10.0, verdict::safe}, {10.1, verdict::regressed}, {-50.0, verdict::safe}}) {
    new_metrics[0].value = now;
    EXPECT_TRUE(says(decided, decided)) << now;
  }
}

TEST_F(with_floor, different_floors_are_told_apart) {
  new_metrics[0].floor = -.5;
  new_metrics[0].value = -.1;
  EXPECT_TRUE(says(verdict::regressed, verdict::inconclusive)) << "beyond the old one alone";
  EXPECT_THAT(check(policy::strict).reason, HasSubstr("different floors"));
  new_metrics[0].value = -.6;
  EXPECT_TRUE(says(verdict::regressed, verdict::regressed)) << "beyond both";
  new_metrics[0].value = -.01;
  EXPECT_TRUE(says(verdict::safe, verdict::safe)) << "beyond none";
}

TEST_F(with_floor, the_new_version_cannot_spare_itself_the_other_rules) {
  old_metrics[0].floor = no_margin;
  new_metrics[0].floor = -100;
  EXPECT_TRUE(says(verdict::regressed, verdict::regressed)) << "by ratio";
  new_metrics[0].floor = .15;
  new_metrics[0].value = .1;
  old_metrics[0].value = .1;
  EXPECT_TRUE(says(verdict::regressed, verdict::regressed)) << "worse even by its own measure";
}

TEST_F(with_floor, a_value_that_is_no_number_is_not_judged) {
  new_metrics[0].value = std::nan("");
  EXPECT_EQ(check(policy::strict).decided, verdict::inconclusive);
}

// -- gate -----------------------------------------------------------------------------

TEST_F(upgrade_check, a_metric_without_gate_is_shown_and_decides_nothing) {
  old_metrics.push_back({"a", "shown", 100, direction::higher, true, {}, "", false});
  new_metrics.push_back({"a", "shown", 1, direction::higher, true, {}, "", false});
  EXPECT_TRUE(says(verdict::safe, verdict::safe));
  auto result = check(policy::strict);
  EXPECT_EQ(result.compared, 1u);
  ASSERT_EQ(result.ungated.size(), 1u);
  EXPECT_EQ(result.ungated[0].metric, "shown");
  new_metrics.pop_back();
  EXPECT_TRUE(says(verdict::safe, verdict::safe)) << "nor does its absence";
}

TEST_F(upgrade_check, metrics_without_gate_are_nothing_in_common) {
  old_metrics[0].gate = new_metrics[0].gate = false;
  EXPECT_TRUE(says(verdict::inconclusive, verdict::inconclusive));
}

TEST_F(upgrade_check, a_new_version_cannot_take_a_metric_out_of_the_gate) {
  new_metrics[0].gate = false;
  new_metrics[0].value = 1;
  EXPECT_TRUE(says(verdict::regressed, verdict::regressed));
}

// -- the machine ----------------------------------------------------------------------

TEST_F(upgrade_check, a_metric_compares_only_where_the_fields_that_it_needs_are_equal) {
  new_machine = {"another cpu", 2};
  EXPECT_TRUE(says(verdict::safe, verdict::safe)) << "it needs none";
  old_metrics[0].same_environment = new_metrics[0].same_environment = {environment_field::cores};
  EXPECT_TRUE(says(verdict::safe, verdict::safe));
  old_metrics[0].same_environment.add(environment_field::cpu_model);
  EXPECT_TRUE(says(verdict::safe, verdict::inconclusive)) << "one side's need counts";
  EXPECT_EQ(check(policy::strict).reason, "a.m 100 → 100: it needs the same environment on both sides: "
                                          "cpu_model: cpu and another cpu");
  std::swap(old_metrics, new_metrics);
  EXPECT_TRUE(says(verdict::safe, verdict::inconclusive));
}

TEST_F(upgrade_check, two_unknown_machines_are_not_the_same) {
  old_machine = new_machine = {};
  old_metrics[0].same_environment = {environment_field::cpu_model};
  EXPECT_TRUE(says(verdict::safe, verdict::inconclusive));
  EXPECT_THAT(check(policy::strict).reason, HasSubstr("cpu_model: unknown on both sides"));
}

TEST_F(upgrade_check, each_metric_is_told_of_its_own_fields) {
  new_machine = {"another cpu", 4};
  old_metrics = new_metrics = {{"a", "m", 100}, {"a", "n", 100}, {"a", "o", 100}};
  old_metrics[0].same_environment = {environment_field::cores};
  old_metrics[2].same_environment = {environment_field::cpu_model};
  auto result = check(policy::strict);
  ASSERT_EQ(result.missing.size(), 2u);
  EXPECT_THAT(result.missing[0].reason, testing::EndsWith("both sides: cores: 2 and 4"));
  EXPECT_THAT(result.missing[1].reason, testing::EndsWith("both sides: cpu_model: cpu and another cpu"));
  EXPECT_EQ(result.compared, 1u);
}

} // namespace
} // namespace hive::analysis
