#include "analysis/number_stream.hpp"

#include "analysis/false_alarms.hpp"
#include "analysis/normal.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace hive::analysis {
namespace {

/// The shift that the test is made for, in standard deviations.
constexpr double tested_shift = 0.5;

float as_float(double value) {
  constexpr double largest = std::numeric_limits<float>::max();
  return static_cast<float>(std::clamp(value, -largest, largest));
}

/// Values of the sorted sample that are equal to `value`.
std::span<const float> equal_values(const std::vector<float>& sorted, float value) {
  auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), value);
  return {first, last};
}

/// The normal score of a rank in a sample of m: Φ⁻¹((rank + ½)/(m + 1)), where the rank counts the smaller values and
/// half of the equal ones.
double score_of_rank(double rank, size_t m) {
  return normal_quantile((rank + 0.5) / (static_cast<double>(m) + 1));
}

double score_of(const std::vector<float>& sorted, float value) {
  auto equal = equal_values(sorted, value);
  auto below = static_cast<double>(equal.data() - sorted.data());
  return score_of_rank(below + static_cast<double>(equal.size()) / 2, sorted.size());
}

/// Standardised; positive where the value is worse.
double badness(const number_stream& stream, float value) {
  double z = (score_of(stream.sample, value) - stream.score_mean) / stream.score_deviation;
  return stream.better == direction::lower ? z : -z;
}

void standardise(number_stream& stream) {
  double sum = 0, squares = 0;
  const auto& sample = stream.sample;
  for (auto group = sample.begin(); group != sample.end();) {
    auto next = std::upper_bound(group, sample.end(), *group);
    auto size = static_cast<double>(next - group);
    double score = score_of_rank(static_cast<double>(group - sample.begin()) + size / 2, sample.size());
    sum += size * score;
    squares += size * score * score;
    group = next;
  }
  auto m = static_cast<double>(sample.size());
  stream.score_mean = sum / m;
  stream.score_deviation = std::sqrt(squares / m - stream.score_mean * stream.score_mean);
}

bool has_too_many_ties(const std::vector<float>& sorted) {
  uint32_t levels = 0;
  for (auto group = sorted.begin(); group != sorted.end(); ++levels) {
    auto next = std::upper_bound(group, sorted.end(), *group);
    if (static_cast<double>(next - group) > max_tied_share * static_cast<double>(sorted.size()))
      return true;
    group = next;
  }
  return levels <= max_levels;
}

bool is_success(const number_stream& stream, float value) {
  auto cut = stream.levels->cut;
  if (value == cut)
    return !stream.levels->cut_is_worse;
  return (value < cut) == (stream.better == direction::lower);
}

level_split split_of(const std::vector<float>& sorted, direction better) {
  level_split out{sorted[sorted.size() / 2], false};
  auto equal = equal_values(sorted, out.cut);
  auto below = equal.data() - sorted.data();
  auto above = static_cast<ptrdiff_t>(sorted.size() - equal.size()) - below;
  // If the cut counts as a failure, only what is better than it succeeds.
  auto worse = better == direction::lower ? above : below, improved = better == direction::lower ? below : above;
  out.cut_is_worse = improved > worse;
  return out;
}

/// Turns the values of the first reference into the sample, or into the beginning of a stream of successes.
void complete_sample(number_stream& stream, double threshold) {
  auto in_order = stream.sample;
  std::ranges::sort(stream.sample);
  stream.learned = true;
  if (has_too_many_ties(stream.sample)) {
    stream.levels = split_of(stream.sample, stream.better);
    stream.successes = {};
    for (auto value : in_order)
      add_run(stream.successes, is_success(stream, value), threshold);
    stream.sample = {};
    return;
  }
  standardise(stream);
  for (auto value : in_order)
    add_run(stream.spread, badness(stream, value));
}

void grow_sample(number_stream& stream, std::span<const float> values) {
  auto middle = static_cast<ptrdiff_t>(stream.sample.size());
  stream.sample.insert(stream.sample.end(), values.begin(), values.end());
  std::sort(stream.sample.begin() + middle, stream.sample.end());
  std::inplace_merge(stream.sample.begin(), stream.sample.begin() + middle, stream.sample.end());
  standardise(stream);
}

/// What a value of this badness adds to S.
double step_of(const number_stream& stream, double z) {
  auto m = stream.sample.size();
  double slack = reference_slack(m) / std::sqrt(static_cast<double>(m));
  return (tested_shift * (z - slack) - tested_shift * tested_shift / 2) / overdispersion(stream.spread, 1);
}

