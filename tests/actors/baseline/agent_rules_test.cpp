#include "actors/baseline/agent_rules.hpp"

#include "actors/baseline/validation.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

constexpr int64_t second = 1'000'000;

msg<wire::CaptureBaseline> wanted(const std::string& trigger, double rate = -1, const std::string& structure = {},
                                  const std::string& key = {}) {
  return msg<wire::CaptureBaseline>::build([&](wire::CaptureBaseline::Builder out) {
    out.setTrigger(trigger);
    out.setStructureHash(structure);
    out.setIdempotencyKey(key);
    if (rate < 0)
      return;
    auto action = out.initRecipeMetrics().initPerAction(1)[0];
    action.setId("1");
    action.setSuccessRate(rate);
  });
}

class agent_rules_test : public testing::Test {
protected:
  /// Captures, and returns the number; 0 when the capture is skipped.
  uint32_t capture(const msg<wire::CaptureBaseline>& what, int64_t now, bool regressed = false) {
    plan = agents::plan_capture(*agent, *what, regressed, now);
    if (!plan.skipped.empty())
      return 0;
    baseline = agents::make_baseline(*agent, *what, plan, {}, now);
    agent = agents::with_baseline(agent, *baseline, *what, plan, now);
    return baseline->getVersion();
  }

  uint32_t reference() const {
    return agent->getReference().getVersion();
  }

  uint32_t anchor() const {
    return agent->getAnchor().getVersion();
  }

  agents::capture_plan plan;
  msg<wire::Agent> agent = agents::begin({"p", "0"}, 0);
  msg<wire::Baseline> baseline;
};

TEST_F(agent_rules_test, a_recipe_change_soon_after_the_creation_is_skipped) {
  EXPECT_EQ(capture(wanted("creation"), 100 * second), 1u);
  EXPECT_EQ(capture(wanted("recipe_change"), 159 * second), 0u);
  EXPECT_EQ(capture(wanted("recipe_change"), 160 * second), 2u);
  EXPECT_EQ(capture(wanted("prompt_change"), 160 * second), 3u);
}

TEST_F(agent_rules_test, a_recipe_change_before_the_creation_is_the_creation) {
  EXPECT_EQ(capture(wanted("recipe_change"), 100 * second), 1u);
  EXPECT_EQ(baseline->getTrigger(), "creation");
  EXPECT_EQ(capture(wanted("creation"), 159 * second), 0u);
  EXPECT_EQ(capture(wanted("recipe_change"), 159 * second), 0u);
  EXPECT_EQ(capture(wanted("creation"), 160 * second), 2u);
}

TEST_F(agent_rules_test, a_clock_that_was_set_back_skips_nothing) {
  EXPECT_EQ(capture(wanted("creation"), 100 * second), 1u);
  EXPECT_EQ(capture(wanted("recipe_change"), 50 * second), 2u);
}

TEST_F(agent_rules_test, changed_experience_never_moves_the_reference) {
  capture(wanted("creation", 0.9, "s1"), 1 * second);
  EXPECT_EQ(capture(wanted("recipe_change", 0.5, "s1"), 100 * second), 2u);
  EXPECT_EQ(baseline->getKind(), wire::BaselineKind::OBSERVATION);
  EXPECT_EQ(reference(), 1u);
  EXPECT_EQ(capture(wanted("recipe_change", 0.5, "s2"), 200 * second), 3u);
  EXPECT_EQ(reference(), 3u);
  EXPECT_EQ(anchor(), 1u);
  EXPECT_EQ(capture(wanted("recipe_change", 0.4, "s2"), 300 * second), 4u);
  EXPECT_EQ(reference(), 3u);
}

TEST_F(agent_rules_test, an_unknown_structure_is_no_new_one) {
  capture(wanted("creation", 0.9), 1 * second);
  capture(wanted("recipe_change", 0.5, "s1"), 100 * second);
  EXPECT_EQ(reference(), 1u);
  capture(wanted("recipe_change", 0.5), 200 * second);
  EXPECT_EQ(reference(), 1u);
  capture(wanted("recipe_change", 0.5, "s2"), 300 * second);
  EXPECT_EQ(reference(), 4u);
}

TEST_F(agent_rules_test, a_capture_because_of_a_regression_never_becomes_the_reference) {
  capture(wanted("creation", 0.9), 1 * second);
  EXPECT_EQ(capture(wanted("intelligence_change", 0.5), 100 * second, true), 2u);
  EXPECT_EQ(baseline->getKind(), wire::BaselineKind::REGRESSION);
  EXPECT_EQ(reference(), 1u);
  EXPECT_EQ(capture(wanted("intelligence_change", 0.9), 200 * second, false), 3u);
  EXPECT_EQ(reference(), 3u);
  EXPECT_EQ(capture(wanted("manual", 0.5), 300 * second, true), 4u);
  EXPECT_EQ(reference(), 4u);
  EXPECT_EQ(anchor(), 1u);
}

