#include "actors/history/version_runs.hpp"

#include "actors/history/history_page.hpp"
#include "analysis/history_culprits.hpp"
#include "messages/text.hpp"

#include <algorithm>

namespace hive {

std::vector<version_run> find_version_runs(const analysed_history& history) {
  std::vector<version_run> out;
  size_t value = 0;
  for (size_t i = history.counted.empty() ? history.points.size() : history.counted.front(); i < history.points.size();
       ++i) {
    auto version = as_view(history.points[i].point->getVersion());
    if (out.empty() || out.back().version != version)
      out.push_back({std::string{version}, value, value});
    if (value < history.counted.size() && history.counted[value] == i)
      out.back().end = ++value;
  }
  return out;
}

std::vector<std::string> find_suspects(std::span<const version_run> runs, size_t change, size_t most) {
  std::vector<analysis::version_values> values;
  values.reserve(runs.size());
  for (const auto& each : runs)
    values.push_back({each.begin, each.end});
  auto culprits = analysis::history_culprits(values, change);
  std::vector<std::string> out;
  if (const auto* found = std::get_if<analysis::culprits>(&culprits))
    for (auto run : found->suspects)
      if (out.size() < most && std::ranges::find(out, runs[run].version) == out.end())
        out.push_back(runs[run].version);
  return out;
}

} // namespace hive
