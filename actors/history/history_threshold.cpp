#include "actors/history/history_threshold.hpp"

#include "storage/series_store.hpp"

#include <cmath>
#include <fmt/format.h>

namespace hive {
namespace {

/// The share of policies threshold and strict.
constexpr double strict_share = 0.05;

class threshold_finder {
public:
  threshold_finder(const series_kind& kind, double level) : kind_{kind}, level_{level} {
  }

  void add_floor(double floor) {
    for (const auto* policy : {"strict", "statistical"})
      found.push_back({policy, floor, fmt::format("the metric's limit of {:.6g}{}", floor, unit())});
  }

  void add_share(const char* policy, double share) {
    found.push_back({policy, worse_by(share * level_),
                     fmt::format("{:.3g}% {} the level of {:.6g}{}", 100 * share, side(), level_, unit())});
  }

  void add_margin(double margin) {
    for (const auto* policy : {"strict", "statistical"})
      found.push_back(
        {policy, worse_by(margin), fmt::format("{:.6g}{} {} the level of {:.6g}", margin, unit(), side(), level_)});
  }

  std::vector<history_threshold> found;

private:
  double worse_by(double change) const {
    return kind_.direction == wire::Direction::HIGHER ? level_ - change : level_ + change;
  }

  const char* side() const {
    return kind_.direction == wire::Direction::HIGHER ? "below" : "above";
  }

  std::string unit() const {
    return kind_.unit.empty() ? "" : " " + kind_.unit;
  }

  const series_kind& kind_;
  const double level_;
};

} // namespace

std::vector<history_threshold> find_thresholds(const metric_id& metric, const series_kind& kind, double level,
                                               std::span<const analysis::configured_rules> rules) {
  auto judged = analysis::effective_rules({}, metric.adapter, metric.name, kind.unit, rules);
  threshold_finder finder{kind, level};
  if (!judged.gate || !std::isfinite(level))
    return {};
  if (!std::isnan(judged.floor)) {
    finder.add_floor(judged.floor);
  } else if (level > 0) {
    finder.add_share("strict", strict_share);
    finder.add_share("statistical", judged.margin);
  } else if (!std::isnan(judged.absolute_margin)) {
    finder.add_margin(judged.absolute_margin);
  }
  return std::move(finder.found);
}

} // namespace hive
