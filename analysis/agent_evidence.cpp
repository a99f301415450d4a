#include "analysis/agent_evidence.hpp"

#include "analysis/false_alarms.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace hive::analysis {
namespace {

size_t slices_of(const agent_evidence& agent) {
  return static_cast<size_t>(
    std::ranges::count_if(agent.successes, [](const auto& each) { return !each.first.slice.empty(); }));
}

/// The threshold of a stream of successes: slices share theirs.
double threshold_of(const agent_evidence& agent, const stream_key& key, double threshold) {
  return key.slice.empty() ? threshold : slice_threshold(threshold, slices_of(agent));
}

success_stream* success_stream_of(agent_evidence& agent, const stream_key& key, const evidence_limits& limits) {
  auto known = agent.successes.find(key);
  if (known != agent.successes.end())
    return &known->second;
  auto slices = slices_of(agent);
  if (key.slice.empty() ? agent.successes.size() - slices >= limits.actions : slices >= limits.slices)
    return nullptr;
  return &agent.successes[key];
}

number_stream* number_stream_of(agent_evidence& agent, const stream_key& key, const evidence_limits& limits) {
  auto known = agent.numbers.find(key);
  if (known != agent.numbers.end())
    return &known->second;
  if (agent.numbers.size() >= limits.number_streams)
    return nullptr;
  auto& stream = agent.numbers[key];
  stream.better = better_of(key.measured);
  return &stream;
}

/// One call of `observe`.
class observation {
public:
  observation(agent_evidence& agent, double threshold, const evidence_limits& limits)
      : agent_{agent}, threshold_{threshold}, limits_{limits} {
  }

  void add(stream_key key, bool success) {
    if (auto* stream = success_stream_of(agent_, key, limits_)) {
      auto change = add_run(*stream, success, threshold_of(agent_, key, threshold_));
      updates_.push_back({std::move(key), change});
    } else {
      ++agent_.left_out;
    }
  }

  void add(stream_key key, double value) {
    if (auto* stream = number_stream_of(agent_, key, limits_))
      updates_.push_back({std::move(key), add_run(*stream, value, threshold_)});
    else
      ++agent_.left_out;
  }

  std::vector<stream_update> take() {
    return std::move(updates_);
  }

private:
  agent_evidence& agent_;
  double threshold_;
  const evidence_limits& limits_;
  std::vector<stream_update> updates_;
};

} // namespace

direction better_of(measure measured) {
  return measured == measure::success || measured == measure::reward ? direction::higher : direction::lower;
}

std::vector<stream_update> observe(agent_evidence& agent, const measured_run& run, double threshold,
                                   const evidence_limits& limits) {
  observation observed{agent, threshold, limits};
  std::string action{run.action};
  observed.add({measure::success, action, {}}, run.success);
  const std::array numbers{std::pair{measure::duration, run.duration_s}, std::pair{measure::reward, run.reward},
                           std::pair{measure::tokens, run.tokens}, std::pair{measure::cost, run.cost}};
  for (const auto& [measured, value] : numbers)
    if (value)
      observed.add({measured, action, {}}, *value);
  for (auto slice = run.slices.begin(); slice != run.slices.end(); ++slice)
    if (std::find(run.slices.begin(), slice, *slice) == slice)
      observed.add({measure::success, {}, std::string{*slice}}, run.success);
  return observed.take();
}

bool accept(agent_evidence& agent, const stream_key& key, double threshold) {
  if (auto found = agent.successes.find(key); found != agent.successes.end())
    return accept(found->second, threshold_of(agent, key, threshold));
  auto found = agent.numbers.find(key);
  return found != agent.numbers.end() && accept(found->second, threshold);
}

std::vector<stream_key> accept_all(agent_evidence& agent, double threshold) {
  std::vector<stream_key> out;
  for (auto& [key, stream] : agent.successes)
    if (accept(stream, threshold_of(agent, key, threshold)))
      out.push_back(key);
  for (auto& [key, stream] : agent.numbers)
    if (accept(stream, threshold))
      out.push_back(key);
  return out;
}

std::optional<stream_report> explain(const agent_evidence& agent, const stream_key& key, double threshold) {
  if (auto found = agent.successes.find(key); found != agent.successes.end())
    return explain(found->second, threshold_of(agent, key, threshold));
  if (auto found = agent.numbers.find(key); found != agent.numbers.end())
    return explain(found->second, threshold);
  return std::nullopt;
}

std::vector<keyed_report> explain_all(const agent_evidence& agent, double threshold) {
  std::vector<keyed_report> out;
  for (const auto& [key, stream] : agent.successes)
    out.push_back({key, explain(stream, threshold_of(agent, key, threshold))});
  for (const auto& [key, stream] : agent.numbers)
    out.push_back({key, explain(stream, threshold)});
  std::ranges::sort(out, {}, &keyed_report::key);
  return out;
}

drift_evidence evidence_of_regression(drift_evidence of_stream) {
  return of_stream == drift_evidence::learning ? drift_evidence::suspected : of_stream;
}

} // namespace hive::analysis
