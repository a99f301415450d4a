#include "analysis/canary_stage.hpp"

#include <algorithm>
#include <set>

namespace hive::analysis {
namespace {

std::optional<std::string> problem_of(canary_criterion criterion, const rate_rule& rule) {
  if (!rule.is_on)
    return std::nullopt;
  std::string name{name_of(criterion)};
  if (!(rule.margin > 0 && rule.margin < 1))
    return "the margin of " + name + " is not in (0, 1)";
  if (rule.least_traffic == 0)
    return "the least traffic of " + name + " is 0";
  return std::nullopt;
}

bool is_share(double value) {
  return value > 0 && value <= 1;
}

std::optional<std::string> problem_of_times(const canary_options& options) {
  if (options.duration_s == 0)
    return "the duration of the stage is 0";
  if (options.block_s == 0)
    return "the length of a block is 0";
  if (options.responding_grace_s == 0)
    return "responding_grace is 0";
  if (duration_blocks(options) > most_blocks / 2)
    return "the stage of " + std::to_string(options.duration_s) + " s has more than " +
           std::to_string(most_blocks / 2) + " blocks of " + std::to_string(options.block_s) + " s";
  return std::nullopt;
}

std::optional<std::string> problem_of(const canary_options& options) {
  if (auto problem = problem_of_times(options))
    return problem;
  for (auto [criterion, rule] : {std::pair{canary_criterion::success_rate, options.success_rate},
                                 std::pair{canary_criterion::error_rate, options.error_rate},
                                 std::pair{canary_criterion::world_model, options.world_model}})
    if (auto problem = problem_of(criterion, rule))
      return problem;
  if (!is_share(options.least_coverage))
    return "the least coverage is not in (0, 1]";
  if (!is_share(options.most_control_failures))
    return "the most failures of controls are not in (0, 1]";
  bool is_any = options.success_rate.is_on || options.error_rate.is_on || options.world_model.is_on ||
                options.guardrail || options.responding || options.benchmarks;
  return is_any ? std::nullopt : std::optional<std::string>{"no criterion is on"};
}

std::optional<std::string> problem_of(const std::vector<watched_node>& nodes) {
  if (nodes.size() > most_watched_nodes)
    return "more than " + std::to_string(most_watched_nodes) + " nodes";
  std::set<std::string_view> canaries, controls;
  for (const auto& each : nodes) {
    if (each.node.empty())
      return "a node has no id";
    if (canaries.contains(each.node) || controls.contains(each.node))
      return canaries.contains(each.node) == each.is_canary ? each.node + " is listed twice"
                                                            : each.node + " is both canary and control";
    (each.is_canary ? canaries : controls).insert(each.node);
  }
  return canaries.empty() ? std::optional<std::string>{"the stage has no canary"} : std::nullopt;
}

bool is_count(const good_bad& counts) {
  auto fits = [](int64_t count) { return count >= 0 && count <= most_in_block; };
  return fits(counts.good) && fits(counts.bad);
}

} // namespace

std::string_view name_of(canary_criterion criterion) {
  switch (criterion) {
  case canary_criterion::success_rate:
    return "success_rate";
  case canary_criterion::error_rate:
    return "error_rate";
  case canary_criterion::world_model:
    return "world_model";
  case canary_criterion::guardrail:
    return "guardrail";
  case canary_criterion::responding:
    return "responding";
  case canary_criterion::benchmarks:
    return "benchmarks";
  }
  return "unknown";
}

std::optional<std::string> problem_of(const stage_view& view) {
  auto problem = problem_of(view.options);
  return problem ? problem : problem_of(view.nodes);
}

std::optional<std::string> problem_of(const watched_node& node) {
  std::optional<uint32_t> last;
  for (const auto& each : node.blocks) {
    auto number = std::to_string(each.number);
    if (last && each.number <= *last)
      return node.node + " tells block " + number + " after block " + std::to_string(*last);
    if (each.number >= most_blocks)
      return node.node + " tells block " + number + ": there are at most " + std::to_string(most_blocks);
    if (!is_count(each.tasks) || !is_count(each.requests) || !is_count(each.world_model) || !is_count(each.guardrail))
      return node.node + " tells a negative or too large count in block " + number;
    last = each.number;
  }
  return std::nullopt;
}

uint32_t duration_blocks(const canary_options& options) {
  return options.duration_s / options.block_s + (options.duration_s % options.block_s ? 1 : 0);
}

uint32_t observed_blocks(const stage_view& view) {
  return std::min(view.observed_s / view.options.block_s, most_blocks);
}

} // namespace hive::analysis
