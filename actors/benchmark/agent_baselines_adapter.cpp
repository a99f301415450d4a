#include "actors/benchmark/agent_baselines_adapter.hpp"

#include "actors/benchmark/blocking_adapter.hpp"
#include "actors/benchmark/metric_list.hpp"
#include "analysis/rounding.hpp"
#include "messages/text.hpp"
#include "storage/baseline_store.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <cmath>
#include <fmt/format.h>
#include <vector>

namespace hive {
namespace {

constexpr const char* agent_baselines_name = "agent_baselines";
constexpr const char* no_pairs = "no agent has two baselines";
/// Agents that the note names.
constexpr size_t named_agents = 20;

double value_or(double value, double fallback) {
  return std::isnan(value) ? fallback : value;
}

/// A regressed agent, for the note.
struct regressed_agent {
  std::string text;
  bool is_confirmed = false;
  double lost_share = 0; ///< of its worst figure
};

regressed_agent describe(wire::Agent::Reader agent) {
  regressed_agent out;
  out.is_confirmed = agent.getConfirmed();
  out.text = fmt::format("{}/{}", as_view(agent.getPromptId()), as_view(agent.getFlowId()));
  std::string_view worst;
  for (auto each : agent.getRegressions()) {
    auto lost = each.getOld() == 0 ? 0 : (each.getOld() - each.getNew()) / std::abs(each.getOld());
    if (worst.empty() || lost > out.lost_share) {
      worst = as_view(each.getText());
      out.lost_share = lost;
    }
  }
  out.text += fmt::format(" {}{}", worst, out.is_confirmed ? " (confirmed)" : "");
  return out;
}

class agents_measurement {
public:
  agents_measurement(const database& db, const agent_baselines_options& options, const work_limit& limit)
      : store_{db}, options_{options}, limit_{limit} {
  }

  caf::expected<msg<wire::Measurement>> run() {
    auto known = store_.known();
    if (!known)
      return known.error();
    if (auto error = count_regressed())
      return error;
    add_count("agents_total", *known, wire::Direction::HIGHER);
    add_count("agents_regressed", regressed_, wire::Direction::LOWER);
    if (*known <= options_.max_agents)
      if (auto error = add_agents())
        return error;
    return metrics_.finish(note(*known));
  }

private:
  void add_count(std::string name, uint64_t value, wire::Direction direction) {
    metrics_.add(
      {.name = std::move(name), .unit = "count", .direction = direction, .samples = {static_cast<double>(value)}});
  }

  /// Counts all regressed agents, and reads the records of a bounded number of them to find the worst.
  caf::error count_regressed() {
    caf::error stopped;
    auto failure = store_.visit_regressed({}, [&](const stored_agent& who) {
      if (++regressed_ > defaults::max_counted_regressions)
        return database::scan::next;
      auto agent = store_.agent(who);
      if (!agent)
        stopped = agent.error();
      else if (*agent)
        worst_.push_back(describe(***agent));
      if (!stopped)
        stopped = limit_.check();
      return stopped ? database::scan::stop : database::scan::next;
    });
    return failure ? failure : stopped;
  }

  caf::error add_agents() {
    caf::error stopped;
    auto failure = store_.visit_agents({}, [&](const msg<wire::Agent>& agent) {
      stopped = add_agent(*agent);
      return stopped ? database::scan::stop : database::scan::next;
    });
    return failure ? failure : stopped;
  }

  caf::error add_agent(wire::Agent::Reader agent) {
    stored_agent who{std::string{as_view(agent.getPromptId())}, std::string{as_view(agent.getFlowId())}};
    std::vector<msg<wire::BaselineSummary>> newest;
    auto failure = store_.visit_summaries_back(who, [&](const msg<wire::BaselineSummary>& summary) {
      newest.push_back(summary);
      return newest.size() == 2 ? database::scan::stop : database::scan::next;
    });
    if (failure || newest.size() < 2)
      return failure;
    auto change = change_between(*newest[1], *newest[0]);
    auto name = who.prompt + "_" + who.flow;
    auto add = [&](const char* what, const char* unit, double value, double floor) {
      metrics_.add({.name = name + what, .unit = unit, .samples = {value}, .floor = floor});
    };
    add("_reward_delta", "score", change.reward_delta, options_.reward_delta_floor);
    add("_success_rate_delta", "ratio", change.success_rate_delta, options_.success_rate_delta_floor);
    add("_duration_improvement_pct", "%", change.duration_improvement_pct, options_.duration_improvement_pct_floor);
    return limit_.check();
  }

  std::string note(uint64_t known) {
    auto out = fmt::format("{} of {} agents regressed", regressed_, known);
    if (known > options_.max_agents)
      out += fmt::format("; above {} agents only the totals are measured", options_.max_agents);
    std::ranges::stable_sort(worst_, [](const auto& a, const auto& b) {
      return std::pair{a.is_confirmed, a.lost_share} > std::pair{b.is_confirmed, b.lost_share};
    });
    for (size_t i = 0; i < std::min(worst_.size(), named_agents); ++i)
      out += fmt::format("{} {}", i == 0 ? "; worst first:" : ",", worst_[i].text);
    if (regressed_ > named_agents)
      out += fmt::format(", and {} more", regressed_ - named_agents);
    return out;
  }

  baseline_store store_;
  const agent_baselines_options& options_;
  const work_limit& limit_;
  metric_list metrics_{agent_baselines_name};
  uint64_t regressed_ = 0;
  std::vector<regressed_agent> worst_;
};

} // namespace

agent_change change_between(wire::BaselineSummary::Reader older, wire::BaselineSummary::Reader newer) {
  agent_change out;
  out.reward_delta = analysis::round_decimals(value_or(newer.getAvgReward(), 0) - value_or(older.getAvgReward(), 0), 4);
  out.success_rate_delta =
    analysis::round_decimals(value_or(newer.getSuccessRate(), 1) - value_or(older.getSuccessRate(), 1), 4);
  auto before = value_or(older.getTotalDurationSeconds(), 0);
  auto now = value_or(newer.getTotalDurationSeconds(), 0);
  if (before > 0)
    out.duration_improvement_pct = analysis::round_decimals((before - now) / before * 100, 2);
  return out;
}

std::string agent_baselines_options::unavailable_reason(const database& db) const {
  bool found = false;
  size_t read = 0;
  auto failure = baseline_store{db}.visit_agents({}, [&](const msg<wire::Agent>& agent) {
    // Who has more agents than this has one with two baselines; else there are the totals.
    found = agent->getBaselines() >= 2 || ++read == defaults::agent_scan_budget;
    return found ? database::scan::stop : database::scan::next;
  });
  return failure || found ? "" : no_pairs; // an unreadable store is reported by the measurement itself
}

adapter_actor spawn_agent_baselines_adapter(caf::actor_system& system, std::shared_ptr<const database> db,
                                            agent_baselines_options options) {
  auto timeout = options.timeout;
  auto measure = [db = std::move(db), options](const msg<wire::MeasureRequest>&,
                                               const work_limit& limit) -> caf::expected<msg<wire::Measurement>> {
    if (auto why = options.unavailable_reason(*db); !why.empty())
      return skipped(why);
    return agents_measurement{*db, options, limit}.run();
  };
  return spawn_blocking_adapter(system, {agent_baselines_name, timeout, std::move(measure)});
}

} // namespace hive
