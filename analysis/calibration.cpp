#include "analysis/calibration.hpp"

#include "analysis/block_bootstrap.hpp"
#include "analysis/gate_scale.hpp"
#include "analysis/robust.hpp"
#include "analysis/rounding.hpp"
#include "analysis/signed_rank_look.hpp"

#include <algorithm>
#include <cmath>

namespace hive::analysis {
namespace {

/// Absolute margins that are tried, each the next step of 1, 2, 5, 10: the last is 20 to 50 times the first.
constexpr size_t max_absolute_candidates = 6;

calibration_gap fault_of(const judged_metric& metric) {
  if (problem_of(metric.options))
    return calibration_gap::bad_options;
  if (metric.old_values.size() != metric.new_values.size())
    return calibration_gap::uneven_sides;
  if (!are_finite(metric.old_values) || !are_finite(metric.new_values))
    return calibration_gap::not_finite;
  return metric.old_values.size() < 2 ? calibration_gap::too_few_pairs : calibration_gap::none;
}

/// The look of the plan, or else of the long form, that has so many pairs.
std::optional<uint32_t> look_with(uint32_t pairs, look_plan plan) {
  for (auto form : {plan, look_plan::long_form})
    for (const auto& each : looks_of(form))
      if (each.pairs >= pairs)
        return each.pairs;
  return std::nullopt;
}

bool is_fit(const margin_outcomes& of) {
  return of.safe >= suggested_safe_share * of.resamples && of.blocked <= suggested_block_share * of.resamples;
}

/// Whether the comparisons that are left out of `all` cannot make it fit any more.
bool is_hopeless(const margin_outcomes& of, uint32_t all) {
  return of.blocked > suggested_block_share * all || of.blocked + of.undecided > (1 - suggested_safe_share) * all;
}

/// One metric while it is calibrated.
class calibrator {
public:
  calibrator(const judged_metric& given, const calibration_options& options)
      : given_{given}, options_{options}, resamples_{std::clamp(options.resamples, 1u, max_resamples)} {
    given_.basis = judgement_basis::pairs;
  }

  metric_calibration run() {
    describe();
    out_.gap = fault_of(given_);
    if (out_.gap != calibration_gap::none)
      return std::move(out_);
    describe_noise();
    if (out_.gap != calibration_gap::none)
      return std::move(out_);
    out_.own = margin_of(given_.options, out_.absolute);
    bool judges_by_absolute = out_.absolute;
    for (const auto& each : candidates(judges_by_absolute))
      out_.margins.push_back(margin_of(each, judges_by_absolute));
    if (out_.pairs < min_calibration_pairs) {
      out_.gap = calibration_gap::too_few_pairs;
      return std::move(out_);
    }
    block_ = block_length(out_.pairs, out_.inflation);
    out_.own.outcomes = draw(given_.options, false);
    bool is_small_count = given_.options.kind == metric_kind::count && std::isnan(given_.options.absolute_margin);
    if (!suggest(judges_by_absolute) && !judges_by_absolute && is_small_count)
      suggest(true);
    if (!out_.suggested)
      out_.gap = calibration_gap::too_noisy;
    return std::move(out_);
  }

private:
  void describe() {
    out_.adapter = given_.adapter;
    out_.name = given_.name;
    out_.unit = given_.unit;
    out_.better = given_.options.better;
    out_.advisory = given_.advisory;
    out_.pairs = static_cast<uint32_t>(std::min(given_.old_values.size(), given_.new_values.size()));
    out_.left_out = given_.left_out;
    out_.most_pairs = looks_of(given_.options.plan).back().pairs;
  }

  /// On the scale on which the metric is judged, or would be if its margin fitted.
  void describe_noise() {
    auto input = input_of(given_);
    const auto& [old_values, new_values] = std::pair{input.metric.old_values, input.metric.new_values};
    auto is_positive = [](double value) { return value > 0; };
    out_.absolute = !std::ranges::all_of(old_values, is_positive) || !std::ranges::all_of(new_values, is_positive);
    gate_scale axis{out_.absolute, given_.options.better, 0};
    auto changes = changes_of(old_values, new_values, axis);
    if (!are_finite(changes)) {
      out_.gap = calibration_gap::not_finite;
      return;
    }
    auto noise = noise_of(changes);
    out_.noise = noise.deviation;
    out_.correlation = noise.rho;
    out_.inflation = noise.inflation;
    out_.old_noise = spread_about_median(on_scale(old_values, axis)).scaled;
    out_.new_noise = spread_about_median(on_scale(new_values, axis)).scaled;
  }

