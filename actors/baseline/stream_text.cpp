#include "actors/baseline/stream_text.hpp"

#include "actors/defaults.hpp"
#include "analysis/flakiness.hpp"

#include <array>
#include <cstdio>

namespace hive {
namespace {

using analysis::drift_evidence;
using analysis::measure;

std::string number(double value) {
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%.3g", value);
  return out.data();
}

const char* unit_of(measure measured) {
  switch (measured) {
  case measure::success:
    return "success rate";
  case measure::duration:
    return "median duration in seconds";
  case measure::reward:
    return "median reward";
  case measure::tokens:
    return "median tokens";
  case measure::cost:
    return "median cost";
  }
  return "value";
}

std::string more_runs(std::optional<uint32_t> runs) {
  return runs ? "about " + std::to_string(*runs) + " more runs" : "more runs than can be expected";
}

std::string fall(const analysis::stream_report& report) {
  return number(report.reference) + " → " + number(report.recent);
}

std::string sentence(const analysis::keyed_report& each) {
  const auto& report = each.report;
  auto what = name_of(each.key) + ": ";
  switch (report.says) {
  case drift_evidence::learning:
    return what + "learning, " + std::to_string(report.reference_runs) + " of " +
           std::to_string(analysis::min_reference_runs) + " runs; nothing can be said yet";
  case drift_evidence::chance:
    return what + "within what chance makes of the reference (" + unit_of(each.key.measured) + " " + fall(report) +
           "); a loss of the size that is looked for takes " + more_runs(report.runs_to_find);
  case drift_evidence::suspected:
    return what + "suspected, " + unit_of(each.key.measured) + " " + fall(report) + " for " +
           std::to_string(report.runs_up) + " runs; needs " + more_runs(report.runs_to_confirm) +
           " to be confirmed, or " + more_runs(report.runs_to_clear) + " like the reference to be cleared";
  case drift_evidence::confirmed:
    return what + "confirmed, " + unit_of(each.key.measured) + " " + fall(report) + "; S " + number(report.sum) +
           " against " + number(report.threshold);
  }
  return what;
}

} // namespace

std::string name_of(const analysis::stream_key& key) {
  if (!key.slice.empty())
    return "slice " + key.slice;
  static constexpr std::array<const char*, 5> measures{"success_rate", "duration", "reward", "tokens", "cost"};
  return "action_" + key.action + "_" + measures.at(static_cast<size_t>(key.measured));
}

void fill_report(wire::StreamReport::Builder out, const analysis::keyed_report& each) {
  const auto& report = each.report;
  out.setMeasured(static_cast<wire::Measure>(each.key.measured));
  out.setAction(each.key.action);
  out.setSlice(each.key.slice);
  out.setSays(static_cast<wire::StreamEvidence>(report.says));
  out.setSum(report.sum);
  out.setThreshold(report.threshold);
  out.setReferenceRuns(report.reference_runs);
  out.setReference(report.reference);
  out.setRecent(report.recent);
  out.setRecentRuns(report.recent_runs);
  out.setOverdispersion(report.overdispersion);
  out.setRunsUp(report.runs_up);
  out.setRateUp(report.rate_up);
  out.setRunsToConfirm(report.runs_to_confirm.value_or(0));
  out.setRunsToClear(report.runs_to_clear.value_or(0));
  out.setRunsToFind(report.runs_to_find.value_or(0));
  out.setText(sentence(each));
}

std::vector<std::string> summary_texts(std::span<const analysis::keyed_report> reports,
                                       const std::optional<analysis::trajectory_change>& change) {
  std::vector<std::string> out;
  for (auto says : {drift_evidence::confirmed, drift_evidence::suspected, drift_evidence::learning})
    for (const auto& each : reports)
      if (each.report.says == says)
        out.push_back(sentence(each));
  if (reports.empty())
    out.emplace_back("no runs were counted; rates of a recipe are HART OS's own and never evidence");
  else if (out.empty())
    out.emplace_back("all streams are within what chance makes of their references");
  if (!change)
    return out;
  for (const auto& tool : change->new_tools)
    out.push_back("new tool " + tool.tool + " in " + std::to_string(tool.runs) + " of the newest runs");
  for (const auto& tool : change->lost_tools)
    out.push_back("lost tool " + tool.tool + ", which " + std::to_string(tool.runs) + " runs of the reference used");
  if (change->steps_per_success.worse)
    out.push_back("steps per success " + number(change->steps_per_success.old_value) + " → " +
                  number(change->steps_per_success.new_value));
  return out;
}

std::vector<std::string> trajectory_metrics(const analysis::trajectory_change& change) {
  std::vector<std::string> out;
  for (const auto& tool : change.new_tools)
    if (tool.chance <= defaults::max_tool_chance)
      out.push_back("new_tool " + tool.tool);
  for (const auto& tool : change.lost_tools)
    if (tool.chance <= defaults::max_tool_chance)
      out.push_back("lost_tool " + tool.tool);
  if (change.steps_per_success.worse)
    out.emplace_back("steps_per_success");
  return out;
}

void fill_flakiness(wire::Flakiness::Builder out, const std::vector<msg<wire::AgentItem>>& items) {
  std::vector<analysis::item_runs> outcomes;
  std::vector<analysis::item_numbers> durations;
  for (const auto& item : items) {
    outcomes.push_back({item->getRuns(), item->getPasses()});
    auto numbers = item->getDuration();
    durations.push_back({numbers.getRuns(), numbers.getMean(), numbers.getSquares()});
  }
  auto found = analysis::measure_flakiness(outcomes);
  out.setItems(found.items);
  out.setRepeated(found.repeated);
  out.setFlaky(found.flaky);
  out.setPassRate(found.pass_rate);
  out.setFlipRate(found.flip_rate);
  out.setNoise(found.noise);
  constexpr uint32_t in_a_row = 3;
  if (auto power = analysis::pass_power(outcomes, in_a_row))
    out.setPassPower3(*power);
  if (auto noise = analysis::number_noise(durations))
    out.setDurationNoiseS(*noise);
}

} // namespace hive
