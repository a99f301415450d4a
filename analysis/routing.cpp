#include "analysis/routing.hpp"

#include "analysis/wilson.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace hive::analysis {
namespace {

constexpr double window = recent_outcomes::capacity;

/// A tool that may be chosen. Each pointer is null when that side has no records.
struct candidate {
  std::string_view tool;
  const tool_totals* local = nullptr;
  const tool_totals* hive = nullptr;
};

using candidates = std::vector<candidate>;
/// The side of a candidate (local or hive) that a choice uses.
using side = const tool_totals* candidate::*;

candidates as_candidates(std::span<const tool_totals> tools) {
  candidates all;
  all.reserve(tools.size());
  for (const auto& tool : tools)
    all.push_back({tool.tool, &tool, nullptr});
  return all;
}

bool is_measured(const tool_totals* tool) {
  return tool && (tool->sums.n >= min_records || tool->told_as_measured);
}

// -- policy threshold -------------------------------------------------------------

/// Compares a/n with b/m without division: both products stay below 2^115.
std::strong_ordering compare_means(wide_uint a, uint64_t n, wide_uint b, uint64_t m) {
  return a * m <=> b * n;
}

const tool_totals* pick_best(const candidates& all, side where) {
  const tool_totals* best = nullptr;
  for (const auto& each : all)
    if (is_measured(each.*where) && (!best || goes_before(*(each.*where), *best)))
      best = each.*where;
  return best;
}

evidence all_evidence(const tool_totals& tool) {
  return {static_cast<double>(tool.sums.n), static_cast<double>(tool.sums.success_ppm) / ppm};
}

claim claim_for(const evidence& chosen, double runner_up) {
  if (chosen.n < min_records)
    return claim::tied;
  return wilson_interval(chosen.successes, chosen.n, z_95).lower > runner_up ? claim::best : claim::tied;
}

/// Below every rate; used when a tool has no rival.
constexpr double no_rival = -1;

claim threshold_claim(const candidates& all, side where, const tool_totals& chosen) {
  double runner_up = no_rival;
  for (const auto& each : all)
    if (is_measured(each.*where) && each.*where != &chosen)
      runner_up = std::max(runner_up, (each.*where)->sums.success_rate());
  return claim_for(all_evidence(chosen), runner_up);
}

tool_choice describe(const tool_totals& tool, claim claimed) {
  return {tool.tool, tool.sums.n, tool.sums.success_rate(), tool.sums.mean_time_s(), claimed};
}

// -- policy explore ---------------------------------------------------------------

/// A candidate's evidence and the upper bound by which it competes.
struct prospect {
  evidence known;
  double bound = 1;
};

/// Number of the hive's records that count in the estimate.
double prior_records(const tool_totals* hive) {
  return hive ? std::min(hive_prior_records, static_cast<double>(hive->sums.n)) : 0;
}

evidence shrink(evidence local, const tool_totals* hive) {
  auto prior = prior_records(hive);
  return prior > 0 ? evidence{local.n + prior, local.successes + prior * hive->sums.success_rate()} : local;
}

prospect judge(const candidate& tool, uint64_t task_records) {
  auto known = shrink(tool.local ? current_evidence(*tool.local) : evidence{}, tool.hive);
  auto last_use = tool.local ? tool.local->recent.newest() : 0;
  auto unused = static_cast<double>(task_records - std::min(task_records, last_use));
  auto weight = std::exp2(-unused / evidence_half_life);
  return {known, wilson_interval(known.successes * weight, known.n * weight, z_95).upper};
}

struct exploration {
  const candidate* chosen = nullptr;
  bool exploring = false;
  claim claimed = claim::none;
};

exploration pick_to_explore(const candidates& all, uint64_t task_records) {
  std::vector<prospect> prospects;
  prospects.reserve(all.size());
  for (const auto& each : all)
    prospects.push_back(judge(each, task_records));
  size_t chosen = 0;
  auto is_preferred = [&](size_t a, size_t b) {
    const auto &x = prospects[a], &y = prospects[b];
    if (x.bound != y.bound)
      return x.bound > y.bound;
    return x.known.n != y.known.n ? x.known.n < y.known.n : all[a].tool < all[b].tool;
  };
  for (size_t i = 1; i < all.size(); ++i)
    if (is_preferred(i, chosen))
      chosen = i;
  double leader = no_rival, runner_up = no_rival;
  for (size_t i = 0; i < all.size(); ++i) {
    if (i == chosen)
      continue;
    if (prospects[i].known.n > 0)
      leader = std::max(leader, prospects[i].known.rate());
    if (prospects[i].known.n >= min_records)
      runner_up = std::max(runner_up, prospects[i].known.rate());
  }
  const auto& known = prospects[chosen].known;
  return {&all[chosen], known.n == 0 || known.rate() < leader, claim_for(known, runner_up)};
}

// -- route ------------------------------------------------------------------------

const tool_totals* find_tool(std::span<const tool_totals> tools, std::string_view name) {
  auto found = std::ranges::find(tools, name, &tool_totals::tool);
  return found == tools.end() ? nullptr : &*found;
}

/// All tools that may be chosen: the available ones, or else all known ones.
candidates find_candidates(const route_question& question, const route_knowledge& known) {
  candidates all;
  auto add = [&](std::string_view name) {
    // A duplicate name must not become its own rival.
    if (std::ranges::find(all, name, &candidate::tool) == all.end())
      all.push_back({name, find_tool(known.local, name), find_tool(known.hive, name)});
  };
  for (auto name : question.available)
    add(name);
  if (!question.available.empty())
    return all;
  for (const auto& tool : known.local)
    add(tool.tool);
  for (const auto& tool : known.hive)
    add(tool.tool);
  return all;
}

bool is_available(const route_question& question, std::string_view tool) {
  return question.available.empty() || std::ranges::find(question.available, tool) != question.available.end();
}

route_answer answer(std::string_view tool, route_reason reason, const tool_totals* measured) {
  route_answer out;
  out.tool = tool;
  out.reason = reason;
  if (measured && measured->sums.n > 0) {
    out.samples = measured->sums.n;
    out.success_rate = measured->sums.success_rate();
    out.avg_time_s = measured->sums.mean_time_s();
  }
  return out;
}

std::optional<route_answer> route_by_threshold(const candidates& all, side where, route_reason reason) {
  auto* best = pick_best(all, where);
  if (!best)
    return std::nullopt;
  auto out = answer(best->tool, reason, best);
  out.claimed = threshold_claim(all, where, *best);
  return out;
}

/// Whether this node has enough records to explore beyond `best_tool`.
bool may_explore(const candidates& all) {
  uint64_t records = 0, successes = 0;
  for (const auto& each : all) {
    records += each.local ? each.local->sums.n : 0;
    successes += each.local ? each.local->sums.successes() : 0;
  }
  return records >= min_records_to_explore || records - successes >= min_failures_to_explore;
}

route_answer route_by_exploring(const candidates& all, uint64_t task_records) {
  auto picked = pick_to_explore(all, task_records);
  const auto& tool = *picked.chosen;
  bool by_hive = prior_records(tool.hive) > (tool.local ? current_evidence(*tool.local).n : 0);
  auto out = answer(tool.tool, by_hive ? route_reason::hive : route_reason::local, by_hive ? tool.hive : tool.local);
  out.exploring = picked.exploring;
  out.claimed = picked.claimed;
  return out;
}

} // namespace