/// Whether values may join the sample: see `may_grow` of a `success_stream`. The newest values do as well as the sample
/// if their mean score is no worse than 0.
bool newest_do_well(const number_stream& stream, std::span<const float> newest) {
  if (stream.sample.size() >= max_reference_runs)
    return false;
  double sum = 0;
  for (auto value : newest)
    sum += badness(stream, value);
  return sum <= 0;
}

/// Keeps a value for the sample or for a new beginning. Returns whether older ones joined the sample.
bool keep(number_stream& stream, float value, bool is_chance) {
  stream.waiting.push_back(value);
  if (stream.waiting.size() < max_waiting_values)
    return false;
  bool grows = is_chance && newest_do_well(stream, std::span{stream.waiting}.last(newest_runs));
  if (grows)
    grow_sample(stream, std::span{stream.waiting}.first(newest_runs));
  stream.waiting.erase(stream.waiting.begin(), stream.waiting.begin() + newest_runs);
  return grows;
}

stream_change learn(number_stream& stream, float value, double threshold) {
  stream.sample.push_back(value);
  if (stream.sample.size() == min_reference_runs)
    complete_sample(stream, threshold);
  return {drift_evidence::learning, judge(stream, threshold), true};
}

double median_of(std::vector<float> values) {
  if (values.empty())
    return 0;
  auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

} // namespace

stream_change add_run(number_stream& stream, double value, double threshold) {
  ++stream.runs;
  auto kept = as_float(value);
  if (!stream.learned)
    return learn(stream, kept, threshold);
  if (stream.levels) {
    auto out = add_run(stream.successes, is_success(stream, kept), threshold);
    keep(stream, kept, false);
    return out;
  }
  double own_threshold = threshold + number_threshold_extra;
  stream_change out;
  out.before = judge(stream.test, own_threshold);
  double z = badness(stream, kept);
  add_run(stream.spread, z);
  advance(stream.test, step_of(stream, z), own_threshold);
  out.after = judge(stream.test, own_threshold);
  out.reference_changed = keep(stream, kept, out.after == drift_evidence::chance);
  return out;
}

drift_evidence judge(const number_stream& stream, double threshold) {
  if (!stream.learned)
    return drift_evidence::learning;
  return stream.levels ? judge(stream.successes, threshold) : judge(stream.test, threshold + number_threshold_extra);
}

bool accept(number_stream& stream, double threshold) {
  auto says = judge(stream, threshold);
  if (says != drift_evidence::suspected && says != drift_evidence::confirmed)
    return false;
  auto runs_up = stream.levels ? stream.successes.test.runs_up : stream.test.runs_up;
  // Less than a whole sample, which is complete with the value that is added last.
  auto kept = std::min<size_t>({runs_up, stream.waiting.size(), min_reference_runs - 1});
  number_stream fresh;
  fresh.better = stream.better;
  fresh.runs = stream.runs;
  fresh.sample.assign(stream.waiting.end() - static_cast<ptrdiff_t>(kept), stream.waiting.end());
  stream = std::move(fresh);
  return true;
}

stream_report explain(const number_stream& stream, double threshold) {
  if (stream.levels) {
    auto out = explain(stream.successes, threshold);
    out.reference = stream.levels->cut;
    out.recent = median_of(stream.waiting);
    out.recent_runs = static_cast<uint32_t>(stream.waiting.size());
    return out;
  }
  double own_threshold = threshold + number_threshold_extra;
  stream_report out;
  out.says = judge(stream, threshold);
  out.sum = stream.test.sum;
  out.threshold = own_threshold;
  out.reference_runs = static_cast<uint32_t>(stream.sample.size());
  out.reference = median_of(stream.sample);
  auto recent = std::span{stream.waiting}.last(std::min<size_t>(stream.waiting.size(), newest_runs));
  out.recent = median_of({recent.begin(), recent.end()});
  out.recent_runs = static_cast<uint32_t>(recent.size());
  out.runs_up = stream.test.runs_up;
  if (out.says == drift_evidence::learning) {
    out.runs_to_confirm = out.runs_to_clear = min_reference_runs - out.reference_runs;
    return out;
  }
  out.overdispersion = overdispersion(stream.spread, 1);
  if (out.says == drift_evidence::suspected)
    out.runs_to_confirm = estimated_runs(own_threshold - stream.test.sum, stream.test.sum / stream.test.runs_up);
  if (out.says != drift_evidence::chance)
    out.runs_to_clear = estimated_runs(stream.test.sum, -step_of(stream, 0));
  out.runs_to_find = estimated_runs(own_threshold, step_of(stream, 1));
  return out;
}

} // namespace hive::analysis
