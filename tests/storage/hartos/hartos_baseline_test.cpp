#include "storage/hartos/hartos_baseline.hpp"

#include "messages/json.hpp"
#include "storage/hartos/json_object.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view baseline_file = R"({
  "version": 3, "prompt_id": "71", "flow_id": 0, "trigger": "autoresearch_baseline", "timestamp": 1771934400.25,
  "metadata": {"trigger": "autoresearch_baseline", "git_sha": "abc"},
  "recipe_metrics": {"action_count": 1, "total_expected_duration_seconds": 2.5, "total_runs": 4,
    "bottleneck_action_id": null, "per_action": {"1": {"avg_duration_seconds": 2.5, "success_rate": 0.9, "run_count": 4,
      "tool_stats": {}, "dead_ends_count": 0, "effective_fallbacks_count": 0}}},
  "lightning_metrics": {}, "benchmark_metrics": {"regression": {"pass_rate": 0.97, "fail_count": 3}},
  "trust_evolution_metrics": {"composite_trust": 2.5, "generation": 2}})";

msg<wire::Baseline> baseline_of(const hartos_baseline& read) {
  auto out = from_json<wire::Baseline>(read.document);
  EXPECT_TRUE(out) << text_of(out.error()) << read.document;
  return out ? *out : msg<wire::Baseline>{};
}

TEST(hartos_baseline, reads_what_hart_os_writes) {
  auto read = read_hartos_baseline(baseline_file);
  ASSERT_TRUE(read) << text_of(read.error());
  EXPECT_THAT(read->notes, IsEmpty());
  auto baseline = baseline_of(*read);
  EXPECT_EQ(baseline->getVersion(), 0u) << "the path says it";
  EXPECT_EQ(baseline->getTrigger(), "autoresearch_baseline");
  EXPECT_EQ(baseline->getTimestamp(), 1'771'934'400'250'000);
  EXPECT_EQ(baseline->getMetadata().getGitSha(), "abc");
  EXPECT_EQ(baseline->getRecipeMetrics().getPerAction()[0].getSuccessRate(), 0.9);
  EXPECT_FALSE(baseline->hasLightningMetrics()) << "an empty section is none";
  EXPECT_EQ(baseline->getTrustEvolutionMetrics().getCompositeTrust(), 2.5);
  auto figures = baseline->getBenchmarkMetrics()[0].getFigures();
  ASSERT_EQ(figures.size(), 2u);
  EXPECT_EQ(figures[0].getName(), "pass_rate");
}

TEST(hartos_baseline, takes_partial_files_and_names_what_it_skips) {
  auto read = read_hartos_baseline(R"({"version": 1, "timestamp": "soon", "trigger": null, "unknown": {"x": [1]},
    "benchmark_metrics": {"a": {"good": true, "bad": "text", "none": null}, "b": 7}})");
  ASSERT_TRUE(read) << text_of(read.error());
  EXPECT_THAT(read->notes, ElementsAre(HasSubstr("/timestamp"), HasSubstr("/benchmark_metrics/a/bad"),
                                       HasSubstr("/benchmark_metrics/a/none"), HasSubstr("/benchmark_metrics/b")));
  auto baseline = baseline_of(*read);
  EXPECT_EQ(baseline->getTimestamp(), 0);
  EXPECT_EQ(baseline->getBenchmarkMetrics()[0].getFigures()[0].getValue(), 1);
  for (auto* broken : {"", "[]", "7", "{\"version\": 1", "{\"a\": NaN}"})
    EXPECT_FALSE(read_hartos_baseline(broken)) << broken;
}

