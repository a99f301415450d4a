#include "analysis/canary_health.hpp"
#include "tests/analysis/canary_noise.hpp"
#include "tests/analysis/simulation_runs.hpp"

#include <cstdio>
#include <gtest/gtest.h>

// How often a stage is right about the share of tasks that fail. The suite canary_simulation takes a few hundred runs
// of some worlds and allows for their chance; canary_table prints all, with HIVE_SOAK=1 from 10,000 runs and held to
// the targets exactly. Each cell has a seed of its own: the figures do not depend on the number of threads.

namespace hive::analysis {
namespace {

/// Largest share of runs that may be wrong.
constexpr double wrong_runs = 0.005;
/// Failures added by a bad version, and by one that is worse by the margin.
constexpr double of_ten_percent = -1; ///< as many as make it 10%
constexpr double by_margin = 0.02;

struct stage_cell {
  canary_world world;
  double most_regressed = wrong_runs; ///< of an unchanged version, within the duration
  double least_found = 0;             ///< of a bad version, within the duration
  double most_safe = wrong_runs;      ///< of a bad version, at any time
  uint64_t seed = 0;
  uint32_t runs = 0;
  uint32_t safe = 0; ///< at the end of the duration
  uint32_t regressed = 0;
  uint32_t late_safe = 0; ///< from then to twice the duration
  uint32_t late_regressed = 0;

  double share(uint32_t count) const {
    return static_cast<double>(count) / runs;
  }

