#include "analysis/canary_health.hpp"

#include "analysis/canary_reason.hpp"

#include <algorithm>
#include <set>

namespace hive::analysis {
namespace {

/// A node, and what of it can be used.
struct told_by {
  const watched_node* node;
  bool is_usable;
  std::vector<bool> blocks; ///< whether it told each of the observed blocks
};

/// The view, and what of it can be used.
struct usable_view {
  const stage_view& view;
  std::vector<told_by> nodes;
  std::vector<std::string> left_out;

  uint32_t observed() const {
    return observed_blocks(view);
  }
};

usable_view usable_part(const stage_view& view) {
  usable_view out{view, {}, {}};
  for (const auto& node : view.nodes) {
    auto problem = problem_of(node);
    out.nodes.push_back({&node, !problem, std::vector<bool>(out.observed())});
    if (problem) {
      out.left_out.push_back(*problem);
      continue;
    }
    for (const auto& each : node.blocks)
      if (each.number < out.observed())
        out.nodes.back().blocks[each.number] = true;
  }
  return out;
}

std::vector<block_series> series_of(const usable_view& from, good_bad health_block::*counts) {
  std::vector<block_series> out;
  for (const auto& each : from.nodes) {
    block_series series{each.node->is_canary, std::vector<good_bad>(from.observed())};
    for (const auto& block : each.node->blocks)
      if (each.is_usable && block.number < from.observed())
        series.blocks[block.number] = block.*counts;
    out.push_back(std::move(series));
  }
  return out;
}

bool has_control(const stage_view& view) {
  return std::ranges::any_of(view.nodes, [](const watched_node& each) { return !each.is_canary; });
}

// -- coverage ----------------------------------------------------------------------

std::string of_blocks(size_t told, uint32_t blocks) {
  return std::to_string(told) + " of " + std::to_string(blocks) + " blocks of time";
}

size_t told_blocks(const std::vector<bool>& blocks, uint32_t first) {
  return static_cast<size_t>(std::count(blocks.begin(), blocks.begin() + first, true));
}

bool is_too_little(const usable_view& from, size_t told, uint32_t blocks) {
  return static_cast<double>(told) < from.view.options.least_coverage * blocks;
}

/// What canaries did not tell of the first blocks, or nothing.
std::string missing_of_canaries(const usable_view& from, uint32_t blocks) {
  for (const auto& each : from.nodes) {
    auto told = told_blocks(each.blocks, blocks);
    if (each.node->is_canary && is_too_little(from, told, blocks))
      return each.node->node + " tells " + of_blocks(told, blocks);
  }
  return {};
}

/// The same of canaries and controls.
std::string missing_of_both(const usable_view& from, uint32_t blocks) {
  std::vector<bool> by_controls(from.observed());
  for (const auto& each : from.nodes)
    for (uint32_t block = 0; block < blocks; ++block)
      if (each.blocks[block] && !each.node->is_canary)
        by_controls[block] = true;
  auto told = told_blocks(by_controls, blocks);
  auto missing = missing_of_canaries(from, blocks);
  return missing.empty() && is_too_little(from, told, blocks) ? "the controls tell " + of_blocks(told, blocks)
                                                              : missing;
}

// -- criteria ----------------------------------------------------------------------

uint32_t shares_of(const canary_options& options) {
  return uint32_t{options.success_rate.is_on} + uint32_t{options.error_rate.is_on} +
         uint32_t{options.world_model.is_on};
}

criterion_judgement judge_share(const usable_view& from, canary_criterion criterion, const rate_rule& rule,
                                good_bad health_block::*counts, std::string_view things) {
  const auto& options = from.view.options;
  if (!has_control(from.view))
    return {criterion, verdict::inconclusive, "no control to compare with"};
  stage_progress progress{duration_blocks(options), from.observed(), shares_of(options), options.most_control_failures};
  auto judged = judge_rate(
    series_of(from, counts), rule, progress, [&](uint32_t blocks) { return missing_of_both(from, blocks); }, things);
  return {criterion, judged.decided, judged.reason, judged.at};
}

criterion_judgement judge_guardrail(const usable_view& from) {
  std::vector<std::string> violated, unchecked;
  for (const auto& each : from.nodes) {
    if (!each.node->is_canary)
      continue;
    good_bad checks;
    for (const auto& block : each.node->blocks)
      if (each.is_usable)
        checks.add(block.guardrail);
    if (checks.bad > 0)
      violated.push_back(each.node->node);
    else if (checks.good == 0)
      unchecked.push_back(each.node->node);
  }
  auto what = canary_criterion::guardrail;
  if (!violated.empty())
    return {what, verdict::regressed, "the guardrail is violated on " + list_nodes(violated)};
  if (!unchecked.empty())
    return {what, verdict::inconclusive, "no check of the guardrail on " + list_nodes(unchecked)};
  if (auto missing = missing_of_canaries(from, std::min(from.observed(), duration_blocks(from.view.options)));
      !missing.empty())
    return {what, verdict::inconclusive, missing};
  return {what, verdict::safe, "the guardrail is intact on every canary"};
}

uint32_t silence_of(const watched_node& node, uint32_t observed_s) {
  return node.silent_s.value_or(observed_s);
}

/// Whether the judge hears more than half of the other controls; it does where there are none.
bool hears_controls(const stage_view& view) {
  size_t controls = 0, silent = 0;
  for (const auto& each : view.nodes) {
    if (each.is_canary || each.node == view.judge)
      continue;
    ++controls;
    silent += silence_of(each, view.observed_s) >= view.options.responding_grace_s;
  }
  return controls == 0 || 2 * silent < controls;
}

criterion_judgement judge_responding(const stage_view& view) {
  auto what = canary_criterion::responding;
  auto grace = view.options.responding_grace_s;
  std::vector<std::string> gone, late;
  for (const auto& each : view.nodes) {
    auto silent = silence_of(each, view.observed_s);
    if (!each.is_canary)
      continue;
    auto text = each.node + " is silent for " + std::to_string(silent) + " s";
    if (silent >= grace)
      gone.push_back(text);
    else if (!each.silent_s || silent >= grace - grace / 2)
      late.push_back(text);
  }
  auto of_grace = " of " + std::to_string(grace) + " s";
  if (!gone.empty() && hears_controls(view))
    return {what, verdict::regressed, list_nodes(gone)};
  if (!gone.empty())
    return {what, verdict::inconclusive, list_nodes(gone) + ", and so is half of the controls or more"};
  if (!late.empty())
    return {what, verdict::inconclusive, list_nodes(late) + of_grace};
  return {what, verdict::safe, "every canary responds"};
}

criterion_judgement judge_benchmarks(const stage_view& view) {
  auto what = canary_criterion::benchmarks;
  std::set<std::string> on_canaries, on_controls;
  std::vector<std::string> unjudged;
  for (const auto& each : view.nodes) {
    (each.is_canary ? on_canaries : on_controls)
      .insert(each.regressed_benchmarks.begin(), each.regressed_benchmarks.end());
    if (each.is_canary && !each.has_benchmarks)
      unjudged.push_back(each.node);
  }
  std::vector<std::string> alone, on_both;
  for (const auto& metric : on_canaries)
    (on_controls.contains(metric) ? on_both : alone).push_back(metric);
  if (!alone.empty())
    return {what, verdict::regressed, list_nodes(alone) + ": worse on canaries alone"};
  if (!on_both.empty())
    return {what, verdict::inconclusive, list_nodes(on_both) + ": worse on canaries and on controls"};
  if (!unjudged.empty())
    return {what, verdict::inconclusive, "no judged benchmarks on " + list_nodes(unjudged)};
  return {what, verdict::safe, "no benchmark is worse on a canary"};
}

std::vector<criterion_judgement> judge_criteria(const usable_view& from) {
  const auto& options = from.view.options;
  std::vector<criterion_judgement> out;
  if (options.success_rate.is_on)
    out.push_back(
      judge_share(from, canary_criterion::success_rate, options.success_rate, &health_block::tasks, "tasks"));
  if (options.error_rate.is_on)
    out.push_back(
      judge_share(from, canary_criterion::error_rate, options.error_rate, &health_block::requests, "requests"));
  if (options.world_model.is_on)
    out.push_back(judge_share(from, canary_criterion::world_model, options.world_model, &health_block::world_model,
                              "health checks of the world model"));
  if (options.guardrail)
    out.push_back(judge_guardrail(from));
  if (options.responding)
    out.push_back(judge_responding(from.view));
  if (options.benchmarks)
    out.push_back(judge_benchmarks(from.view));
  return out;
}

// -- the stage ---------------------------------------------------------------------

std::string reasons_of(const std::vector<criterion_judgement>& criteria, verdict decided) {
  std::string out;
  for (const auto& each : criteria)
    if (each.decided == decided)
      out += (out.empty() ? "" : "; ") + std::string{name_of(each.criterion)} + ": " + each.reason;
  return out;
}

/// Before the duration is observed, nothing is safe.
void wait_for_duration(std::vector<criterion_judgement>& criteria, const stage_view& view) {
  if (view.observed_s >= view.options.duration_s)
    return;
  for (auto& each : criteria)
    if (each.decided == verdict::safe) {
      each.decided = verdict::inconclusive;
      each.reason += " so far: " + std::to_string(view.observed_s) + " of " + std::to_string(view.options.duration_s) +
                     " s are observed";
    }
}

} // namespace

stage_judgement judge_stage(const stage_view& view) {
  stage_judgement out;
  if (auto problem = problem_of(view)) {
    out.reason = *problem;
    return out;
  }
  auto from = usable_part(view);
  out.left_out = from.left_out;
  out.criteria = judge_criteria(from);
  wait_for_duration(out.criteria, view);
  out.reason = reasons_of(out.criteria, verdict::regressed);
  if (!out.reason.empty()) {
    out.decided = verdict::regressed;
    return out;
  }
  out.reason = reasons_of(out.criteria, verdict::inconclusive);
  if (out.reason.empty() && !has_control(view))
    out.reason = "no control to compare with";
  if (!out.reason.empty())
    return out;
  out.decided = verdict::safe;
  out.reason = "every criterion is safe";
  return out;
}

} // namespace hive::analysis