bool goes_before(const tool_totals& a, const tool_totals& b) {
  auto rate = compare_means(a.sums.success_ppm, a.sums.n, b.sums.success_ppm, b.sums.n);
  if (rate != 0)
    return rate > 0;
  auto time = compare_means(a.sums.time_us, a.sums.n, b.sums.time_us, b.sums.n);
  return time != 0 ? time < 0 : a.tool < b.tool;
}

std::optional<tool_choice> best_tool(std::span<const tool_totals> tools) {
  auto all = as_candidates(tools);
  auto* best = pick_best(all, &candidate::local);
  if (!best)
    return std::nullopt;
  return describe(*best, threshold_claim(all, &candidate::local, *best));
}

evidence current_evidence(const tool_totals& tool) {
  auto all = all_evidence(tool);
  evidence recent{static_cast<double>(tool.recent.size()), static_cast<double>(tool.recent.successes())};
  evidence older{all.n - recent.n, all.successes - recent.successes};
  if (recent.n < window || older.n <= 0)
    return all;
  bool drifted =
    are_disjoint(wilson_interval(recent.successes, recent.n, z_99), wilson_interval(older.successes, older.n, z_99));
  return drifted ? recent : all;
}

std::optional<tool_choice> explore(std::span<const tool_totals> tools, uint64_t task_records) {
  if (tools.empty())
    return std::nullopt;
  auto all = as_candidates(tools);
  auto picked = pick_to_explore(all, task_records);
  return describe(*picked.chosen->local, picked.claimed);
}

const heuristic_table& default_heuristics() {
  static const heuristic_table table{
    {"code_review", "claude_code"},
    {"debugging", "claude_code"},
    {"complex_reasoning", "claude_code"},
    {"architecture", "claude_code"},
    {"feature", "kilocode"},
    {"app_build", "kilocode"},
    {"bug_fix", "aider_native"},
    {"refactor", "aider_native"},
    {"multi_file_edit", "aider_native"},
    {"multi_session", "opencode"},
    {"terminal_workflows", "claw_native"},
    {"terminal_coding", "claw_native"},
    {"bash_execution", "claw_native"},
    {"repo_exploration", "claw_native"},
  };
  return table;
}

std::optional<route_answer> route(const route_question& question, const route_knowledge& known,
                                  const heuristic_table& heuristics) {
  if (!question.override_tool.empty() && is_available(question, question.override_tool))
    return answer(question.override_tool, route_reason::override_, find_tool(known.local, question.override_tool));
  auto all = find_candidates(question, known);
  if (question.policy == routing_policy::explore && may_explore(all))
    return route_by_exploring(all, known.task_records);
  if (auto local = route_by_threshold(all, &candidate::local, route_reason::local))
    return local;
  if (auto hive = route_by_threshold(all, &candidate::hive, route_reason::hive))
    return hive;
  auto row = heuristics.find(question.task_type);
  if (row != heuristics.end() && is_available(question, row->second))
    return answer(row->second, route_reason::heuristic, find_tool(known.local, row->second));
  if (question.available.empty())
    return std::nullopt;
  return answer(question.available.front(), route_reason::available,
                find_tool(known.local, question.available.front()));
}

} // namespace hive::analysis