  bool is_bad() const {
    return world.added > by_margin;
  }
};

stage_view tasks_only(const canary_world& world) {
  stage_view out;
  out.options.duration_s = world.minutes * out.options.block_s;
  out.options.error_rate.is_on = out.options.world_model.is_on = false;
  out.options.guardrail = out.options.responding = out.options.benchmarks = false;
  out.observed_s = 2 * out.options.duration_s;
  return out;
}

void run_stage_cell(stage_cell& out, uint32_t runs) {
  noise random{out.seed};
  auto view = tasks_only(out.world);
  for (out.runs = 0; out.runs < runs; ++out.runs) {
    view.nodes = canary_traffic{random, out.world}.watch(2 * out.world.minutes);
    auto judged = judge_stage(view);
    if (judged.decided == verdict::inconclusive)
      continue;
    bool is_late = judged.criteria[0].rates->until_block > out.world.minutes;
    if (judged.decided == verdict::safe)
      ++(is_late ? out.late_safe : out.safe);
    else
      ++(is_late ? out.late_regressed : out.regressed);
  }
}

std::vector<stage_cell> run_stage_cells(const std::vector<stage_cell>& given, uint32_t runs) {
  auto out = given;
  std::vector<std::function<void()>> jobs;
  for (size_t i = 0; i < out.size(); ++i) {
    out[i].seed = 400 + i;
    if (out[i].world.added == of_ten_percent)
      out[i].world.added = 0.1 - out[i].world.base;
    jobs.push_back([&each = out[i], runs] { run_stage_cell(each, runs); });
  }
  run_all(jobs);
  return out;
}

void expect_right(const std::vector<stage_cell>& cells) {
  for (const auto& each : cells) {
    SCOPED_TRACE(std::string{each.world.name} + ", " + std::to_string(each.world.base) + " and " +
                 std::to_string(each.world.added) + " added, seed " + std::to_string(each.seed));
    auto limit = [&](double share) { return share + allowance(share, each.runs); };
    if (each.world.added == 0) {
      EXPECT_LE(each.share(each.regressed), limit(each.most_regressed));
    }
    if (each.world.added == by_margin) {
      EXPECT_LE(each.share(each.safe), limit(canary_looks[3].safe_level));
      EXPECT_LE(each.share(each.safe + each.late_safe), limit(canary_safe_level));
    }
    if (each.is_bad()) {
      EXPECT_LE(each.share(each.safe + each.late_safe), limit(each.most_safe));
      EXPECT_GE(each.share(each.regressed), each.least_found - allowance(each.least_found, each.runs));
    }
    if (each.world.canaries_idle) {
      EXPECT_EQ(each.safe + each.late_safe + each.regressed + each.late_regressed, 0u);
    }
  }
}

void print_stages(const std::vector<stage_cell>& cells) {
  std::printf("%u runs\n%-24s %8s %6s %4s %5s %5s | %6s %9s %12s | %6s %9s\n", cells.front().runs, "tasks", "canaries",
              "per m", "min", "old", "new", "safe", "regressed", "inconclusive", "safe", "regressed");
  for (const auto& each : cells) {
    const auto& world = each.world;
    double safe = each.share(each.safe), regressed = each.share(each.regressed);
    std::printf("%-24s %3u of %2u %6.0f %4u %4.1f%% %4.1f%% | %5.1f%% %8.2f%% %11.1f%% | %5.1f%% %8.2f%%\n", world.name,
                world.canaries, world.canaries + world.controls, world.tasks, world.minutes, 100 * world.base,
                100 * (world.base + world.added), 100 * safe, 100 * regressed, 100 * (1 - safe - regressed),
                100 * each.share(each.safe + each.late_safe), 100 * each.share(each.regressed + each.late_regressed));
  }
}

/// Worlds in which the targets hold.
std::vector<stage_cell> calm_worlds(double added) {
  bool is_bad = added == of_ten_percent;
  double found = is_bad ? 0.95 : 0;
  std::vector<stage_cell> out;
  for (double base : {0.01, 0.015, 0.02})
    out.push_back({{.base = base, .added = added}, wrong_runs, found});
  for (double base : {0.01, 0.02}) {
    out.push_back(
      {{.name = "3 of 12 nodes", .base = base, .added = added, .canaries = 3, .controls = 9}, wrong_runs, found});
    out.push_back({{.name = "much traffic", .base = base, .added = added, .tasks = 100}, wrong_runs, found});
    out.push_back({{.name = "a longer stage", .base = base, .added = added, .minutes = 60}, wrong_runs, found});
  }
  return out;
}

/// Worlds in which less is found, and what is found is right.
std::vector<stage_cell> rough_worlds(double added) {
  std::vector<stage_cell> out;
  for (double base : {0.01, 0.02}) {
    // Above the .5%: the estimate of the overdispersion is itself uncertain after ten minutes.
    out.push_back(
      {{.name = "overdispersed", .base = base, .added = added, .correlation = 0.02, .minute_spread = 0.5}, 0.0075});
    out.push_back({{.name = "bursts on all nodes", .base = base, .added = added, .common_bursts = 0.1}});
    out.push_back({{.name = "outage of all, 2 min", .base = base, .added = added, .outage = 2}});
    out.push_back({{.name = "outage of all, 8 min", .base = base, .added = added, .outage = 8}});
    out.push_back({{.name = "unequal traffic", .base = base, .added = added, .minute_spread = 0.5, .node_traffic = 1}});
    out.push_back({{.name = "little traffic", .base = base, .added = added, .tasks = 5}});
    out.push_back({{.name = "one control", .base = base, .added = added, .controls = 1}});
    out.push_back({{.name = "no tasks on canaries", .base = base, .added = added, .canaries_idle = true}});
  }
  return out;
}

/// Worlds that violate what the comparison rests on: that an unchanged canary is like its controls.
std::vector<stage_cell> unlike_worlds(double added) {
  std::vector<stage_cell> out;
  for (double base : {0.01, 0.02}) {
    out.push_back({{.name = "strongly overdispersed", .base = base, .added = added, .correlation = 0.05}, 0.01});
    out.push_back({{.name = "nodes differ, sigma .25", .base = base, .added = added, .node_spread = 0.25}, 0.0075});
    out.push_back(
      {{.name = "nodes differ, sigma .5", .base = base, .added = added, .node_spread = 0.5}, 0.03, 0, 0.01});
    out.push_back({{.name = "bursts on single nodes", .base = base, .added = added, .own_bursts = 0.03}, 0.03});
  }
  return out;
}

std::vector<stage_cell> alike_worlds(double added) {
  auto out = calm_worlds(added), more = rough_worlds(added);
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

std::vector<stage_cell> all_worlds(double added) {
  auto out = alike_worlds(added), more = unlike_worlds(added);
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

TEST(canary_simulation, unchanged_versions_are_not_rolled_back) {
  expect_right(run_stage_cells(rough_worlds(0), fast_runs));
}

TEST(canary_simulation, bad_versions_are_found_and_never_safe) {
  expect_right(run_stage_cells(calm_worlds(of_ten_percent), fast_runs));
  expect_right(run_stage_cells(rough_worlds(of_ten_percent), fast_runs));
}

TEST(canary_simulation, versions_worse_by_the_margin_are_rarely_safe) {
  expect_right(run_stage_cells(calm_worlds(by_margin), fast_runs));
}

TEST(canary_table, unchanged) {
  auto cells = run_stage_cells(all_worlds(0), runs_of_table());
  print_stages(cells);
  expect_right(cells);
}

TEST(canary_table, ten_percent_fail) {
  auto cells = run_stage_cells(all_worlds(of_ten_percent), runs_of_table());
  print_stages(cells);
  expect_right(cells);
}

TEST(canary_table, worse_by_the_margin) {
  auto cells = run_stage_cells(alike_worlds(by_margin), runs_of_table());
  print_stages(cells);
  expect_right(cells);
}

TEST(canary_table, worse_by_the_margin_on_nodes_that_differ) {
  print_stages(run_stage_cells(unlike_worlds(by_margin), runs_of_table()));
}

// -- all criteria at once ------------------------------------------------------------

struct whole_stage {
  const char* name;
  double added_tasks; ///< failures that the new version adds
  double added_requests;
  uint64_t seed;
  uint32_t safe = 0;
  uint32_t regressed = 0;
};

/// A stage with tasks, requests, one health check of the world model and one of the guardrail per minute, benchmarks.
stage_view watch_all(noise& random, const whole_stage& given) {
  constexpr uint32_t minutes = 30;
  stage_view out;
  out.options.duration_s = minutes * out.options.block_s;
  out.observed_s = out.options.duration_s;
  out.nodes = canary_traffic{random, {.added = given.added_tasks}}.watch(minutes);
  auto requests = canary_traffic{random, {.added = given.added_requests, .tasks = 60}}.watch(minutes);
  for (size_t i = 0; i < out.nodes.size(); ++i) {
    out.nodes[i].has_benchmarks = true;
    for (uint32_t minute = 0; minute < minutes; ++minute) {
      auto& block = out.nodes[i].blocks[minute];
      block.requests = requests[i].blocks[minute].tasks;
      ++(random.succeeds(0.01) ? block.world_model.bad : block.world_model.good);
      block.guardrail = {1, 0};
    }
  }
  return out;
}

std::vector<whole_stage> run_whole_stages(uint32_t runs) {
  std::vector<whole_stage> out{
    {"unchanged", 0, 0, 600}, {"tasks +9 points", 0.09, 0, 601}, {"errors +9 points", 0, 0.09, 602}};
  std::vector<std::function<void()>> jobs;
  for (auto& each : out)
    jobs.push_back([&each, runs] {
      noise random{each.seed};
      for (uint32_t run = 0; run < runs; ++run) {
        auto decided = judge_stage(watch_all(random, each)).decided;
        each.safe += decided == verdict::safe;
        each.regressed += decided == verdict::regressed;
      }
    });
  run_all(jobs);
  EXPECT_LE(static_cast<double>(out[0].regressed) / runs, wrong_runs + allowance(wrong_runs, runs));
  EXPECT_GE(static_cast<double>(out[0].safe) / runs, 0.8);
  for (const auto& bad : {out[1], out[2]}) {
    EXPECT_GE(static_cast<double>(bad.regressed) / runs, 0.95 - allowance(0.95, runs)) << bad.name;
    EXPECT_LE(static_cast<double>(bad.safe) / runs, wrong_runs + allowance(wrong_runs, runs)) << bad.name;
  }
  return out;
}

TEST(canary_simulation, all_criteria_at_once) {
  run_whole_stages(fast_runs);
}

TEST(canary_table, all_criteria_at_once) {
  auto runs = runs_of_table();
  std::printf("%u stages of 30 minutes, 1 canary of 5 nodes\n%-18s | %6s %9s %12s\n", runs, "new version", "safe",
              "regressed", "inconclusive");
  for (const auto& each : run_whole_stages(runs))
    std::printf("%-18s | %5.1f%% %8.2f%% %11.1f%%\n", each.name, 100.0 * each.safe / runs,
                100.0 * each.regressed / runs, 100.0 * (runs - each.safe - each.regressed) / runs);
}

} // namespace
} // namespace hive::analysis