TEST_F(agent_rules_test, a_pinned_reference_stays_and_acceptance_moves_reference_and_anchor) {
  capture(wanted("creation", 0.9), 1 * second);
  auto first = baseline;
  capture(wanted("manual", 0.8), 2 * second);
  agent = agents::with_reference(agent, *first, true, 3 * second);
  EXPECT_EQ(reference(), 1u);
  capture(wanted("manual", 0.7), 4 * second);
  EXPECT_EQ(reference(), 1u);
  EXPECT_TRUE(agent->getPinned());
  auto how = msg<wire::AcceptAgent>::build([](wire::AcceptAgent::Builder out) { out.setReason("cheaper model"); });
  agent = agents::accepted(agent, *baseline, *how, 5 * second);
  EXPECT_EQ(reference(), 3u);
  EXPECT_EQ(anchor(), 3u);
  EXPECT_FALSE(agent->getPinned());
  ASSERT_EQ(agent->getAccepted().size(), 1u);
  EXPECT_EQ(agent->getAccepted()[0].getReason(), "cheaper model");
  for (int i = 0; i < 20; ++i)
    agent = agents::accepted(agent, *first, *how, (10 + i) * second);
  EXPECT_EQ(agent->getAccepted().size(), 8u);
  EXPECT_EQ(agent->getAccepted()[7].getAt(), 29 * second);
}

TEST_F(agent_rules_test, keys_of_the_newest_captures_are_remembered) {
  EXPECT_EQ(agents::version_of_key(*agent, "k0"), 0u);
  for (int i = 0; i < 17; ++i)
    capture(wanted("manual", -1, {}, "k" + std::to_string(i)), i * second);
  EXPECT_EQ(agents::version_of_key(*agent, "k0"), 0u);
  EXPECT_EQ(agents::version_of_key(*agent, "k1"), 2u);
  EXPECT_EQ(agents::version_of_key(*agent, "k16"), 17u);
  EXPECT_EQ(agents::version_of_key(*agent, ""), 0u);
}

TEST_F(agent_rules_test, gaps_of_imports_stay_and_the_newest_import_is_the_reference) {
  auto add = [&](uint32_t version) {
    auto imported = agents::import_as({"p", "0"}, *msg<wire::Baseline>{}, version);
    agent = agents::with_import(agent, *imported, second);
  };
  add(9);
  add(3);
  EXPECT_EQ(reference(), 9u);
  EXPECT_EQ(agent->getLatest(), 9u);
  EXPECT_EQ(capture(wanted("manual"), 2 * second), 10u);
  EXPECT_EQ(agent->getBaselines(), 3u);
}

TEST_F(agent_rules_test, an_import_takes_hart_os_names_of_trust_and_says_where_it_came_from) {
  auto given = msg<wire::Baseline>::build([](wire::Baseline::Builder out) {
    out.initTrustEvolutionMetrics().setCompositeTrustScore(2.5);
    out.getTrustEvolutionMetrics().setGeneration(3);
  });
  auto stored = agents::import_as({"p", "7"}, *given, 4);
  EXPECT_EQ(stored->getTrustEvolution().getCompositeTrust(), 2.5);
  EXPECT_EQ(stored->getTrustEvolution().getGeneration(), 3u);
  EXPECT_FALSE(stored->hasTrustEvolutionMetrics());
  EXPECT_TRUE(stored->getImported());
  EXPECT_EQ(stored->getFlowId(), "7");
  EXPECT_TRUE(agents::same_content(*stored, *agents::import_as({"p", "7"}, *given, 5)));
  EXPECT_FALSE(agents::same_content(*stored, *agents::import_as({"p", "7"}, *msg<wire::Baseline>{}, 4)));
}

TEST_F(agent_rules_test, judging_tells_only_what_changed) {
  using agents::transition;
  capture(wanted("creation", 0.9), 1 * second);
  auto validation = [&](std::initializer_list<const char*> metrics) {
    return msg<wire::AgentValidation>::build([&](wire::AgentValidation::Builder out) {
      out.setBaselineVersion(1);
      auto list = out.initRegressions(static_cast<uint32_t>(metrics.size()));
      uint32_t i = 0;
      for (auto metric : metrics)
        list[i++].setMetric(metric);
    });
  };
  auto judge = [&](std::initializer_list<const char*> metrics) {
    auto done = agents::judge(agent, *validation(metrics), 5 * second);
    agent = done.agent;
    return done.what;
  };
  EXPECT_EQ(judge({}), transition::none);
  EXPECT_EQ(judge({"a"}), transition::regressed);
  EXPECT_EQ(agent->getState(), wire::AgentState::REGRESSED);
  EXPECT_EQ(agent->getRegressedSince(), 5 * second);
  EXPECT_EQ(judge({"a"}), transition::none);
  EXPECT_EQ(judge({"a", "b"}), transition::regressions_changed);
  EXPECT_EQ(judge({}), transition::recovered);
  EXPECT_EQ(agent->getState(), wire::AgentState::HEALTHY);
  EXPECT_EQ(agents::judge(agents::begin({"q", "0"}, 0), *msg<wire::AgentValidation>{}, 1).what, transition::none);
}

