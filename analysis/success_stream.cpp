#include "analysis/success_stream.hpp"

#include "analysis/elementary.hpp"

#include <algorithm>
#include <cmath>

namespace hive::analysis {
namespace {

/// A fall by this much is what the test is made for.
constexpr double tested_drop = 0.10;
/// Bounds of the tested rates: a failure where none is expected must not decide alone, and a success neither.
constexpr double lowest_p_in = 0.05;
constexpr double highest_p_in = 0.995;
constexpr double lowest_p_out = 0.01;

bool has_learned(const success_stream& stream) {
  return stream.reference_runs >= min_reference_runs;
}

double reference_rate(const success_stream& stream) {
  return (stream.reference_successes + 0.5) / (stream.reference_runs + 1.0);
}

void join_reference(success_stream& stream, bool success) {
  ++stream.reference_runs;
  stream.reference_successes += success;
}

/// What a success and a failure add to S.
struct success_steps {
  double on_success = 0;
  double on_failure = 0;

  double mean_at(double rate) const {
    return rate * on_success + (1 - rate) * on_failure;
  }
};

success_steps steps_of(const success_stream& stream) {
  auto rates = rates_of(stream);
  if (!rates)
    return {};
  double phi = overdispersion_of(stream);
  return {natural_log(rates->p_out / rates->p_in) / phi, natural_log((1 - rates->p_out) / (1 - rates->p_in)) / phi};
}

void test_run(success_stream& stream, bool success, double threshold) {
  auto steps = steps_of(stream);
  bool counts = stream.test.runs_up < max_reference_runs;
  advance(stream.test, success ? steps.on_success : steps.on_failure, threshold);
  if (stream.test.runs_up == 0)
    stream.successes_up = 0;
  else if (counts)
    stream.successes_up += success;
}

/// Whether runs may join the reference: nothing is suspected, and the newest runs do not look worse; see
/// `growth_allowance`.
bool may_grow(const success_stream& stream, double threshold) {
  if (stream.reference_runs >= max_reference_runs || judge(stream.test, threshold) != drift_evidence::chance)
    return false;
  double p = reference_rate(stream);
  return successes(stream.newest) >= p * newest_runs - growth_allowance * std::sqrt(p * (1 - p) * newest_runs);
}

} // namespace

std::optional<tested_rates> rates_of(const success_stream& stream) {
  double p = reference_rate(stream);
  auto runs = std::max(stream.reference_runs, 1u);
  double slack = reference_slack(runs) * std::sqrt(p * (1 - p) / runs);
  double p_in = std::min(p - slack, highest_p_in);
  if (p_in < lowest_p_in)
    return std::nullopt;
  return tested_rates{p, p_in, std::max(p_in - tested_drop, lowest_p_out)};
}

double overdispersion_of(const success_stream& stream) {
  double p = mean_of(stream.spread);
  return overdispersion(stream.spread, p * (1 - p));
}

stream_change add_run(success_stream& stream, bool success, double threshold) {
  stream_change out;
  out.before = judge(stream, threshold);
  ++stream.runs;
  add_run(stream.spread, success);
  auto left = add_run(stream.newest, success);
  if (out.before == drift_evidence::learning) {
    join_reference(stream, success);
    out.reference_changed = true;
  } else {
    bool left_waited = stream.waiting == newest_runs;
    stream.waiting = std::min(stream.waiting + 1, newest_runs);
    test_run(stream, success, threshold);
    if (left && left_waited && may_grow(stream, threshold)) {
      join_reference(stream, *left);
      out.reference_changed = true;
    }
  }
  out.after = judge(stream, threshold);
  return out;
}

drift_evidence judge(const success_stream& stream, double threshold) {
  return has_learned(stream) ? judge(stream.test, threshold) : drift_evidence::learning;
}

bool accept(success_stream& stream, double threshold) {
  auto says = judge(stream, threshold);
  if (says != drift_evidence::suspected && says != drift_evidence::confirmed)
    return false;
  stream.reference_runs = stream.test.runs_up;
  stream.reference_successes = stream.successes_up;
  stream.waiting = 0;
  stream.test = {};
  stream.successes_up = 0;
  return true;
}

bool raise_reference(success_stream& stream, uint32_t runs, uint32_t successes) {
  if (runs < min_reference_runs || (has_learned(stream) && (successes + 0.5) / (runs + 1.0) <= reference_rate(stream)))
    return false;
  stream.reference_runs = std::min(runs, max_reference_runs);
  stream.reference_successes = static_cast<uint32_t>(uint64_t{successes} * stream.reference_runs / runs);
  stream.waiting = 0;
  bool held = stream.test.held;
  stream.test = {};
  stream.test.held = held;
  stream.successes_up = 0;
  return true;
}

stream_report explain(const success_stream& stream, double threshold) {
  stream_report out;
  out.says = judge(stream, threshold);
  out.sum = stream.test.sum;
  out.threshold = threshold;
  out.reference_runs = stream.reference_runs;
  auto share = [](uint32_t part, uint32_t all) { return all == 0 ? 0 : static_cast<double>(part) / all; };
  out.reference = share(stream.reference_successes, stream.reference_runs);
  out.recent = share(successes(stream.newest), stream.newest.runs);
  out.recent_runs = stream.newest.runs;
  out.overdispersion = overdispersion_of(stream);
  out.runs_up = stream.test.runs_up;
  out.rate_up = share(stream.successes_up, stream.test.runs_up);
  if (out.says == drift_evidence::learning) {
    out.runs_to_confirm = out.runs_to_clear = min_reference_runs - stream.reference_runs;
    return out;
  }
  auto steps = steps_of(stream);
  double p = reference_rate(stream);
  if (out.says == drift_evidence::suspected)
    out.runs_to_confirm = estimated_runs(threshold - stream.test.sum, stream.test.sum / stream.test.runs_up);
  if (out.says != drift_evidence::chance)
    out.runs_to_clear = estimated_runs(stream.test.sum, -steps.mean_at(p));
  out.runs_to_find = estimated_runs(threshold, steps.mean_at(std::max(p - tested_drop, 0.0)));
  return out;
}

} // namespace hive::analysis
