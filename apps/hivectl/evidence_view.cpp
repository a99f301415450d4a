#include "apps/hivectl/evidence_view.hpp"

#include "apps/hivectl/format.hpp"
#include "apps/hivectl/text.hpp"

#include <cmath>
#include <fmt/format.h>
#include <set>
#include <vector>

namespace hive::ctl {
namespace {

/// Memory of the device that had most of it.
std::string describe_peak(wire::RunEvidence::Reader evidence) {
  double most = std::nan("");
  auto source = wire::PeakSource::UNKNOWN;
  for (auto device : evidence.getDevices()) {
    if (!(std::isnan(most) || device.getPeakMib() > most))
      continue;
    most = device.getPeakMib();
    source = device.getPeakSource();
  }
  return std::isnan(most) ? "peak memory unknown" : fmt::format("peak memory {:.0f} MiB ({})", most, name_of(source));
}

std::string describe_throttling(wire::RunEvidence::Reader evidence) {
  double longest = std::nan("");
  for (auto device : evidence.getDevices())
    longest = std::fmax(longest, device.getThrottledS());
  if (std::isnan(longest))
    return "throttling unknown";
  return longest == 0 ? "not throttled" : fmt::format("throttled for {:.1f} s", longest);
}

std::string describe_company(wire::RunEvidence::Reader evidence) {
  std::set<std::string> others;
  for (auto device : evidence.getDevices())
    for (auto other : device.getCoTenants())
      others.emplace(other.cStr());
  return others.empty() ? "no other lease on it"
                        : fmt::format("{} other {} on it", others.size(), others.size() == 1 ? "lease" : "leases");
}

} // namespace

std::string describe_disturbance(wire::RunEvidence::Reader evidence) {
  std::vector<std::string> reasons;
  if (evidence.getQuality() == wire::RunQuality::DISTURBED)
    for (auto reason : evidence.getReasons())
      reasons.emplace_back(reason.cStr());
  return join_texts(reasons, "; ");
}

std::string describe_quality(wire::RunEvidence::Reader evidence) {
  auto why = describe_disturbance(evidence);
  return name_of(evidence.getQuality()) + (why.empty() ? "" : ": " + why);
}

std::string describe_evidence(wire::RunEvidence::Reader evidence) {
  auto quality = describe_quality(evidence);
  if (evidence.getQuality() == wire::RunQuality::SIMULATED)
    return quality;
  return describe_peak(evidence) + ", " + describe_throttling(evidence) + ", " + describe_company(evidence) + "; " +
         quality;
}

} // namespace hive::ctl
