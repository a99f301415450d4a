#include "analysis/tool_summary.hpp"

#include "analysis/rounding.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace hive::analysis {
namespace {

/// The mean time to be rounded. The source system adds up seconds as floats in the order of the records, so where a
/// mean lies exactly between two digits, such as 3.555, the last bit of that float decides, and sums do not keep it.
/// Of the two floats that the sums do give (the exact mean, and the exact sum divided) the lower one is taken: that
/// agrees with the source system in all the ties of its recorded cases.
double mean_to_round_s(const tool_sums& sums) {
  auto sum_s = static_cast<double>(sums.time_us) / us_per_s;
  return std::min(sums.mean_time_s(), sum_s / static_cast<double>(sums.n));
}

summary_line make_line(std::string_view task_type, std::string_view tool, const tool_sums& sums) {
  return {std::string{task_type}, std::string{tool}, sums.n, round_decimals(sums.success_rate(), rate_decimals),
          round_decimals(mean_to_round_s(sums), time_decimals)};
}

/// By task type, then tool, as bytes.
template <class Line>
void sort_by_name(std::vector<Line>& lines) {
  std::ranges::sort(
    lines, [](const Line& a, const Line& b) { return std::tie(a.task_type, a.tool) < std::tie(b.task_type, b.tool); });
}

} // namespace

tool_summary summarise(const tally& records) {
  tool_summary out;
  std::map<std::string_view, tool_sums> by_tool;
  for (const auto& task : records.tasks()) {
    for (const auto& tool : task.tools) {
      by_tool[tool.tool] += tool.sums;
      out.by_task_type.push_back(make_line(task.task_type, tool.tool, tool.sums));
      out.total += tool.sums.n;
    }
  }
  sort_by_name(out.by_task_type);
  for (const auto& [tool, sums] : by_tool)
    out.by_tool.push_back(make_line({}, tool, sums));
  return out;
}

std::vector<learned_tool> learning_delta(const tally& records, uint64_t least) {
  std::vector<learned_tool> out;
  for (const auto& task : records.tasks())
    for (const auto& tool : task.tools)
      if (tool.sums.n >= least)
        out.push_back({std::string{task.task_type}, tool.tool, tool.sums});
  sort_by_name(out);
  return out;
}

summary_line averages(const learned_tool& learned) {
  return make_line(learned.task_type, learned.tool, learned.sums);
}

} // namespace hive::analysis
