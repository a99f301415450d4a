// Stands in for NVIDIA's management library: tests load it instead of the driver's libnvidia-ml.so.1. Its world is a
// text file, named by the environment variable FAKE_NVML_WORLD and read at every call, so a test changes it by
// replacing the file (by a rename, as tests/support/fake_gpus.hpp does). World and values are in fake_world.hpp.
//
// One statement per line: a word, then NAME=VALUE pairs in any order. A value with spaces stands in double quotes.
// Empty lines and lines that begin with # are ignored. Faults in the file end the process with a message.
//
//   driver version=615.43.02     what nvmlSystemGetDriverVersion says
//   abi other                    struct versions are refused with code 25, as by an NVML of another ABI
//   call name=FUNCTION code=N    this function always returns N (for all devices, or with device=UUID for one)
//   call name=FUNCTION hang      this function does not return while this line is in the file
//
//   device uuid=GPU-0            in the order of their indices; each of these is optional:
//     name="Fake GPU"  total=8192 reserved=256     MiB; total includes reserved
//     state=ok         ok | lost (code 15) | reset (code 16) | hang | absent (not counted: those after it move up)
//     delay_ms=0       time that each call on this device takes
//     minor=INDEX  mig=off|on|na  ecc=0  corrected_rows=0 uncorrected_rows=0 pending_rows=0 failed_rows=0
//     retired_pending=0  reasons=1 (bits)  sm_mhz=1000 max_sm_mhz=2000 memory_mhz=1500 max_memory_mhz=3000
//     power_mw=70000 limit_mw=700000  energy_mj=1000000  temperature=40
//     pcie_generation=5 pcie_width=16 max_pcie_generation=5 max_pcie_width=16
//     compute_mode=0 persistence=1 utilisation=0 memory_utilisation=0  accounting=1
//     any of them but state, name, uuid, total, reserved and delay_ms may be `na`: code 3, not supported
//
//   process device=UUID pid=N mib=M         memory of a real process. It is used while the process lives; a zombie is
//     free_ms=0        dead. It is free this long after the death; `never`: it stays used. The process itself leaves
//     the
//                      list when it dies. A restarted reader that sees only dead processes counts from then on.
//     kind=compute     compute | graphics | mps
//     peak=M           maxMemoryUsage of its accounting statistics in MiB; by default the largest mib seen so far
//     mib=na           an unknown amount (all bits set); the memory in use counts nothing then
//   foreign device=UUID mib=M    memory in use that belongs to no listed process; may be given several times
//   registry file=PATH           more `process` lines, without the word: what processes of a test append about
//   themselves.
//                                The last line of a pid and device counts. A missing file is an empty one; so is a last
//                                line without its line end.
//
// What it does not imitate: MIG instances, events, setting anything.

#include "tests/gpu/fake_nvml/fake_world.hpp"

#include <cstring>
#include <optional>
#include <unistd.h>