msg<wire::Baseline> full_baseline() {
  return *from_json<wire::Baseline>(
    R"({"version": 12, "trigger": "recipe_change", "timestamp": "2026-02-24T12:00:00.123456Z",
    "user_id": "u", "user_prompt": "u_71", "prompt_id": "71", "flow_id": "4", "kind": "observation",
    "recipe_metrics": {"action_count": 1, "per_action": {"1": {"success_rate": 0.333333333333333314}}},
    "lightning_metrics": {"avg_reward": 0.5, "observed_error_rate": 0.25},
    "benchmark_metrics": {"regression": {"test_pass_rate": 0.97, "other": 1}, "speed": {"ms": 3}},
    "trust_evolution": {"composite_trust": 2.5}, "metadata": {"git_sha": "abc", "judge": "j"},
    "given": ["lightning_metrics"], "reason": "why"})");
}

TEST(hartos_baseline, writes_what_hart_os_reads) {
  capnp::MallocMessageBuilder scratch;
  auto text = to_hartos(*full_baseline());
  auto root = parse_json_object(text, scratch);
  ASSERT_TRUE(root) << text;
  EXPECT_EQ(number_member(*root, "version"), 12);
  EXPECT_EQ(text_member(*root, "prompt_id"), "71");
  EXPECT_EQ(number_member(*root, "flow_id"), 4);
  EXPECT_EQ(number_member(*root, "timestamp"), 1771934400.123456);
  EXPECT_FALSE(find_member(*root, "trust_evolution"));
  auto trust = find_member(*root, "trust_evolution_metrics")->getObject();
  EXPECT_EQ(number_member(trust, "composite_trust"), 2.5);
  auto benchmarks = find_member(*root, "benchmark_metrics")->getObject();
  auto tests = find_member(benchmarks, "regression")->getObject();
  EXPECT_EQ(number_member(tests, "pass_rate"), 0.97) << "HART OS's name";
  EXPECT_EQ(number_member(tests, "test_pass_rate"), 0.97) << "and the node's";
}

TEST(hartos_baseline, empty_sections_are_objects_and_words_stay_flows) {
  auto text = to_hartos(**from_json<wire::Baseline>(R"({"version": 1, "prompt_id": "a", "flow_id": "autoresearch"})"));
  capnp::MallocMessageBuilder scratch;
  auto root = parse_json_object(text, scratch);
  ASSERT_TRUE(root) << text;
  EXPECT_EQ(text_member(*root, "flow_id"), "autoresearch");
  EXPECT_FALSE(find_member(*root, "timestamp"));
  for (auto* name :
       {"metadata", "recipe_metrics", "lightning_metrics", "benchmark_metrics", "trust_evolution_metrics"}) {
    auto section = find_member(*root, name);
    EXPECT_TRUE(section && section->isObject() && section->getObject().size() == 0) << name;
  }
}

TEST(hartos_baseline, what_is_written_reads_as_the_same) {
  auto original = full_baseline();
  auto read = read_hartos_baseline(to_hartos(*original));
  ASSERT_TRUE(read) << text_of(read.error());
  EXPECT_THAT(read->notes, IsEmpty());
  auto again = baseline_of(*read);
  EXPECT_EQ(again->getTrustEvolutionMetrics().getCompositeTrust(), 2.5);
  EXPECT_EQ(to_json<wire::RecipeMetrics>(again->getRecipeMetrics()),
            to_json<wire::RecipeMetrics>(original->getRecipeMetrics()));
  EXPECT_EQ(to_json<wire::LightningMetrics>(again->getLightningMetrics()),
            to_json<wire::LightningMetrics>(original->getLightningMetrics()));
  ASSERT_EQ(again->getBenchmarkMetrics().size(), 2u);
  EXPECT_EQ(again->getBenchmarkMetrics()[0].getFigures().size(), 2u) << "pass_rate counts once";
  EXPECT_EQ(again->getTimestamp(), original->getTimestamp());
  EXPECT_EQ(again->getKind(), original->getKind());
  EXPECT_EQ(again->getUserPrompt(), original->getUserPrompt());
  EXPECT_EQ(again->getReason(), original->getReason());
}

} // namespace
} // namespace hive
