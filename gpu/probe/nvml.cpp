#include "gpu/probe/nvml.hpp"

#include "messages/ec.hpp"

#include <dlfcn.h>

namespace hive::nvml {
namespace {

const char* meaning(int code) {
  switch (code) {
  case 1:
    return "not initialised";
  case 2:
    return "invalid argument";
  case not_supported:
    return "not supported";
  case 4:
    return "no permission";
  case 6:
    return "not found";
  case insufficient_size:
    return "insufficient size";
  case 8:
    return "insufficient external power";
  case driver_not_loaded:
    return "the driver is not loaded";
  case 10:
    return "timed out";
  case 11:
    return "interrupts do not work";
  case 12:
    return "a shared library of the driver is missing";
  case function_not_found:
    return "the library lacks the function";
  case 14:
    return "corrupted infoROM";
  case gpu_is_lost:
    return "the GPU is lost";
  case reset_required:
    return "the GPU requires a reset";
  case 17:
    return "the operating system blocks it";
  case 18:
    return "library and driver have different versions";
  case 19:
    return "in use";
  case 20:
    return "out of memory";
  case version_mismatch:
    return "unknown version of a struct";
  default:
    return "unknown error";
  }
}

/// What dlopen says of a file that does not exist, rather than of one that it cannot load.
bool is_missing(std::string_view why, const std::string& name) {
  return why.starts_with(name + ": cannot open shared object file: No such file");
}

template <class Function>
bool find(void* handle, Function*& out, const char* symbol) {
  out = reinterpret_cast<Function*>(dlsym(handle, symbol));
  return out != nullptr;
}

} // namespace

std::string describe(int code) {
  return "NVML error " + std::to_string(code) + ": " + meaning(code);
}

void library::unload::operator()(void* handle) const {
  dlclose(handle);
}

const char* library::resolve() {
  auto* from = handle_.get();
  auto& f = functions_;
  const char* missing = nullptr;
  auto need = [&](auto& out, const char* symbol) {
    if (!find(from, out, symbol) && !missing)
      missing = symbol;
  };
  need(f.init, "nvmlInit_v2");
  need(f.shutdown, "nvmlShutdown");
  need(f.count, "nvmlDeviceGetCount_v2");
  need(f.handle_by_index, "nvmlDeviceGetHandleByIndex_v2");
  need(f.uuid, "nvmlDeviceGetUUID");
  need(f.name, "nvmlDeviceGetName");
  need(f.memory, "nvmlDeviceGetMemoryInfo_v2");
  find(from, f.driver_version, "nvmlSystemGetDriverVersion");
  find(from, f.minor_number, "nvmlDeviceGetMinorNumber");
  find(from, f.mig_mode, "nvmlDeviceGetMigMode");
  find(from, f.compute_processes, "nvmlDeviceGetComputeRunningProcesses_v3");
  find(from, f.graphics_processes, "nvmlDeviceGetGraphicsRunningProcesses_v3");
  find(from, f.mps_processes, "nvmlDeviceGetMPSComputeRunningProcesses_v3");
  find(from, f.ecc_errors, "nvmlDeviceGetTotalEccErrors");
  find(from, f.remapped_rows, "nvmlDeviceGetRemappedRows");
  find(from, f.retired_pages_pending, "nvmlDeviceGetRetiredPagesPendingStatus");
  if (!find(from, f.clock_events, "nvmlDeviceGetCurrentClocksEventReasons"))
    find(from, f.clock_events, "nvmlDeviceGetCurrentClocksThrottleReasons"); // its name before driver 535
  find(from, f.clock, "nvmlDeviceGetClockInfo");
  find(from, f.max_clock, "nvmlDeviceGetMaxClockInfo");
  find(from, f.power_mw, "nvmlDeviceGetPowerUsage");
  find(from, f.power_limit_mw, "nvmlDeviceGetEnforcedPowerLimit");
  find(from, f.energy_mj, "nvmlDeviceGetTotalEnergyConsumption");
  find(from, f.temperature, "nvmlDeviceGetTemperature");
  find(from, f.temperature_versioned, "nvmlDeviceGetTemperatureV");
  find(from, f.pcie_generation, "nvmlDeviceGetCurrPcieLinkGeneration");
  find(from, f.pcie_width, "nvmlDeviceGetCurrPcieLinkWidth");
  find(from, f.max_pcie_generation, "nvmlDeviceGetMaxPcieLinkGeneration");
  find(from, f.max_pcie_width, "nvmlDeviceGetMaxPcieLinkWidth");
  find(from, f.compute_mode, "nvmlDeviceGetComputeMode");
  find(from, f.persistence, "nvmlDeviceGetPersistenceMode");
  find(from, f.utilisation_rates, "nvmlDeviceGetUtilizationRates");
  find(from, f.accounting_mode, "nvmlDeviceGetAccountingMode");
  find(from, f.accounting, "nvmlDeviceGetAccountingStats");
  find(from, f.set_memory_limits, "nvmlDeviceSetMemoryLimits_v1");
  return missing;
}

caf::expected<std::unique_ptr<library>> library::open(const std::string& name) {
  auto* handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    std::string why = dlerror();
    if (is_missing(why, name))
      return fail(ec::not_found, "no NVIDIA driver on this machine: " + name + " is not there");
    return fail(ec::unsupported, name + " cannot be loaded: " + why);
  }
  std::unique_ptr<library> out{new library{handle}};
  if (const auto* missing = out->resolve())
    return fail(ec::unsupported, name + " is no NVML of a known ABI: it lacks " + missing);
  if (auto code = out->functions_.init(); code != success)
    return fail(code == driver_not_loaded ? ec::not_found : ec::unsupported,
                name + " does not start: nvmlInit_v2: " + describe(code));
  out->is_initialised_ = true;
  return out;
}

library::~library() {
  if (is_initialised_)
    functions_.shutdown();
}

} // namespace hive::nvml
