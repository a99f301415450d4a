#include "analysis/metric_rules.hpp"

#include <algorithm>
#include <array>

namespace hive::analysis {
namespace {

/// Absolute margin for rates and scores whose old value is zero.
constexpr double rate_margin = .02;

struct named_rules {
  std::string_view adapter;
  std::string_view metric;
  metric_rules rules;
};

constexpr std::array named{
  named_rules{"regression", "test_pass_rate", {true, rate_margin}},
  named_rules{"regression", "test_fail_count", {true, 0}},
  named_rules{"world_model", "flush_rate", {true, rate_margin}},
  named_rules{"world_model", "correction_density", {true, rate_margin}},
  // A process counter, which reflects how long the process ran.
  named_rules{"world_model", "hivemind_queries", {false, no_margin}},
  // How many agents there are says nothing about the software.
  named_rules{"agent_baselines", "agents_total", {false, no_margin}},
  named_rules{"agent_baselines", "agents_regressed", {true, 0}},
};

/// Metrics of agent_baselines by the end of their names, which begin with the agent's.
constexpr std::array ended{
  named_rules{"agent_baselines", "_success_rate_delta", {true, no_margin, success_rate_delta_floor}},
  named_rules{"agent_baselines", "_reward_delta", {true, no_margin, reward_delta_floor}},
  named_rules{"agent_baselines", "_duration_improvement_pct", {true, no_margin, duration_improvement_pct_floor}},
};

/// Built-in adapters whose metric names depend on what they measure.
constexpr std::array<std::string_view, 4> open_named{"model_registry", "quantiphy", "embodied_validation",
                                                     "qwen_encoder"};

template <class Range, class Value>
bool holds(const Range& range, const Value& value) {
  return std::find(std::begin(range), std::end(range), value) != std::end(range);
}

} // namespace

metric_rules builtin_rules(std::string_view adapter, std::string_view metric, std::string_view unit) {
  for (const auto& known : named)
    if (metric == known.metric && (adapter.empty() || adapter == known.adapter))
      return known.rules;
  for (const auto& known : ended)
    if (adapter == known.adapter && metric.ends_with(known.metric))
      return known.rules;
  if ((unit == "ratio" || unit == "score") && holds(open_named, adapter))
    return {true, rate_margin};
  return {};
}

bool depends_on_machine(std::string_view unit) {
  static constexpr std::array<std::string_view, 21> units{"ns",     "us",      "µs",  "μs",  "ms",  "s",     "sec",
                                                          "second", "seconds", "min", "h",   "B",   "bytes", "kB",
                                                          "KB",     "MB",      "GB",  "KiB", "MiB", "GiB",   "Hz"};
  return holds(units, unit) || unit.ends_with("/s") || unit.ends_with("/sec") || unit.ends_with("/second") ||
         unit.ends_with("per second") || unit.ends_with("per_second");
}

} // namespace hive::analysis
