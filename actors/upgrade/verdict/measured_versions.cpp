#include "actors/upgrade/verdict/measured_versions.hpp"

#include "messages/text.hpp"

namespace hive {
namespace {

bool is_defined_alike(wire::Metric::Reader a, wire::Metric::Reader b) {
  return a.getUnit() == b.getUnit() && a.getDirection() == b.getDirection() && a.getScope() == b.getScope();
}

} // namespace

std::vector<wire::RunSide> sides_of(wire::PairedMeasurement::Reader measurement) {
  std::vector out{wire::RunSide::OLD, wire::RunSide::NEW};
  if (measurement.hasReference())
    out.push_back(wire::RunSide::REFERENCE);
  return out;
}

std::string version_of(wire::PairedMeasurement::Reader measurement, wire::RunSide side) {
  switch (side) {
  case wire::RunSide::OLD:
    return measurement.getRequest().getOld().cStr();
  case wire::RunSide::NEW:
    return measurement.getRequest().getNew().cStr();
  case wire::RunSide::REFERENCE:
    break;
  }
  return measurement.getReference().cStr();
}

void measured_versions::add(wire::MeasuredRound::Reader round) {
  std::string adapter{as_view(round.getAdapter())};
  std::map<std::string, std::map<wire::RunSide, double>> found; // by metric
  for (auto run : round.getRuns())
    for (auto metric : run.getMetrics()) {
      std::string name{as_view(metric.getName())};
      auto& samples = metrics_[{adapter, name}];
      if (samples.by_side.empty()) {
        samples.as_first = msg<wire::Metric>::copy_of(metric);
        for (auto side : sides_)
          samples.by_side[side];
      }
      if (is_defined_alike(*samples.as_first, metric))
        found[name][run.getSide()] = metric.getValue();
    }
  for (auto& [name, samples] : metrics_) {
    if (name.first != adapter)
      continue;
    const auto& values = found[name.second];
    if (round.getLeftOut().size() > 0 || values.size() != sides_.size()) {
      ++samples.left_out;
      continue;
    }
    for (const auto& [side, value] : values)
      samples.by_side[side].push_back(value);
  }
}

} // namespace hive
