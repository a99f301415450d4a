#include "actors/upgrade/measurement_calibration.hpp"

#include "actors/defaults.hpp"
#include "actors/upgrade/measured_points.hpp"
#include "actors/upgrade/measurement_record.hpp"
#include "analysis/calibration.hpp"
#include "messages/change.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace hive {
namespace {

namespace record = measurement_record;

constexpr double percent = 100;

void write(const analysis::calibrated_margin& from, bool absolute, wire::CalibratedMargin::Builder out) {
  out.setMargin(absolute ? from.margin : from.margin * percent);
  out.setPairsNeeded(from.pairs_needed.value_or(0));
  if (from.fault)
    out.setFault(analysis::describe_fault(*from.fault));
  const auto& outcomes = from.outcomes;
  out.setResamples(outcomes.resamples);
  if (outcomes.resamples == 0)
    return;
  out.setSafe(outcomes.share(outcomes.safe));
  out.setFalseBlocks(outcomes.share(outcomes.blocked));
  out.setFalseBlocksLow(outcomes.blocked_range().lower);
  out.setFalseBlocksHigh(outcomes.blocked_range().upper);
  out.setUndecided(outcomes.share(outcomes.undecided));
}

void write(const analysis::metric_calibration& from, wire::MetricCalibration::Builder out) {
  auto scaled = [&](double value) { return from.absolute ? value : value * percent; };
  out.setAdapter(std::string{from.adapter});
  out.setMetric(std::string{from.name});
  out.setUnit(std::string{from.unit});
  out.setDirection(static_cast<wire::Direction>(from.better));
  out.setAdvisory(from.advisory);
  out.setAbsolute(from.absolute);
  out.setPairs(from.pairs);
  out.setLeftOut(from.left_out);
  out.setNoise(scaled(from.noise));
  out.setOldNoise(scaled(from.old_noise));
  out.setNewNoise(scaled(from.new_noise));
  out.setCorrelation(from.correlation);
  out.setInflation(from.inflation);
  write(from.own, from.absolute, out.initOwn());
  if (from.suggested)
    write(*from.suggested, from.suggested_absolute, out.initSuggested());
  out.setSuggestedAbsolute(from.suggested_absolute);
  auto margins = out.initMargins(static_cast<uint32_t>(from.margins.size()));
  for (uint32_t i = 0; i < margins.size(); ++i)
    write(from.margins[i], from.absolute, margins[i]);
  out.setMostPairs(from.most_pairs);
  if (auto gap = analysis::describe_gap(from); !gap.empty())
    out.setReason(gap);
}

bool is_asked_for(const analysis::metric_point& metric, wire::CalibrateUpgrade::Reader request) {
  for (auto pattern : request.getMetrics())
    if (analysis::fits(as_view(pattern), metric.adapter, metric.name))
      return true;
  return request.getMetrics().size() == 0;
}

/// The metrics that policy statistical judges by their values, by the same rules as in a comparison.
std::vector<analysis::judged_metric> judged_metrics(const std::vector<analysis::metric_point>& old_side,
                                                    const std::vector<analysis::metric_point>& new_side,
                                                    wire::PairedMeasurement::Reader measurement) {
  auto is_judged = [](const auto& metric) { return metric.gate && std::isnan(metric.floor); };
  auto critical =
    std::ranges::count_if(old_side, [&](const auto& metric) { return is_judged(metric) && !metric.advisory; });
  std::vector<analysis::judged_metric> out;
  for (size_t i = 0; i < old_side.size(); ++i)
    if (is_judged(old_side[i]) && is_asked_for(old_side[i], measurement.getCalibration()))
      out.push_back(analysis::as_judged(old_side[i], new_side[i], record::plan_of(measurement),
                                        static_cast<uint32_t>(std::max<int64_t>(critical, 1))));
  return out;
}

} // namespace

msg<wire::PairedMeasurement> with_calibrations(const msg<wire::PairedMeasurement>& ended,
                                               const measured_versions& measured, configured_rules rules,
                                               const std::function<bool()>& is_cancelled) {
  // Both have the same metrics in the same order: each metric of a paired measurement has values of all its sides.
  auto old_side = points_of(measured, wire::RunSide::OLD, rules);
  auto new_side = points_of(measured, wire::RunSide::NEW, rules);
  auto metrics = judged_metrics(old_side, new_side, *ended);
  auto not_calibrated = metrics.size() - std::min(metrics.size(), defaults::max_calibrated_metrics);
  metrics.resize(metrics.size() - not_calibrated);
  std::vector<analysis::metric_calibration> found;
  for (const auto& metric : metrics)
    if (!is_cancelled())
      found.push_back(analysis::calibrate_metric(metric));
  return changed(ended, [&](wire::PairedMeasurement::Builder out) {
    auto list = out.initCalibrations(static_cast<uint32_t>(found.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      write(found[i], list[i]);
    out.setNotCalibrated(static_cast<uint32_t>(not_calibrated));
    if (found.empty() && not_calibrated == 0 && ended->getState() == wire::MeasurementState::DONE)
      out.setReason("no metric that was measured is one to calibrate: " + std::string{as_view(ended->getReason())});
  });
}

} // namespace hive
