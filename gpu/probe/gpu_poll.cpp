#include "gpu/probe/gpu_poll.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"

#include <array>
#include <capnp/message.h>

namespace hive {
namespace {

/// Devices of a report; no machine has more.
constexpr uint32_t max_devices = 64;
/// A failed start of the library costs up to seconds of the driver's time; a driver that was just installed can wait.
constexpr std::chrono::seconds reopen_interval{5};
constexpr size_t max_failure_bytes = 1024;

uint64_t micros(std::chrono::steady_clock::duration time) {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

void set_failure(const std::string& why, wire::GpuReport::Builder out) {
  out.setFailure(std::string{cut_text(printable(why), max_failure_bytes)});
}

std::string driver_version(const nvml::functions& lib) {
  std::array<char, nvml::driver_version_bytes> text{};
  return nvml::call(lib.driver_version, text.data(), nvml::driver_version_bytes) == nvml::success
           ? printable(text.data())
           : std::string{};
}

void add_missing(uint32_t index, const gpu_identity& known, wire::GpuReading::Builder out) {
  out.setIndex(index);
  out.setState(wire::GpuState::LOST);
  out.initFault().setText("the driver no longer lists the device");
  set_identity(known, out);
}

} // namespace

msg<wire::GpuReport> gpu_poll::poll() {
  auto begin = clock::now();
  auto time = now_unix_micros();
  if (!library_ && begin >= open_again_)
    open(begin);
  auto out = msg<wire::GpuReport>::build([&](wire::GpuReport::Builder report) {
    report.setTime(time);
    report.setMonotonicUs(micros(begin.time_since_epoch()));
    report.setLibrary(name_);
    if (library_)
      read_all(report);
    if (failure_) {
      bool is_absent = code_of(failure_) == ec::not_found;
      report.setLibraryState(is_absent ? wire::GpuLibraryState::ABSENT : wire::GpuLibraryState::UNUSABLE);
      set_failure(text_of(failure_), report);
    }
    report.setPollUs(micros(clock::now() - begin));
  });
  if (library_)
    remember(*out);
  return out;
}

void gpu_poll::open(clock::time_point now) {
  auto opened = nvml::library::open(name_);
  open_again_ = now + reopen_interval;
  if (!opened)
    return close(opened.error());
  library_ = std::move(*opened);
  failure_ = caf::none;
}

void gpu_poll::close(const caf::error& why) {
  library_.reset();
  failure_ = why;
}

void gpu_poll::read_all(wire::GpuReport::Builder out) {
  const auto& lib = **library_;
  out.setDriver(driver_version(lib));
  out.setMemoryLimits(lib.set_memory_limits != nullptr);
  unsigned count = 0;
  if (auto code = lib.count(&count); code != nvml::success)
    return close(
      fail(ec::unsupported, name_ + " cannot count its GPUs: nvmlDeviceGetCount_v2: " + nvml::describe(code)));
  if (count > max_devices)
    return close(fail(ec::unsupported, name_ + " counts " + std::to_string(count) + " GPUs, more than there can be"));
  out.setLibraryState(wire::GpuLibraryState::USABLE);
  // First into scratch space: the number of devices is known only when all that are listed were read.
  capnp::MallocMessageBuilder scratch;
  auto listed = scratch.initRoot<wire::GpuReport>().initDevices(count);
  seen_uuids seen;
  bool has_other_abi = false;
  for (uint32_t i = 0; i < count; ++i) {
    has_other_abi |= read_device(lib, i, listed[i]);
    seen.emplace(as_view(listed[i].asReader().getUuid()));
  }
  for (auto device : listed)
    if (const auto* known = device.hasUuid() ? nullptr : known_at(device.getIndex(), seen)) {
      set_identity(known->identity, device);
      seen.insert(known->identity.uuid);
    }
  auto gone = missing(seen, max_devices - count);
  auto devices = out.initDevices(count + static_cast<uint32_t>(gone.size()));
  for (uint32_t i = 0; i < count; ++i)
    devices.setWithCaveats(i, listed[i].asReader());
  for (uint32_t i = 0; i < gone.size(); ++i)
    add_missing(gone[i]->index, gone[i]->identity, devices[count + i]);
  if (has_other_abi) {
    out.setLibraryState(wire::GpuLibraryState::UNUSABLE);
    set_failure(name_ +
                  " is an NVML of another ABI: nvmlDeviceGetMemoryInfo_v2 refuses version 0x2000028 of its "
                  "struct (" +
                  nvml::describe(nvml::version_mismatch) + ")",
                out);
  }
}

/// The device that had this number, unless it was seen elsewhere now.
const gpu_poll::known_gpu* gpu_poll::known_at(uint32_t index, const seen_uuids& seen) const {
  for (const auto& [uuid, known] : known_)
    if (known.index == index && !seen.contains(uuid))
      return &known;
  return nullptr;
}

/// Devices that the driver listed once and no longer lists; at most `max`.
std::vector<const gpu_poll::known_gpu*> gpu_poll::missing(const seen_uuids& seen, size_t max) const {
  std::vector<const known_gpu*> out;
  for (const auto& [uuid, known] : known_)
    if (!seen.contains(uuid) && out.size() < max)
      out.push_back(&known);
  return out;
}

void gpu_poll::remember(wire::GpuReport::Reader report) {
  for (auto device : report.getDevices()) {
    std::string uuid{as_view(device.getUuid())};
    if (device.getState() == wire::GpuState::OK && (known_.contains(uuid) || known_.size() < max_devices))
      known_[uuid] = {device.getIndex(), {uuid, std::string{as_view(device.getName())}, device.getMinor()}};
  }
}

} // namespace hive
