#include "actors/tracker/stored_statistics.hpp"

#include "analysis/tool_summary.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace hive {
namespace {

using analysis::learned_tool;
using analysis::tool_sums;
using analysis::wide_uint;

/// Maximum number of tools in a delta: as many as a node keeps for each other node, see analysis::hive_limits.
const size_t max_told_tools = analysis::hive_limits{}.tools_per_origin;

std::optional<analysis::refusal> read_learned(wire::LearnedTool::Reader told, tool_sums& out) {
  if (told.hasSums())
    return read_sums(told.getSampleCount(), told.getSums(), out);
  return analysis::sums_of_averages(told.getSuccessRate(), told.getAvgTimeS(), told.getSampleCount(), out);
}

void write_learned(const learned_tool& learned, wire::LearnedTool::Builder out) {
  auto line = analysis::averages(learned);
  out.setToolName(learned.tool);
  out.setSuccessRate(line.success_rate);
  out.setAvgTimeS(line.avg_time_s);
  out.setSampleCount(learned.sums.n);
  write_sums(learned.sums, out.initSums());
}

/// If there are more tools than a delta may hold, keeps those with the most records.
void keep_best_known(std::vector<learned_tool>& learned) {
  if (learned.size() <= max_told_tools)
    return;
  std::ranges::stable_sort(learned, std::greater{}, [](const learned_tool& tool) { return tool.sums.n; });
  learned.resize(max_told_tools);
  std::ranges::sort(learned, {}, [](const learned_tool& tool) { return std::tie(tool.task_type, tool.tool); });
}

caf::error cannot_restore(const std::string& why) {
  return fail(ec::corrupt, "the stored statistics cannot be read: " + why);
}

} // namespace

void write_sums(const tool_sums& sums, wire::ToolSums::Builder out) {
  out.setSuccesses(sums.successes());
  out.setTimeUs(static_cast<uint64_t>(sums.time_us));
  out.setTimeUs2High(static_cast<uint64_t>(sums.time_us2 >> 64));
  out.setTimeUs2Low(static_cast<uint64_t>(sums.time_us2));
  out.setLogTimePpm(static_cast<int64_t>(sums.log_ppm));
}

std::optional<analysis::refusal> read_sums(uint64_t n, wire::ToolSums::Reader stored, tool_sums& out) {
  // Checked before the multiplication, which would overflow a huge count to a small one.
  if (stored.getSuccesses() > n)
    return analysis::refusal{analysis::refusal::kind::invalid, std::to_string(stored.getSuccesses()) +
                                                                 " successes are more than " + std::to_string(n) +
                                                                 " records"};
  out.n = n;
  out.success_ppm = stored.getSuccesses() * analysis::ppm;
  out.time_us = stored.getTimeUs();
  out.time_us2 = static_cast<wide_uint>(stored.getTimeUs2High()) << 64 | stored.getTimeUs2Low();
  out.log_ppm = stored.getLogTimePpm();
  return analysis::check_sums(out);
}

msg<wire::ToolCell> to_stored(const analysis::tool_cell& cell) {
  return msg<wire::ToolCell>::build([&](wire::ToolCell::Builder out) {
    out.setTaskType(std::string{cell.task_type});
    out.setToolName(std::string{cell.tool});
    if (!cell.model.empty())
      out.setModelName(std::string{cell.model});
    out.setSampleCount(cell.sums.n);
    write_sums(cell.sums, out.initSums());
    auto packed = cell.recent.packed();
    auto recent = out.initRecent(static_cast<uint32_t>(packed.size()));
    for (uint32_t i = 0; i < recent.size(); ++i)
      recent.set(i, packed[i]);
  });
}

