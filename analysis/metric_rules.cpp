#include "analysis/metric_rules.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace hive::analysis {
namespace {

/// Absolute margin for rates and scores whose old value is zero.
constexpr double rate_margin = .02;

/// A name by which many adapters report the same quantity.
constexpr std::string_view error_rate = "error_rate";

struct named_rules {
  std::string_view adapter;
  std::string_view metric;
  metric_rules rules;
};

constexpr metric_rules share_of_passed{.absolute_margin = rate_margin, .kind = metric_kind::ratio};
constexpr metric_rules count_without_increase{.absolute_margin = 0, .kind = metric_kind::count};
constexpr metric_rules shown_count{.gate = false, .kind = metric_kind::count};

constexpr std::array named{
  named_rules{"regression", "test_pass_rate", share_of_passed},
  named_rules{"regression", "test_fail_count", count_without_increase},
  named_rules{"world_model", "flush_rate", {true, rate_margin}},
  named_rules{"world_model", "correction_density", {true, rate_margin}},
  // A process counter, which reflects how long the process ran.
  named_rules{"world_model", "hivemind_queries", shown_count},
  // How many agents there are says nothing about the software.
  named_rules{"agent_baselines", "agents_total", shown_count},
  named_rules{"agent_baselines", "agents_regressed", count_without_increase},
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

/// Whether a text fits a pattern in which `*` stands for any number of characters.
bool matches(std::string_view pattern, std::string_view text) {
  size_t at = 0, read = 0;
  size_t star = std::string_view::npos, star_read = 0; // the last star, and how much it stands for so far
  while (read < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      star_read = read;
    } else if (at < pattern.size() && pattern[at] == text[read]) {
      ++at;
      ++read;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      read = ++star_read;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

void set_if_open(double& value, double otherwise) {
  if (std::isnan(value))
    value = otherwise;
}

/// Fills what a metric does not state.
void add(metric_rules& out, const metric_rules& builtin, std::string_view unit) {
  out.gate = out.gate && builtin.gate;
  out.advisory = out.advisory || builtin.advisory;
  set_if_open(out.absolute_margin, builtin.absolute_margin);
  set_if_open(out.floor, builtin.floor);
  set_if_open(out.margin, builtin.margin);
  set_if_open(out.margin, default_margin);
  set_if_open(out.resolution, builtin.resolution);
  if (out.kind == metric_kind::continuous)
    out.kind = builtin.kind;
  if (out.same_environment.empty() && depends_on_machine(unit))
    out.same_environment = {environment_field::cpu_model, environment_field::cores};
}

void override_by(const configured_rules& rules, metric_rules& out) {
  out.margin = rules.margin.value_or(out.margin);
  out.absolute_margin = rules.absolute_margin.value_or(out.absolute_margin);
  out.resolution = rules.resolution.value_or(out.resolution);
  out.kind = rules.kind.value_or(out.kind);
  out.advisory = rules.advisory.value_or(out.advisory);
  out.gate = rules.gate.value_or(out.gate);
  out.same_environment = rules.same_environment.value_or(out.same_environment);
}

} // namespace

metric_rules builtin_rules(std::string_view adapter, std::string_view metric, std::string_view unit) {
  for (const auto& known : named)
    if (metric == known.metric && (adapter.empty() || adapter == known.adapter))
      return known.rules;
  for (const auto& known : ended)
    if (adapter == known.adapter && metric.ends_with(known.metric))
      return known.rules;
  if ((unit == "ratio" || unit == "score") && (holds(open_named, adapter) || metric == error_rate))
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

bool fits(std::string_view pattern, std::string_view adapter, std::string_view metric) {
  if (adapter.empty())
    return matches(pattern, metric);
  return matches(pattern, std::string{adapter} + "." + std::string{metric});
}

bool may_fit(std::string_view pattern, std::string_view adapter) {
  auto beginning = std::string{adapter} + ".";
  auto star = pattern.find('*');
  if (star == std::string_view::npos)
    return pattern.starts_with(beginning);
  auto fixed = pattern.substr(0, star);
  return fixed.starts_with(beginning) || std::string_view{beginning}.starts_with(fixed);
}

metric_rules effective_rules(const metric_rules& stated, std::string_view adapter, std::string_view metric,
                             std::string_view unit, std::span<const configured_rules> configured) {
  auto out = stated;
  add(out, builtin_rules(adapter, metric, unit), unit);
  for (const auto& rules : configured)
    if (fits(rules.pattern, adapter, metric)) {
      override_by(rules, out);
      break;
    }
  return out;
}

} // namespace hive::analysis