namespace {

using namespace fake_nvml;

// Codes of nvml.h.
enum code : int {
  success = 0,
  uninitialized = 1,
  invalid_argument = 2,
  not_supported = 3,
  not_found = 6,
  insufficient_size = 7,
  gpu_is_lost = 15,
  reset_required = 16,
  version_mismatch = 25,
};

constexpr uint64_t mib = uint64_t{1} << 20;
constexpr uint32_t no_instance = ~uint32_t{0};

struct memory_v2 {
  uint32_t version;
  uint64_t total, reserved, free, used;
};
static_assert(sizeof(memory_v2) == 40);

struct memory_v1 {
  uint64_t total, free, used;
};

struct process_v3 {
  uint32_t pid;
  uint64_t used;
  uint32_t gpu_instance, compute_instance;
};
static_assert(sizeof(process_v3) == 24);

struct utilisation {
  uint32_t gpu, memory;
};

struct accounting_stats {
  uint32_t gpu_utilisation, memory_utilisation;
  uint64_t max_memory, time, start_time;
  uint32_t is_running;
  uint32_t reserved[5];
};
static_assert(sizeof(accounting_stats) == 56);

struct temperature_v1 {
  uint32_t version, sensor;
  int32_t celsius;
};

/// A handle is the number of the device in the file, from 1, so that it survives changes of the others.
using handle = void*;

const device* find(const world& all, handle of) {
  auto number = reinterpret_cast<uintptr_t>(of);
  return number >= 1 && number <= all.devices.size() ? &all.devices[number - 1] : nullptr;
}

/// Waits while the file says that the function hangs; the code that it scripts for it, if any.
std::optional<int> scripted(const char* function, const std::string& uuid = {}) {
  for (;; ::usleep(10'000)) {
    auto all = read_world();
    bool hangs = false;
    for (const auto& call : all.calls) {
      if (call.function != function || !(call.uuid.empty() || call.uuid == uuid))
        continue;
      if (!call.hangs)
        return call.code;
      hangs = true;
    }
    if (!hangs)
      return {};
  }
}

/// Answers a call on a device: with the code of its state, else with `answer`.
template <class Answer>
int on_device(const char* function, handle of, Answer answer) {
  auto all = read_world();
  const auto* device = find(all, of);
  if (!device)
    return invalid_argument;
  ::usleep(static_cast<useconds_t>(device->delay_ms * 1000));
  while (device && device->state == "hang") {
    ::usleep(10'000);
    all = read_world();
    device = find(all, of);
  }
  if (!device)
    return invalid_argument;
  if (device->state == "lost" || device->state == "absent")
    return gpu_is_lost;
  if (device->state == "reset")
    return reset_required;
  if (auto code = scripted(function, device->uuid))
    return *code;
  return answer(all, *device);
}

int copy_text(const std::string& text, char* out, unsigned size) {
  if (text.size() >= size)
    return insufficient_size;
  std::memcpy(out, text.c_str(), text.size() + 1);
  return success;
}

/// Answers with a value of the device's line, or code 3 for `na`.
template <class Number>
int number(const char* function, handle of, const char* name, uint64_t otherwise, Number* out) {
  return on_device(function, of, [&](const world&, const device& from) -> int {
    auto value = from.number(name, otherwise);
    if (!value)
      return not_supported;
    *out = static_cast<Number>(*value);
    return success;
  });
}

/// Answers with one of two values; which of them says `selector`, 1 or 2.
[[maybe_unused]] int either(const char* function, handle of, int selector, const char* first, uint64_t first_default,
                            const char* second, uint64_t second_default, unsigned* out) {
  if (selector == 1)
    return number(function, of, first, first_default, out);
  if (selector == 2)
    return number(function, of, second, second_default, out);
  return not_supported;
}

[[maybe_unused]] int list_processes(const char* function, handle of, const char* kind, unsigned* count,
                                    process_v3* out) {
  return on_device(function, of, [&](const world& all, const device& device) -> int {
    std::vector<process_v3> found;
    for (const auto& process : living(all, device))
      if (process.kind == kind)
        found.push_back({process.pid, process.mib ? *process.mib * mib : ~uint64_t{0}, no_instance, no_instance});
    auto room = *count;
    *count = static_cast<unsigned>(found.size());
    if (found.size() > room || (!out && !found.empty()))
      return insufficient_size;
    std::copy(found.begin(), found.end(), out);
    return success;
  });
}

} // namespace

extern "C" {

int nvmlInit_v2() {
  return scripted("nvmlInit_v2").value_or(success);
}

int nvmlShutdown() {
  return scripted("nvmlShutdown").value_or(success);
}

int nvmlDeviceGetCount_v2(unsigned* count) {
  if (auto code = scripted("nvmlDeviceGetCount_v2"))
    return *code;
  *count = 0;
  for (const auto& device : read_world().devices)
    *count += device.state != "absent";
  return success;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, handle* out) {
  auto all = read_world();
  unsigned counted = 0;
  for (size_t i = 0; i < all.devices.size(); ++i) {
    if (all.devices[i].state == "absent" || counted++ != index)
      continue;
    *out = reinterpret_cast<handle>(i + 1);
    return on_device("nvmlDeviceGetHandleByIndex_v2", *out, [](const auto&, const auto&) { return success; });
  }
  return invalid_argument;
}

int nvmlDeviceGetUUID(handle of, char* out, unsigned size) {
  return on_device("nvmlDeviceGetUUID", of,
                   [&](const world&, const device& d) { return copy_text(d.uuid, out, size); });
}

int nvmlDeviceGetName(handle of, char* out, unsigned size) {
  return on_device("nvmlDeviceGetName", of,
                   [&](const world&, const device& d) { return copy_text(d.name, out, size); });
}

int nvmlDeviceGetMemoryInfo_v2(handle of, memory_v2* out) {
  constexpr uint32_t version = sizeof(memory_v2) | 2U << 24;
  return on_device("nvmlDeviceGetMemoryInfo_v2", of, [&](const world& all, const device& device) -> int {
    if (out->version != version || all.other_abi)
      return version_mismatch;
    auto used = used_mib(all, device);
    auto taken = used + device.reserved_mib;
    out->total = device.total_mib * mib;
    out->reserved = device.reserved_mib * mib;
    out->used = used * mib;
    out->free = (device.total_mib > taken ? device.total_mib - taken : 0) * mib;
    return success;
  });
}

#ifndef FAKE_NVML_OLD // an older library lacks what is not needed

int nvmlDeviceGetMemoryInfo(handle of, memory_v1* out) {
  return on_device("nvmlDeviceGetMemoryInfo", of, [&](const world& all, const device& device) -> int {
    auto taken = used_mib(all, device) + device.reserved_mib;
    out->total = device.total_mib * mib;
    out->used = taken * mib;
    out->free = (device.total_mib > taken ? device.total_mib - taken : 0) * mib;
    return success;
  });
}

int nvmlSystemGetDriverVersion(char* out, unsigned size) {
  if (auto code = scripted("nvmlSystemGetDriverVersion"))
    return *code;
  return copy_text(read_world().driver, out, size);
}

int nvmlDeviceGetHandleByUUID(const char* uuid, handle* out) {
  auto all = read_world();
  for (size_t i = 0; i < all.devices.size(); ++i) {
    if (all.devices[i].uuid != uuid)
      continue;
    *out = reinterpret_cast<handle>(i + 1);
    return on_device("nvmlDeviceGetHandleByUUID", *out, [](const auto&, const auto&) { return success; });
  }
  return not_found;
}

int nvmlDeviceGetMinorNumber(handle of, unsigned* out) {
  return number("nvmlDeviceGetMinorNumber", of, "minor", reinterpret_cast<uintptr_t>(of) - 1, out);
}

int nvmlDeviceGetMigMode(handle of, unsigned* current, unsigned* pending) {
  return on_device("nvmlDeviceGetMigMode", of, [&](const world&, const device& device) -> int {
    auto mode = device.text("mig", "off");
    if (mode == "na")
      return not_supported;
    *current = *pending = mode == "on";
    return success;
  });
}

int nvmlDeviceGetComputeRunningProcesses_v3(handle of, unsigned* count, process_v3* out) {
  return list_processes("nvmlDeviceGetComputeRunningProcesses_v3", of, "compute", count, out);
}

int nvmlDeviceGetGraphicsRunningProcesses_v3(handle of, unsigned* count, process_v3* out) {
  return list_processes("nvmlDeviceGetGraphicsRunningProcesses_v3", of, "graphics", count, out);
}

int nvmlDeviceGetMPSComputeRunningProcesses_v3(handle of, unsigned* count, process_v3* out) {
  return list_processes("nvmlDeviceGetMPSComputeRunningProcesses_v3", of, "mps", count, out);
}

int nvmlDeviceGetTotalEccErrors(handle of, int type, int counter, unsigned long long* out) {
  if (type != 1 || counter != 0)
    return invalid_argument;
  return number("nvmlDeviceGetTotalEccErrors", of, "ecc", 0, out);
}

int nvmlDeviceGetRemappedRows(handle of, unsigned* corrected, unsigned* uncorrected, unsigned* pending,
                              unsigned* failed) {
  const char* function = "nvmlDeviceGetRemappedRows";
  if (auto code = number(function, of, "corrected_rows", 0, corrected))
    return code;
  if (auto code = number(function, of, "uncorrected_rows", 0, uncorrected))
    return code;
  if (auto code = number(function, of, "pending_rows", 0, pending))
    return code;
  return number(function, of, "failed_rows", 0, failed);
}

int nvmlDeviceGetRetiredPagesPendingStatus(handle of, unsigned* out) {
  return number("nvmlDeviceGetRetiredPagesPendingStatus", of, "retired_pending", 0, out);
}

int nvmlDeviceGetCurrentClocksEventReasons(handle of, unsigned long long* out) {
  return number("nvmlDeviceGetCurrentClocksEventReasons", of, "reasons", 1, out);
}

int nvmlDeviceGetClockInfo(handle of, int which, unsigned* out) {
  return either("nvmlDeviceGetClockInfo", of, which, "sm_mhz", 1000, "memory_mhz", 1500, out);
}

int nvmlDeviceGetMaxClockInfo(handle of, int which, unsigned* out) {
  return either("nvmlDeviceGetMaxClockInfo", of, which, "max_sm_mhz", 2000, "max_memory_mhz", 3000, out);
}

int nvmlDeviceGetPowerUsage(handle of, unsigned* out) {
  return number("nvmlDeviceGetPowerUsage", of, "power_mw", 70'000, out);
}

int nvmlDeviceGetEnforcedPowerLimit(handle of, unsigned* out) {
  return number("nvmlDeviceGetEnforcedPowerLimit", of, "limit_mw", 700'000, out);
}

int nvmlDeviceGetTotalEnergyConsumption(handle of, unsigned long long* out) {
  return number("nvmlDeviceGetTotalEnergyConsumption", of, "energy_mj", 1'000'000, out);
}

int nvmlDeviceGetTemperature(handle of, int sensor, unsigned* out) {
  return sensor == 0 ? number("nvmlDeviceGetTemperature", of, "temperature", 40, out) : int{invalid_argument};
}

int nvmlDeviceGetTemperatureV(handle of, temperature_v1* out) {
  if (out->version != 0x100000c || read_world().other_abi)
    return version_mismatch;
  return number("nvmlDeviceGetTemperatureV", of, "temperature", 40, &out->celsius);
}

int nvmlDeviceGetCurrPcieLinkGeneration(handle of, unsigned* out) {
  return number("nvmlDeviceGetCurrPcieLinkGeneration", of, "pcie_generation", 5, out);
}

int nvmlDeviceGetCurrPcieLinkWidth(handle of, unsigned* out) {
  return number("nvmlDeviceGetCurrPcieLinkWidth", of, "pcie_width", 16, out);
}

int nvmlDeviceGetMaxPcieLinkGeneration(handle of, unsigned* out) {
  return number("nvmlDeviceGetMaxPcieLinkGeneration", of, "max_pcie_generation", 5, out);
}

int nvmlDeviceGetMaxPcieLinkWidth(handle of, unsigned* out) {
  return number("nvmlDeviceGetMaxPcieLinkWidth", of, "max_pcie_width", 16, out);
}

int nvmlDeviceGetComputeMode(handle of, unsigned* out) {
  return number("nvmlDeviceGetComputeMode", of, "compute_mode", 0, out);
}

int nvmlDeviceGetPersistenceMode(handle of, unsigned* out) {
  return number("nvmlDeviceGetPersistenceMode", of, "persistence", 1, out);
}

int nvmlDeviceGetUtilizationRates(handle of, utilisation* out) {
  if (auto code = number("nvmlDeviceGetUtilizationRates", of, "utilisation", 0, &out->gpu))
    return code;
  return number("nvmlDeviceGetUtilizationRates", of, "memory_utilisation", 0, &out->memory);
}

int nvmlDeviceGetAccountingMode(handle of, unsigned* out) {
  return number("nvmlDeviceGetAccountingMode", of, "accounting", 1, out);
}

int nvmlDeviceGetAccountingStats(handle of, unsigned pid, accounting_stats* out) {
  return on_device("nvmlDeviceGetAccountingStats", of, [&](const world& all, const device& device) -> int {
    if (device.number("accounting", 1) != 1)
      return not_supported;
    for (const auto& process : living(all, device)) {
      if (process.pid != pid)
        continue;
      *out = {};
      out->max_memory = peak_mib(device, process) * mib;
      out->is_running = 1;
      return success;
    }
    return not_found;
  });
}

#endif
}