caf::error restore(wire::ToolCell::Reader stored, analysis::tally& into) {
  analysis::tool_cell cell{
    as_view(stored.getTaskType()), as_view(stored.getToolName()), as_view(stored.getModelName()), {}, {}};
  if (auto broken = read_sums(stored.getSampleCount(), stored.getSums(), cell.sums))
    return cannot_restore(broken->text);
  std::vector<uint64_t> packed;
  for (auto outcome : stored.getRecent())
    packed.push_back(outcome);
  auto recent = analysis::recent_outcomes::from_packed(packed);
  if (!recent)
    return cannot_restore("the newest outcomes of tool " + std::string{cell.tool} + " are out of order");
  cell.recent = *recent;
  if (auto refused = into.restore(cell))
    return refused->why == analysis::refusal::kind::full ? to_error(*refused) : cannot_restore(refused->text);
  return caf::none;
}

msg<wire::LearningDelta> to_delta(std::vector<learned_tool> learned, std::string_view origin,
                                  int64_t made_at_unix_micros) {
  keep_best_known(learned);
  auto is_new_task = [&](size_t i) { return i == 0 || learned[i].task_type != learned[i - 1].task_type; };
  uint32_t tasks = 0;
  for (size_t i = 0; i < learned.size(); ++i)
    tasks += is_new_task(i);
  return msg<wire::LearningDelta>::build([&](wire::LearningDelta::Builder out) {
    out.setOrigin(std::string{origin});
    out.setTs(static_cast<double>(made_at_unix_micros) / analysis::us_per_s);
    auto list = out.initCodingBenchmarks(tasks);
    uint32_t next_task = 0;
    for (size_t begin = 0, end = 0; begin < learned.size(); begin = end) {
      for (end = begin + 1; end < learned.size() && !is_new_task(end);)
        ++end;
      auto task = list[next_task++];
      task.setTaskType(learned[begin].task_type);
      auto tools = task.initTools(static_cast<uint32_t>(end - begin));
      for (uint32_t i = 0; i < tools.size(); ++i)
        write_learned(learned[begin + i], tools[i]);
    }
  });
}

caf::expected<std::vector<learned_tool>> from_delta(wire::LearningDelta::Reader delta) {
  std::vector<learned_tool> out;
  for (auto task : delta.getCodingBenchmarks()) {
    for (auto tool : task.getTools()) {
      learned_tool learned{task.getTaskType().cStr(), tool.getToolName().cStr(), {}, false};
      if (auto broken = read_learned(tool, learned.sums))
        return fail(ec::invalid, "/coding_benchmarks/" + learned.task_type + "/" + learned.tool + ": " + broken->text);
      out.push_back(std::move(learned));
    }
  }
  return out;
}

caf::expected<std::vector<learned_tool>> from_exported_delta(wire::LearningDelta::Reader delta) {
  auto out = from_delta(delta);
  if (out)
    for (auto& learned : *out)
      learned.told_as_measured = true;
  return out;
}

msg<wire::LearningDelta> merge_by_task_type(wire::LearningDelta::Reader earlier, wire::LearningDelta::Reader later,
                                            size_t max_tools) {
  std::vector<wire::LearnedTask::Reader> newest_first;
  std::set<std::string_view> named;
  size_t tools = 0;
  for (auto task : later.getCodingBenchmarks()) {
    if (task.getTools().size() == 0)
      continue;
    newest_first.push_back(task);
    named.insert(as_view(task.getTaskType()));
    tools += task.getTools().size();
  }
  auto before = earlier.getCodingBenchmarks();
  for (auto i = before.size(); i-- > 0;) {
    if (named.contains(as_view(before[i].getTaskType())))
      continue;
    tools += before[i].getTools().size();
    if (tools > max_tools)
      break;
    newest_first.push_back(before[i]);
  }
  return msg<wire::LearningDelta>::build([&](wire::LearningDelta::Builder out) {
    out.setTs(later.getTs());
    auto list = out.initCodingBenchmarks(static_cast<uint32_t>(newest_first.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      list.setWithCaveats(list.size() - 1 - i, newest_first[i]);
  });
}

caf::error to_error(const analysis::refusal& refused) {
  return fail(refused.why == analysis::refusal::kind::full ? ec::too_large : ec::invalid, refused.text);
}

} // namespace hive
