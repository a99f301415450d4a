#include "analysis/trajectory.hpp"

#include "analysis/upgrade_check.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace hive::analysis {
namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

void count_call(fingerprint& counts, std::string_view tool, bool first_of_run) {
  auto known = counts.tools.find(tool);
  if (known == counts.tools.end()) {
    if (counts.tools.size() >= max_fingerprint_tools) {
      ++counts.other_tools;
      return;
    }
    known = counts.tools.try_emplace(std::string{tool}).first;
  }
  ++known->second.calls;
  known->second.runs += first_of_run;
}

void count_transition(fingerprint& counts, std::string_view from, std::string_view to) {
  std::pair key{std::string{from}, std::string{to}};
  auto known = counts.transitions.find(key);
  if (known != counts.transitions.end())
    ++known->second;
  else if (counts.transitions.size() < max_fingerprint_transitions)
    counts.transitions.emplace(std::move(key), 1);
  else
    ++counts.other_transitions;
}

/// C(side, used) / C(side + other, used)
double chance_of_one_side(uint32_t used, uint32_t side, uint32_t other) {
  double chance = 1;
  for (uint32_t i = 0; i < used && chance > 0; ++i)
    chance *= (static_cast<double>(side) - i) / (static_cast<double>(side) + other - i);
  return chance;
}

/// Tools that `side` used and `other` did not.
void list_missing(const fingerprint& side, const fingerprint& other, std::vector<tool_change>& certain,
                  std::vector<tool_change>& possible) {
  if (other.other_tools > 0)
    return;
  for (const auto& [tool, use] : side.tools) {
    if (other.tools.contains(tool))
      continue;
    tool_change change{tool, use.runs, chance_of_one_side(use.runs, side.runs, other.runs)};
    (change.chance <= tool_change_level ? certain : possible).push_back(std::move(change));
  }
}

double per(uint64_t sum, uint32_t count) {
  return count == 0 ? undefined : static_cast<double>(sum) / count;
}

figure_change compare_figures(double old_value, double new_value) {
  return {old_value, new_value, new_value > (1 + regression_share) * old_value};
}

double distance_of_transitions(const fingerprint& a, const fingerprint& b) {
  auto total = [](const fingerprint& side) {
    auto sum = static_cast<double>(side.other_transitions);
    for (const auto& [pair, count] : side.transitions)
      sum += count;
    return sum;
  };
  double in_a = total(a), in_b = total(b);
  if (in_a == 0 || in_b == 0)
    return undefined;
  double distance =
    std::abs(static_cast<double>(a.other_transitions) / in_a - static_cast<double>(b.other_transitions) / in_b);
  for (const auto& [pair, count] : a.transitions) {
    auto found = b.transitions.find(pair);
    distance += std::abs(count / in_a - (found == b.transitions.end() ? 0 : found->second / in_b));
  }
  for (const auto& [pair, count] : b.transitions)
    if (!a.transitions.contains(pair))
      distance += count / in_b;
  return distance / 2;
}

} // namespace

fingerprint merge(const fingerprint& a, const fingerprint& b) {
  auto out = a;
  out.runs += b.runs;
  out.successes += b.successes;
  out.steps += b.steps;
  out.retries += b.retries;
  out.other_tools += b.other_tools;
  out.other_transitions += b.other_transitions;
  for (const auto& [tool, use] : b.tools) {
    auto known = out.tools.find(tool);
    if (known == out.tools.end() && out.tools.size() >= max_fingerprint_tools) {
      out.other_tools += use.calls;
      continue;
    }
    auto& sum = known == out.tools.end() ? out.tools[tool] : known->second;
    sum.calls += use.calls;
    sum.runs += use.runs;
  }
  for (const auto& [pair, count] : b.transitions) {
    if (out.transitions.contains(pair) || out.transitions.size() < max_fingerprint_transitions)
      out.transitions[pair] += count;
    else
      out.other_transitions += count;
  }
  return out;
}

void add_run(fingerprint& counts, const trajectory& run) {
  ++counts.runs;
  counts.successes += run.success;
  counts.steps += run.steps;
  counts.retries += run.retries;
  auto calls = run.tools.first(std::min(run.tools.size(), max_counted_calls));
  counts.other_tools += run.tools.size() - calls.size();
  std::set<std::string_view> seen;
  for (size_t i = 0; i < calls.size(); ++i) {
    count_call(counts, calls[i], seen.insert(calls[i]).second);
    if (i > 0)
      count_transition(counts, calls[i - 1], calls[i]);
  }
}

trajectory_change compare_trajectories(const fingerprint& old_side, const fingerprint& new_side) {
  trajectory_change out;
  list_missing(new_side, old_side, out.new_tools, out.possible);
  list_missing(old_side, new_side, out.lost_tools, out.possible);
  out.steps_per_success =
    compare_figures(per(old_side.steps, old_side.successes), per(new_side.steps, new_side.successes));
  out.retries_per_run = compare_figures(per(old_side.retries, old_side.runs), per(new_side.retries, new_side.runs));
  out.transition_distance = distance_of_transitions(old_side, new_side);
  return out;
}

} // namespace hive::analysis