// -- validation -------------------------------------------------------------------

msg<wire::AgentFigures> figures(std::initializer_list<std::pair<const char*, double>> rates, double pass_rate) {
  return msg<wire::AgentFigures>::build([&](wire::AgentFigures::Builder out) {
    out.setVersion(1);
    out.setPassRate(pass_rate);
    auto list = out.initActions(static_cast<uint32_t>(rates.size()));
    uint32_t i = 0;
    for (auto [id, rate] : rates) {
      list[i].setId(id);
      list[i++].setRate(rate);
    }
  });
}

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

msg<wire::AgentValidation> validated(const msg<wire::AgentFigures>& before, const msg<wire::AgentFigures>& now,
                                     double pass_rate, wire::ValidationPolicy policy) {
  validation_input input;
  input.reference = *before;
  input.present = *now;
  input.pass_rate = pass_rate;
  input.policy = policy;
  return validate(input);
}

constexpr auto strict = wire::ValidationPolicy::STRICT;
constexpr auto threshold = wire::ValidationPolicy::THRESHOLD;

TEST(validation, five_percent_of_the_old_rate_may_be_lost) {
  auto before = figures({{"1", 0.8}, {"2", 0}}, 0.9);
  auto same = validated(before, figures({{"1", 0.8 * 0.95}, {"2", 0}}, unknown), 0.9 * 0.95, strict);
  EXPECT_TRUE(same->getPassed());
  auto worse = validated(before, figures({{"1", 0.7599}, {"2", 0}}, unknown), 0.8549, strict);
  EXPECT_FALSE(worse->getPassed());
  EXPECT_FALSE(worse->getInconclusive());
  ASSERT_EQ(worse->getRegressions().size(), 2u);
  EXPECT_EQ(worse->getRegressions()[0].getText(), "action_1_success_rate: 0.800 → 0.760");
  EXPECT_EQ(worse->getRegressions()[1].getText(), "regression_pass_rate: 0.900 → 0.855");
}

TEST(validation, what_is_missing_is_named_and_no_pass_by_policy_strict) {
  auto before = figures({{"1", 0.8}, {"2", 0.8}}, 0.9);
  auto now = figures({{"1", 0.8}}, unknown);
  for (auto policy : {strict, threshold}) {
    auto answer = validated(before, now, unknown, policy);
    EXPECT_EQ(answer->getPassed(), policy == threshold);
    EXPECT_EQ(answer->getInconclusive(), policy == strict);
    ASSERT_EQ(answer->getMissing().size(), 2u);
    EXPECT_EQ(answer->getMissing()[0], "action_2_success_rate");
    EXPECT_EQ(answer->getMissing()[1], "regression_pass_rate");
  }
  // A regression is one even if something is missing.
  auto worse = validated(before, figures({{"1", 0.1}}, unknown), 0.9, strict);
  EXPECT_FALSE(worse->getPassed());
  EXPECT_FALSE(worse->getInconclusive());
}

TEST(validation, a_pass_rate_that_the_baseline_lacks_is_not_compared) {
  EXPECT_TRUE(validated(figures({{"1", 0.8}}, unknown), figures({{"1", 0.8}}, unknown), 0.1, strict)->getPassed());
}

TEST(validation, without_anything_to_compare_there_is_no_strict_pass) {
  auto nothing = figures({}, unknown);
  EXPECT_FALSE(validated(nothing, nothing, unknown, strict)->getPassed());
  EXPECT_TRUE(validated(nothing, nothing, unknown, threshold)->getPassed());
  for (auto policy : {strict, threshold}) {
    validation_input input;
    input.present = *nothing;
    input.policy = policy;
    auto answer = validate(input);
    EXPECT_EQ(answer->getPassed(), policy == threshold);
    EXPECT_EQ(answer->getReason(), "no baseline to compare");
    EXPECT_EQ(answer->getBaselineVersion(), 0u);
  }
}

TEST(validation, decay_is_told_beside_and_decides_nothing) {
  auto reference = figures({{"1", 0.7}}, unknown);
  auto anchor = figures({{"1", 0.9}}, unknown);
  validation_input input;
  input.reference = *reference;
  input.anchor = *anchor;
  input.present = *reference;
  input.pass_rate = unknown;
  auto answer = validate(input);
  EXPECT_TRUE(answer->getPassed());
  ASSERT_EQ(answer->getDecay().size(), 1u);
  EXPECT_EQ(answer->getDecay()[0].getOld(), 0.9);
}

} // namespace
} // namespace hive