  /// A margin, and the pairs that it needs.
  calibrated_margin margin_of(const gate_options& options, bool absolute) const {
    calibrated_margin out;
    out.margin = absolute ? options.absolute_margin : options.margin;
    auto metric = given_;
    metric.options = options;
    auto input = input_of(metric);
    auto scale = scale_for(input.metric.old_values, input.metric.new_values, input.metric.options);
    if (auto* fault = std::get_if<gate_reason>(&scale)) {
      out.fault = *fault;
      return out;
    }
    const auto& judged = std::get<gate_scale>(scale);
    auto noise = noise_of(changes_of(input.metric.old_values, input.metric.new_values, judged));
    if (auto pairs = pairs_that_settle(noise, judged.margin))
      out.pairs_needed = look_with(*pairs, options.plan);
    return out;
  }

  std::vector<gate_options> candidates(bool absolute) const {
    std::vector<double> tried{calibrated_margins.begin(), calibrated_margins.end()};
    if (absolute)
      tried = absolute_candidates();
    std::vector<gate_options> out(tried.size(), given_.options);
    for (size_t i = 0; i < out.size(); ++i)
      (absolute ? out[i].absolute_margin : out[i].margin) = tried[i];
    return out;
  }

  /// From half of the margin for which the plan's pairs should do.
  std::vector<double> absolute_candidates() const {
    auto changes = changes_of(given_.old_values, given_.new_values, {true, given_.options.better, 0});
    double largest = 0;
    for (double each : changes)
      largest = std::max(largest, std::abs(each));
    if (largest == 0)
      return {given_.options.kind == metric_kind::count ? 0 : given_.options.resolution};
    auto noise = noise_of(changes);
    if (noise.deviation == 0) // most pairs are equal, and some are not
      noise.deviation = largest;
    double least = distance_settled_by(noise, out_.most_pairs) / 2;
    std::vector<double> out;
    for (double at = std::max(least, resolution_of(given_.options)); out.size() < max_absolute_candidates;
         at = 1.5 * out.back())
      out.push_back(step_at_least(at));
    return out;
  }

  /// Tries the candidates; whether one is fit.
  bool suggest(bool absolute) {
    for (const auto& options : candidates(absolute)) {
      auto outcomes = draw(options, true);
      if (!is_fit(outcomes) || outcomes.resamples < resamples_)
        continue;
      out_.suggested = margin_of(options, absolute);
      out_.suggested->outcomes = outcomes;
      out_.suggested_absolute = absolute;
      return true;
    }
    return false;
  }

  /// `gives_up`: ends as soon as the margin cannot be fit.
  margin_outcomes draw(const gate_options& options, bool gives_up) const {
    block_bootstrap source{given_.old_values, given_.new_values, block_, options_.seed};
    std::vector<double> old_values, new_values;
    auto metric = given_;
    metric.options = options;
    margin_outcomes out;
    while (out.resamples < resamples_ && !(gives_up && is_hopeless(out, resamples_))) {
      source.draw(old_values, new_values, out_.most_pairs);
      metric.old_values = old_values;
      metric.new_values = new_values;
      auto decided = judge_metric(metric).decided;
      ++out.resamples;
      out.safe += decided == verdict::safe;
      out.blocked += decided == verdict::regressed;
      out.undecided += decided == verdict::inconclusive;
    }
    return out;
  }

  judged_metric given_;
  calibration_options options_;
  uint32_t resamples_;
  uint32_t block_ = 1;
  metric_calibration out_;
};

std::string too_noisy(const metric_calibration& of) {
  auto pairs = std::to_string(of.most_pairs) + " pairs";
  if (!of.margins.empty() && of.margins.back().fault == gate_reason::coarse_resolution)
    return "one step of its values is more than any margin up to 20%";
  return of.absolute ? "no absolute margin that was tried will do: the metric is too noisy for " + pairs
                     : "no margin up to 20% will do: the metric is too noisy for " + pairs;
}

} // namespace

metric_calibration calibrate_metric(const judged_metric& metric, const calibration_options& options) {
  return calibrator{metric, options}.run();
}

std::string describe_gap(const metric_calibration& of) {
  switch (of.gap) {
  case calibration_gap::none:
    break;
  case calibration_gap::bad_options:
    return describe_fault(gate_reason::bad_options);
  case calibration_gap::uneven_sides:
    return "the two sides have different numbers of values";
  case calibration_gap::not_finite:
    return describe_fault(gate_reason::not_finite);
  case calibration_gap::too_few_pairs:
    return std::to_string(of.pairs) + (of.pairs == 1 ? " pair is" : " pairs are") +
           " too few for a rate, which takes " + std::to_string(min_calibration_pairs);
  case calibration_gap::too_noisy:
    return too_noisy(of);
  }
  return {};
}

std::string describe_fault(gate_reason fault) {
  metric_judgement judged;
  judged.reason = fault;
  return describe_reason(judged);
}

} // namespace hive::analysis
