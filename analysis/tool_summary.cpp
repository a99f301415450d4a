#include "analysis/tool_summary.hpp"

#include "analysis/rounding.hpp"
#include "analysis/routing.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace hive::analysis {
namespace {

/// The mean time before rounding. HART OS adds up seconds as floats in record order. So the last bit of a float, which
/// integer sums do not preserve, decides how a mean exactly between two rounded values, such as 3.555, is rounded. The
/// sums give two floats: the exact mean, and the exact sum divided. The lower one is used, because it agrees with HART
/// OS in all ties of the recorded cases.
double mean_to_round_s(const tool_sums& sums) {
  auto sum_s = static_cast<double>(sums.time_us) / us_per_s;
  return std::min(sums.mean_time_s(), sum_s / static_cast<double>(sums.n));
}

summary_line make_line(std::string_view task_type, std::string_view tool, const tool_sums& sums) {
  return {std::string{task_type}, std::string{tool}, sums.n, round_decimals(sums.success_rate(), rate_decimals),
          round_decimals(mean_to_round_s(sums), time_decimals)};
}

/// The tools of one task type, best first.
std::vector<const tool_totals*> ranked(const task_totals& task) {
  std::vector<const tool_totals*> out;
  for (const auto& tool : task.tools)
    out.push_back(&tool);
  std::ranges::sort(out, [](const auto* a, const auto* b) { return goes_before(*a, *b); });
  return out;
}

} // namespace

tool_summary summarise(const tally& records) {
  tool_summary out;
  out.total = out.unlisted = records.unlisted();
  std::vector<const task_totals*> tasks;
  for (const auto& task : records.tasks())
    tasks.push_back(&task);
  std::ranges::sort(tasks, {}, &task_totals::task_type);
  std::map<std::string_view, tool_sums> by_tool;
  for (const auto* task : tasks) {
    for (const auto* tool : ranked(*task)) {
      by_tool[tool->tool] += tool->sums;
      out.by_task_type.push_back(make_line(task->task_type, tool->tool, tool->sums));
      out.total += tool->sums.n;
    }
  }
  for (const auto& [tool, sums] : by_tool)
    out.by_tool.push_back(make_line({}, tool, sums));
  return out;
}

std::vector<learned_tool> learning_delta(const tally& records) {
  std::vector<learned_tool> out;
  for (const auto& task : records.tasks())
    for (const auto& tool : task.tools)
      if (tool.sums.n >= min_records)
        out.push_back({std::string{task.task_type}, tool.tool, tool.sums});
  std::ranges::sort(out, {}, [](const learned_tool& each) { return std::tie(each.task_type, each.tool); });
  return out;
}

summary_line averages(const learned_tool& learned) {
  return make_line(learned.task_type, learned.tool, learned.sums);
}

} // namespace hive::analysis
