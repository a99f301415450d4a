#include "gpu/evidence/device_fold.hpp"

#include "gpu/evidence/classify.hpp"

#include <algorithm>
#include <cmath>

namespace hive::gpu {
namespace {

/// Co-tenants in the record, as in the schema.
constexpr size_t max_co_tenants = 64;
/// No device has such clocks; the bound keeps the conversion defined.
constexpr double max_mhz = 100'000;

double seconds(duration time) {
  return std::chrono::duration<double>(time).count();
}

/// Memory of some processes, of which not all may tell theirs.
struct memory_use {
  double known_mib = 0;
  size_t processes = 0;
  bool is_complete = true;

  void add(double used) {
    ++processes;
    is_complete = is_complete && !std::isnan(used);
    known_mib += std::isnan(used) ? 0 : used;
  }
  /// NaN without processes, or if one does not tell.
  double exact() const {
    return processes > 0 && is_complete ? known_mib : std::nan("");
  }
  double at_most(double rest) const {
    return known_mib + (is_complete ? 0 : rest);
  }
};

bool is_usable(wire::GpuReading::Reader reading) {
  return reading.getState() == wire::GpuState::OK && reading.hasMemory();
}

} // namespace

void device_fold::start_from(wire::GpuReading::Reader reading, const process_owners& owners) {
  if (!is_usable(reading))
    return;
  errors_total_ = reading.getEccUncorrected();
  settled_.clear();
  for (auto process : reading.getProcesses().getList())
    if (!owners.contains(process.getPid()))
      settled_.insert(process.getPid());
}

void device_fold::observe(wire::GpuReading::Reader reading, const process_owners& owners, instant taken_at) {
  if (!is_usable(reading) || taken_at <= last_)
    return; // the time until the next poll counts as unobserved
  auto gap = taken_at - last_;
  auto time = std::min<duration>(gap, longest_gap);
  last_ = taken_at;
  unobserved_ += gap - time;
  ++observations_;
  auto busy = work_of(reading);
  observe_clocks(reading, busy, time);
  max_temperature_ = std::fmax(max_temperature_, reading.getTemperatureC());
  observe_errors(reading.getEccUncorrected());
  observe_link(reading, busy);
  observe_processes(reading, owners);
}

device_fold::work device_fold::work_of(wire::GpuReading::Reader reading) {
  auto utilisation = reading.getUtilisationPercent();
  bool is_idle = reading.hasClockEvents() && (reading.getClockEvents().getBits() & idle_clock_event);
  if (is_idle || utilisation == 0)
    return work::none;
  return std::isnan(utilisation) && !reading.hasClockEvents() ? work::unknown : work::some;
}

/// An idle device has low clocks, and some say that power limits them: neither has a part in a result.
void device_fold::observe_clocks(wire::GpuReading::Reader reading, work busy, duration time) {
  if (reading.hasClockEvents()) {
    auto bits = reading.getClockEvents().getBits();
    knows_clock_events_ = true;
    if (busy == work::none)
      bits &= ~disturbing_clock_events;
    clock_events_ |= bits;
    if (bits & disturbing_clock_events)
      throttled_ += time;
  }
  auto mhz = reading.getSmMhz();
  if (busy != work::some || !(mhz >= 0 && mhz <= max_mhz))
    return;
  min_sm_mhz_ = std::fmin(min_sm_mhz_, mhz);
  sm_mhz_.add(static_cast<uint32_t>(std::lround(mhz)), time);
}

/// A driver that was loaded anew counts from 0.
void device_fold::observe_errors(double total) {
  if (std::isnan(total))
    return;
  if (!std::isnan(errors_total_))
    errors_ = (std::isnan(errors_) ? 0 : errors_) + (total >= errors_total_ ? total - errors_total_ : total);
  errors_total_ = total;
}

/// The driver lowers the generation of an idle link and raises it when work comes. Utilisation is a mean over the last
/// moments, so a single poll may show a link that has just been lowered, or not yet been raised: what counts is the
/// better one of two polls in a row that both found the device working.
void device_fold::observe_link(wire::GpuReading::Reader reading, work busy) {
  link now{reading.getPcieGeneration(), reading.getPcieWidth()};
  widest_.generation = std::fmax(widest_.generation, std::fmax(reading.getMaxPcieGeneration(), now.generation));
  widest_.width = std::fmax(widest_.width, std::fmax(reading.getMaxPcieWidth(), now.width));
  if (busy != work::some)
    now = {};
  auto better = [](double a, double b) { return std::isnan(a) || std::isnan(b) ? unknown : std::max(a, b); };
  lowest_.generation = std::fmin(lowest_.generation, better(now.generation, last_busy_.generation));
  lowest_.width = std::fmin(lowest_.width, better(now.width, last_busy_.width));
  last_busy_ = now;
}

/// Before any process is known to be the lease's, those that have come since the grant may be its own, such as a
/// program that holds a lease and has not named itself.
void device_fold::observe_processes(wire::GpuReading::Reader reading, const process_owners& owners) {
  if (!reading.hasProcesses())
    return;
  memory_use own, own_peaks, foreign, settled, all;
  for (auto process : reading.getProcesses().getList()) {
    auto owner = owners.find(process.getPid());
    all.add(process.getUsedMib());
    if (owner == owners.end()) {
      foreign.add(process.getUsedMib());
      if (settled_.contains(process.getPid()))
        settled.add(process.getUsedMib());
    } else if (owner->second == lease_) {
      has_own_processes_ = true;
      own.add(process.getUsedMib());
      own_peaks.add(process.getMaxUsedMib());
    }
  }
  polled_peak_ = std::fmax(polled_peak_, own.exact());
  accounting_peak_ = std::fmax(accounting_peak_, own_peaks.exact());
  // A process that does not tell its use has at most what the others leave.
  auto rest = std::max(0.0, static_cast<double>(reading.getMemory().getUsedMib()) - all.known_mib);
  foreign_ = std::fmax(foreign_, (has_own_processes_ ? foreign : settled).at_most(rest));
}

void device_fold::add_co_tenant(const std::string& id) {
  if (co_tenants_.size() < max_co_tenants)
    co_tenants_.insert(id);
}

/// The driver's accounting keeps each process's peak between polls. Of several processes the sum of the peaks is more
/// than what they had at one time.
std::pair<double, wire::PeakSource> device_fold::peak() const {
  if (accounting_peak_ >= polled_peak_ || (std::isnan(polled_peak_) && !std::isnan(accounting_peak_)))
    return {accounting_peak_, wire::PeakSource::ACCOUNTING};
  return {polled_peak_, std::isnan(polled_peak_) ? wire::PeakSource::UNKNOWN : wire::PeakSource::POLLED};
}

void device_fold::write(instant until, wire::DeviceEvidence::Builder out) const {
  auto tail = std::max<duration>(until - last_ - longest_gap, duration{0});
  out.setObservations(observations_);
  out.setUnobservedS(seconds(unobserved_ + tail));
  if (knows_clock_events_) {
    out.setClockEvents(clock_events_);
    out.setThrottledS(seconds(throttled_));
  }
  out.setSmMhzMin(min_sm_mhz_);
  out.setSmMhzMedian(sm_mhz_.value());
  out.setMaxTemperatureC(max_temperature_);
  out.setEccErrors(errors_);
  out.setPcieGeneration(lowest_.generation);
  out.setPcieWidth(lowest_.width);
  out.setPcieMaxGeneration(widest_.generation);
  out.setPcieMaxWidth(widest_.width);
  out.setForeignMib(foreign_);
  auto [most, source] = peak();
  out.setPeakMib(most);
  out.setPeakSource(source);
  auto others = out.initCoTenants(static_cast<uint32_t>(co_tenants_.size()));
  uint32_t i = 0;
  for (const auto& id : co_tenants_)
    others.set(i++, id);
}

} // namespace hive::gpu
