#include "gpu/evidence/classify.hpp"

#include "messages/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

namespace hive::gpu {
namespace {

using wire::RunQuality;

/// As in the schema; the last one says how many are left out.
constexpr size_t max_reasons = 64;
constexpr uint32_t named_co_tenants = 3;

std::string number(double value, int digits = 0) {
  std::array<char, 400> text{}; // a double has up to 309 digits before its decimal point
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

std::string seconds(double value) {
  return number(value, 1) + " s";
}

/// Finds what disturbed one device. Comparisons with NaN, which is not known, are false.
class device_rules {
public:
  device_rules(wire::RunEvidence::Reader run, wire::DeviceEvidence::Reader device) : run_{run}, device_{device} {
  }

  std::vector<std::string> find() {
    was_observed();
    was_throttled();
    had_memory_errors();
    had_company();
    had_narrow_link();
    changed_bandwidth();
    return std::move(found_);
  }

private:
  /// Too few polls say the same as a long time without them, so only one of the two is named.
  void was_observed() {
    if (run_.getDurationS() > unobserved_run_s && device_.getObservations() < min_observations)
      found_.push_back("seen by " + std::to_string(device_.getObservations()) +
                       (device_.getObservations() == 1 ? " poll in " : " polls in ") + seconds(run_.getDurationS()));
    else if (device_.getUnobservedS() > 0)
      found_.push_back("its state was unknown for " + seconds(device_.getUnobservedS()) + " of " +
                       seconds(run_.getDurationS()));
  }

  void was_throttled() {
    if (device_.getThrottledS() > tolerated_throttled_share * run_.getDurationS())
      found_.push_back("throttled for " + seconds(device_.getThrottledS()) + " of " + seconds(run_.getDurationS()) +
                       " (" + describe_clock_events(device_.getClockEvents()) + ")");
  }

  /// Such an error ends programs, or costs the time in which a page is retired.
  void had_memory_errors() {
    if (device_.getEccErrors() > 0)
      found_.push_back(number(device_.getEccErrors()) + " uncorrected memory errors");
  }

  /// Other leases disturb also where the lease allows them. Processes without a lease count only on a device of its
  /// own: on a shared one they cannot be told from those of leases that have not named their processes.
  void had_company() {
    auto others = device_.getCoTenants();
    if (others.size() > 0)
      found_.push_back("other leases used it: " + list(others));
    if (run_.getExclusive() && device_.getForeignMib() > tolerated_foreign_mib)
      found_.push_back("programs without a lease used " + number(device_.getForeignMib()) + " MiB of it");
  }

  static std::string list(capnp::List<capnp::Text>::Reader ids) {
    std::string out;
    for (uint32_t i = 0; i < std::min(ids.size(), named_co_tenants); ++i)
      out += (i ? ", " : "") + std::string{cut_text(as_view(ids[i]), 64)};
    return ids.size() > named_co_tenants ? out + " and " + std::to_string(ids.size() - named_co_tenants) + " more"
                                         : out;
  }

  /// The driver says what device and machine allow together, so a narrower link is a fault, not a small slot. It lowers
  /// the generation of an idle device; what is compared was seen of a busy one.
  void had_narrow_link() {
    bool is_slow = device_.getPcieGeneration() < device_.getPcieMaxGeneration();
    bool is_narrow = device_.getPcieWidth() < device_.getPcieMaxWidth();
    auto link = [](double generation, double width) {
      auto text = [](double value) { return std::isnan(value) ? "?" : number(value); };
      return text(generation) + " × " + text(width);
    };
    if (is_slow || is_narrow)
      found_.push_back("its PCIe link was of generation and width " +
                       link(device_.getPcieGeneration(), device_.getPcieWidth()) + " instead of " +
                       link(device_.getPcieMaxGeneration(), device_.getPcieMaxWidth()));
  }

  void changed_bandwidth() {
    auto before = device_.getBandwidthBefore();
    auto after = device_.getBandwidthAfter();
    if (std::abs(after - before) > tolerated_bandwidth_share * std::max(before, after))
      found_.push_back("its copy bandwidth was " + number(before) + " GB/s before and " + number(after) + " after");
  }

  wire::RunEvidence::Reader run_;
  wire::DeviceEvidence::Reader device_;
  std::vector<std::string> found_;
};

void bound(std::vector<std::string>& reasons) {
  if (reasons.size() <= max_reasons)
    return;
  auto left_out = reasons.size() - (max_reasons - 1);
  reasons.resize(max_reasons - 1);
  reasons.push_back("and " + std::to_string(left_out) + " more");
}

} // namespace

judgement classify(wire::RunEvidence::Reader evidence) {
  judgement out;
  auto devices = evidence.getDevices();
  for (auto device : devices)
    if (device.getSimulated())
      return {RunQuality::SIMULATED, {}};
  for (auto device : devices) {
    auto prefix = devices.size() > 1 ? std::string{cut_text(as_view(device.getUuid()), 96)} + ": " : std::string{};
    for (const auto& reason : device_rules{evidence, device}.find())
      out.reasons.push_back(prefix + reason);
  }
  bound(out.reasons);
  if (!out.reasons.empty())
    out.quality = RunQuality::DISTURBED;
  return out;
}

void judge(wire::RunEvidence::Builder evidence) {
  auto found = classify(evidence.asReader());
  if (found.quality == RunQuality::SIMULATED || evidence.getQuality() == RunQuality::SIMULATED) {
    evidence.setQuality(RunQuality::SIMULATED);
    return;
  }
  std::vector<std::string> reasons;
  for (auto known : evidence.asReader().getReasons())
    reasons.emplace_back(as_view(known));
  for (auto& reason : found.reasons)
    if (std::ranges::find(reasons, reason) == reasons.end())
      reasons.push_back(std::move(reason));
  bound(reasons);
  auto out = evidence.initReasons(static_cast<uint32_t>(reasons.size()));
  for (uint32_t i = 0; i < out.size(); ++i)
    out.set(i, reasons[i]);
  if (found.quality == RunQuality::DISTURBED)
    evidence.setQuality(RunQuality::DISTURBED);
}

std::string describe_clock_events(uint64_t bits) {
  constexpr std::array<std::pair<uint64_t, const char*>, 5> names{{{0x4, "power cap"},
                                                                   {0x8, "hardware slowdown"},
                                                                   {0x20, "thermal slowdown"},
                                                                   {0x40, "hardware thermal slowdown"},
                                                                   {0x80, "power brake"}}};
  std::string out;
  for (auto [bit, name] : names)
    if (bits & bit)
      out += (out.empty() ? "" : ", ") + std::string{name};
  return out;
}

} // namespace hive::gpu
