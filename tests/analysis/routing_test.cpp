#include "analysis/routing.hpp"

#include "analysis/wilson.hpp"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

namespace hive::analysis {
namespace {

using names = std::vector<std::string_view>;

constexpr std::string_view task = "fix";

/// Counts `n` records of `tool`, with the successes spread evenly.
void add(tally& to, std::string_view tool, int n, int successes, uint64_t time_us = 1'000'000) {
  for (int i = 0; i < n; ++i)
    ASSERT_FALSE(to.add({task, tool, "", time_us, (i + 1) * successes / n > i * successes / n}).refused);
}

route_knowledge knowledge(const tally& local, std::span<const tool_totals> hive = {}) {
  auto* known = local.find(task);
  return known ? route_knowledge{known->tools, known->records, hive} : route_knowledge{{}, 0, hive};
}

tool_totals measured(std::string tool, uint64_t n, uint64_t successes, uint64_t time_us = 1'000'000) {
  tool_totals out{std::move(tool), {}, {}};
  for (uint64_t i = 0; i < n; ++i)
    out.sums += sums_of_record(time_us, i < successes);
  return out;
}

std::string best_of(const std::vector<tool_totals>& tools) {
  auto best = best_tool(tools);
  return best ? best->tool : "none";
}

std::optional<tool_choice> explore_in(const tally& records) {
  return explore(records.find(task)->tools, records.find(task)->records);
}

// -- policy threshold -------------------------------------------------------------

TEST(best_tool, takes_the_highest_rate_then_the_lowest_time_then_the_first_name) {
  EXPECT_EQ(best_of({measured("a", 10, 8, 1), measured("b", 10, 9, 900)}), "b");
  EXPECT_EQ(best_of({measured("a", 10, 9, 900), measured("b", 20, 18, 899)}), "b");
  EXPECT_EQ(best_of({measured("b", 10, 9, 900), measured("a", 20, 18, 900)}), "a");
}

TEST(best_tool, looks_only_at_tools_with_five_records) {
  EXPECT_EQ(best_of({}), "none");
  EXPECT_EQ(best_of({measured("a", 4, 4)}), "none");
  EXPECT_EQ(best_of({measured("a", 4, 4), measured("b", 5, 0)}), "b");
}

TEST(best_tool, takes_the_word_of_a_delta_that_a_tool_was_measured) {
  auto told = measured("told", 3, 3);
  told.told_as_measured = true;
  EXPECT_EQ(best_of({told}), "told");
  EXPECT_EQ(best_of({told, measured("much", 100, 90)}), "told") << "as HART OS takes the highest rate";
}

TEST(best_tool, tells_rates_apart_that_are_equal_as_floats) {
  // As many records as the largest hive holds. The better tool is the slower one, so a tie would be noticed.
  constexpr uint64_t n = max_tool_records * max_summed_origins;
  tool_totals worse{"a", {n, n * 900'000, n, n, 0}, {}, false};
  tool_totals better{"b", {n, n * 900'000 + 1, 2 * n, 4 * n, 0}, {}, false};
  ASSERT_EQ(worse.sums.success_rate(), better.sums.success_rate());
  EXPECT_EQ(best_of({worse, better}), "b");
}

TEST(best_tool, claims_best_only_when_the_lower_bound_beats_the_runner_up) {
  auto claimed = [](const std::vector<tool_totals>& tools) { return best_tool(tools)->claimed; };
  EXPECT_EQ(claimed({measured("a", 100, 90), measured("b", 100, 50)}), claim::best);
  EXPECT_EQ(claimed({measured("a", 10, 9), measured("b", 10, 8)}), claim::tied);
  EXPECT_EQ(claimed({measured("a", 50, 50), measured("b", 50, 50)}), claim::tied);
  EXPECT_EQ(claimed({measured("a", 5, 0)}), claim::best) << "it has no rival";
  EXPECT_EQ(claimed({measured("a", 100, 50), measured("b", 4, 4)}), claim::best) << "b is not measured yet";
  // The boundary itself: the lower bound of 90 successes in 100 is 0.8256.
  auto lower = wilson_interval(90, 100, z_95).lower;
  EXPECT_EQ(claimed({measured("a", 100, 90), {"b", {100, static_cast<uint64_t>(lower * 1e8) - 1, 0, 0, 0}, {}}}),
            claim::best);
  EXPECT_EQ(claimed({measured("a", 100, 90), {"b", {100, static_cast<uint64_t>(lower * 1e8) + 1, 0, 0, 0}, {}}}),
            claim::tied);
}

// -- policy explore ---------------------------------------------------------------

TEST(explore, prefers_the_higher_upper_bound) {
  tally records;
  add(records, "much", 100, 80);
  add(records, "little", 5, 3);
  ASSERT_GT(wilson_interval(3, 5, z_95).upper, wilson_interval(80, 100, z_95).upper);
  auto chosen = explore_in(records);
  EXPECT_EQ(chosen->tool, "little");
  EXPECT_EQ(chosen->samples, 5u);
  EXPECT_DOUBLE_EQ(chosen->success_rate, 0.6);
  EXPECT_EQ(chosen->claimed, claim::tied);
}

TEST(explore, equal_bounds_go_to_the_fewest_records_then_to_the_first_name) {
  EXPECT_EQ(explore(std::vector{measured("a", 9, 9), measured("c", 3, 3), measured("b", 3, 3)}, 0)->tool, "b");
  EXPECT_FALSE(explore({}, 0));
}

TEST(explore, a_tool_that_broke_is_left) {
  tally records;
  add(records, "good", 50, 40);
  add(records, "broken", 200, 200);
  EXPECT_EQ(explore_in(records)->tool, "broken");
  add(records, "broken", 20, 0);
  EXPECT_EQ(explore_in(records)->tool, "good");
}

TEST(explore, a_tool_that_was_mended_is_judged_by_its_new_records) {
  tally records;
  add(records, "steady", 100, 70);
  add(records, "mended", 100, 10);
  add(records, "mended", 20, 20);
  EXPECT_EQ(explore_in(records)->tool, "mended");
}

TEST(explore, evidence_is_the_window_only_after_a_drift) {
  auto evidence_of = [](int old_n, int old_good, int new_good) {
    tally records;
    add(records, "a", old_n, old_good);
    add(records, "a", 20, new_good);
    return current_evidence(records.find(task)->tools[0]).n;
  };
  EXPECT_EQ(evidence_of(100, 90, 18), 120);
  EXPECT_EQ(evidence_of(100, 90, 5), 20);
  EXPECT_EQ(evidence_of(100, 10, 19), 20);
  EXPECT_EQ(evidence_of(0, 0, 0), 20) << "nothing older to contradict";
  EXPECT_EQ(evidence_of(1, 1, 5), 21) << "one record proves nothing";
}

TEST(explore, a_tool_that_started_badly_is_tried_again) {
  tally records;
  add(records, "unlucky", 5, 0);
  add(records, "leader", 10, 9);
  int until_retried = 0;
  for (; until_retried < 10'000 && explore_in(records)->tool != "unlucky"; ++until_retried)
    add(records, "leader", 1, until_retried % 10 != 0);
  EXPECT_GT(until_retried, 500) << "not at once";
  EXPECT_LT(until_retried, 3'000);
}

TEST(explore, the_worse_a_tool_was_the_later_it_is_tried_again) {
  auto pause = [](int failures) {
    tally records;
    add(records, "bad", failures, 0);
    add(records, "leader", 10, 9);
    int i = 0;
    for (; i < 20'000 && explore_in(records)->tool != "bad"; ++i)
      add(records, "leader", 1, i % 10 != 0);
    return i;
  };
  EXPECT_LT(pause(2), pause(10));
  EXPECT_LT(pause(10), pause(100));
}

// -- route ------------------------------------------------------------------------

class routing : public testing::TestWithParam<routing_policy> {
protected:
  std::optional<route_answer> ask(const names& available, std::string_view override_tool = {}) const {
    return route({task, available, override_tool, GetParam()}, knowledge(local_, hive_), table_);
  }

  tally local_;
  std::vector<tool_totals> hive_;
  heuristic_table table_{{"fix", "rule"}};
};

INSTANTIATE_TEST_SUITE_P(policies, routing, testing::Values(routing_policy::threshold, routing_policy::explore),
                         [](const auto& info) {
                           return info.param == routing_policy::threshold ? "threshold" : "explore";
                         });

TEST_P(routing, goes_through_the_sources_in_order) {
  names all{"first", "rule", "theirs", "ours"};
  EXPECT_EQ(ask({"first", "theirs"})->reason, route_reason::available);
  EXPECT_EQ(ask({"first", "theirs"})->tool, "first");
  EXPECT_EQ(ask(all)->reason, route_reason::heuristic);
  EXPECT_EQ(ask(all)->tool, "rule");
  hive_ = {measured("theirs", 100, 90)};
  EXPECT_EQ(ask(all)->reason, route_reason::hive);
  EXPECT_EQ(ask(all)->tool, "theirs");
  EXPECT_EQ(ask(all)->samples, 100u);
  for (auto* tool : {"first", "rule", "theirs"})
    add(local_, tool, 10, 2);
  add(local_, "ours", 10, 9);
  EXPECT_EQ(ask(all)->reason, route_reason::local);
  EXPECT_EQ(ask(all)->tool, "ours");
  EXPECT_DOUBLE_EQ(ask(all)->success_rate, 0.9);
  EXPECT_EQ(ask(all, "rule")->reason, route_reason::override_);
  EXPECT_EQ(ask(all, "rule")->tool, "rule");
}

TEST_P(routing, never_leaves_what_is_available) {
  add(local_, "ours", 10, 10);
  hive_ = {measured("theirs", 100, 100)};
  EXPECT_EQ(ask({"other"}, "wanted")->tool, "other");
  EXPECT_EQ(ask({"other"}, "wanted")->reason, route_reason::available);
  std::mt19937_64 random{11};
  names pool{"ours", "theirs", "rule", "other", "more"};
  for (int i = 0; i < 500; ++i) {
    std::ranges::shuffle(pool, random);
    names available(pool.begin(), pool.begin() + 1 + static_cast<ptrdiff_t>(random() % pool.size()));
    auto got = ask(available, pool[random() % pool.size()]);
    ASSERT_TRUE(got);
    ASSERT_THAT(available, testing::Contains(got->tool));
  }
}

TEST_P(routing, without_a_list_every_tool_is_available) {
  EXPECT_EQ(ask({})->tool, "rule");
  EXPECT_EQ(ask({}, "any")->reason, route_reason::override_);
  table_.clear();
  EXPECT_FALSE(ask({}));
  hive_ = {measured("theirs", 100, 90)};
  EXPECT_EQ(ask({})->tool, "theirs");
  add(local_, "ours", 50, 49);
  EXPECT_EQ(ask({})->tool, "ours");
}

TEST_P(routing, what_is_not_known_is_not_a_number) {
  auto got = ask({"first"});
  EXPECT_EQ(got->samples, 0u);
  EXPECT_TRUE(std::isnan(got->success_rate));
  EXPECT_TRUE(std::isnan(got->avg_time_s));
  EXPECT_EQ(got->claimed, claim::none);
}

TEST_P(routing, a_name_given_twice_is_no_rival_of_itself) {
  add(local_, "ours", 50, 50);
  EXPECT_EQ(ask({"ours", "ours"})->claimed, claim::best);
}

TEST(route_threshold, needs_five_records_of_its_own) {
  tally local;
  add(local, "ours", 4, 4);
  names available{"first", "ours"};
  auto got = route({task, available, {}, routing_policy::threshold}, knowledge(local), {});
  EXPECT_EQ(got->tool, "first");
  add(local, "ours", 1, 0);
  got = route({task, available, {}, routing_policy::threshold}, knowledge(local), {});
  EXPECT_EQ(got->tool, "ours");
  EXPECT_EQ(got->reason, route_reason::local);
}

TEST(route_explore, tries_what_was_never_tried) {
  tally local;
  add(local, "ours", 50, 49);
  names available{"ours", "new"};
  auto got = route({task, available}, knowledge(local), {});
  EXPECT_EQ(got->tool, "new");
  EXPECT_EQ(got->reason, route_reason::local);
  EXPECT_TRUE(got->exploring);
  EXPECT_EQ(got->claimed, claim::tied);
}

TEST(route_explore, does_not_explore_before_there_are_five_records) {
  names available{"first", "second", "third"};
  for (int failures : {0, 1}) {
    tally local;
    for (int records = 0; records < 5; ++records) {
      auto got = route({task, available}, knowledge(local), {});
      EXPECT_EQ(got->tool, "first") << records << " records";
      EXPECT_EQ(got->reason, route_reason::available);
      EXPECT_FALSE(got->exploring);
      local.add({task, "first", "", 1, records >= failures});
    }
    EXPECT_TRUE(route({task, available}, knowledge(local), {})->exploring);
  }
}

TEST(route_explore, two_failures_are_evidence_enough) {
  names available{"first", "second"};
  tally local;
  add(local, "first", 1, 0);
  EXPECT_EQ(route({task, available}, knowledge(local), {})->tool, "first");
  add(local, "first", 1, 0);
  EXPECT_EQ(route({task, available}, knowledge(local), {})->tool, "second");
}

TEST(route_explore, counts_its_first_records_over_all_tools_that_are_available) {
  tally local;
  add(local, "first", 2, 2);
  add(local, "second", 2, 2);
  add(local, "elsewhere", 50, 50);
  names available{"first", "second", "third"};
  EXPECT_EQ(route({task, available}, knowledge(local), {})->reason, route_reason::available);
  add(local, "second", 1, 1);
  auto got = route({task, available}, knowledge(local), {});
  EXPECT_EQ(got->tool, "third");
  EXPECT_TRUE(got->exploring);
}

TEST(route_explore, the_hives_records_stand_in_for_missing_ones) {
  tally local;
  add(local, "ours", 50, 40);
  names available{"ours", "bad", "good"};
  std::vector<tool_totals> hive{measured("bad", 1000, 100), measured("good", 1000, 980)};
  auto got = route({task, available}, knowledge(local, hive), {});
  EXPECT_EQ(got->tool, "good");
  EXPECT_EQ(got->reason, route_reason::hive);
  EXPECT_EQ(got->samples, 1000u);
  EXPECT_FALSE(got->exploring);
  hive.erase(hive.begin() + 1);
  names known{"ours", "bad"};
  EXPECT_EQ(route({task, known}, knowledge(local, hive), {})->tool, "ours") << "it fails everywhere else";
}

TEST(route_explore, own_records_outweigh_the_hives) {
  tally local;
  add(local, "praised", 10, 1);
  add(local, "ours", 20, 14);
  std::vector<tool_totals> hive{measured("praised", 100'000, 99'000)};
  names available{"praised", "ours"};
  EXPECT_EQ(route({task, available}, knowledge(local, hive), {})->tool, "ours");
}

TEST(route_explore, local_and_hive_weigh_by_their_records) {
  std::vector<tool_totals> hive{measured("ours", 100'000, 90'000)};
  names available{"ours"};
  for (int own : {1, 9, 10, 40}) {
    SCOPED_TRACE(own);
    tally local;
    add(local, "ours", own, own);
    auto got = route({task, available}, knowledge(local, hive), {});
    EXPECT_EQ(got->reason, own < 10 ? route_reason::hive : route_reason::local);
    EXPECT_EQ(got->samples, own < 10 ? 100'000u : static_cast<uint64_t>(own));
  }
}

TEST(route_explore, few_own_records_give_way_to_many_of_the_hive) {
  tally local;
  add(local, "lucky", 2, 2);
  add(local, "unlucky", 2, 1);
  std::vector<tool_totals> hive{measured("lucky", 1000, 300), measured("unlucky", 1000, 950)};
  names available{"lucky", "unlucky"};
  auto got = route({task, available}, knowledge(local, hive), {});
  EXPECT_EQ(got->tool, "unlucky");
  EXPECT_EQ(got->reason, route_reason::hive);
  add(local, "lucky", 60, 58);
  add(local, "unlucky", 60, 20);
  got = route({task, available}, knowledge(local, hive), {});
  EXPECT_EQ(got->tool, "lucky");
  EXPECT_EQ(got->reason, route_reason::local);
}

TEST(heuristics, name_the_source_systems_tools) {
  const auto& table = default_heuristics();
  EXPECT_EQ(table.size(), 14u);
  EXPECT_EQ(table.at("code_review"), "claude_code");
  EXPECT_EQ(table.at("app_build"), "kilocode");
  EXPECT_EQ(table.at("multi_file_edit"), "aider_native");
  EXPECT_EQ(table.at("multi_session"), "opencode");
  EXPECT_EQ(table.at("repo_exploration"), "claw_native");
}

} // namespace
} // namespace hive::analysis
