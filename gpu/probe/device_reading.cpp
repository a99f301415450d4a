#include "gpu/probe/device_reading.hpp"

#include "messages/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <vector>

namespace hive {
namespace {

constexpr uint64_t bytes_per_mib = uint64_t{1} << 20;
/// Processes in the schema's list. A device with more has its processes unknown.
constexpr size_t max_processes = 1024;
/// Room for the first attempt to list processes; more is asked for when NVML says so.
constexpr size_t usual_processes = 32;
/// Processes start while they are listed, so the list may be too short again.
constexpr int list_attempts = 4;
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

uint64_t mib_up(uint64_t bytes) {
  return bytes / bytes_per_mib + (bytes % bytes_per_mib != 0);
}

wire::GpuFlag flag_of(unsigned value) {
  return value ? wire::GpuFlag::YES : wire::GpuFlag::NO;
}

/// The text of a driver in a form that every reader takes.
std::string clean(const char* text) {
  std::string out = printable(text);
  out.resize(std::min<size_t>(out.size(), nvml::name_bytes));
  return out;
}

struct process_memory {
  double used_mib = unknown;
  double max_used_mib = unknown;
};

class reader {
public:
  reader(const nvml::functions& lib, nvml::device device, wire::GpuReading::Builder out)
      : lib_{lib}, device_{device}, out_{out} {
  }

  /// Whether the device has what a lease needs. The order is that of the questions.
  bool read() {
    read_identity();
    read_memory();
    if (is_gone_)
      return has_other_abi_;
    read_processes();
    read_mig();
    read_health();
    read_clocks();
    read_power();
    read_pcie();
    read_modes();
    return has_other_abi_;
  }

private:
  /// Asks one question. A device that is lost or needs a reset says so at any of them.
  template <class... Parameters, class... Arguments>
  bool ask(const char* name, int (*function)(nvml::device, Parameters...), Arguments... arguments) {
    auto code = is_gone_ ? int{nvml::gpu_is_lost} : nvml::call(function, device_, arguments...);
    last_code_ = code;
    if ((code == nvml::gpu_is_lost || code == nvml::reset_required) && !is_gone_) {
      is_gone_ = true;
      set_fault(name, code, out_);
    }
    return code == nvml::success;
  }

  /// Asks what a lease needs.
  template <class Function, class... Arguments>
  bool need(const char* name, Function function, Arguments... arguments) {
    if (ask(name, function, arguments...))
      return true;
    if (!is_gone_ && !out_.hasFault())
      set_fault(name, last_code_, out_);
    return false;
  }

  double number(const char* name, nvml::get_number* function) {
    unsigned value = 0;
    return ask(name, function, &value) ? value : unknown;
  }

  std::optional<unsigned> whole(const char* name, nvml::get_number* function) {
    unsigned value = 0;
    return ask(name, function, &value) ? std::optional{value} : std::nullopt;
  }

  double clock(const char* name, int (*function)(nvml::device, int, unsigned*), nvml::clock_type which) {
    unsigned value = 0;
    return ask(name, function, which, &value) ? value : unknown;
  }

  void read_identity() {
    out_.setState(wire::GpuState::OK);
    std::array<char, nvml::uuid_bytes> uuid{};
    std::array<char, nvml::name_bytes> name{};
    if (need("nvmlDeviceGetUUID", lib_.uuid, uuid.data(), nvml::uuid_bytes))
      out_.setUuid(clean(uuid.data()));
    if (ask("nvmlDeviceGetName", lib_.name, name.data(), nvml::name_bytes))
      out_.setName(clean(name.data()));
    out_.setMinor(number("nvmlDeviceGetMinorNumber", lib_.minor_number));
  }

  void read_memory() {
    nvml::memory_v2 memory;
    memory.version = nvml::version_of<nvml::memory_v2>(2);
    bool known = need("nvmlDeviceGetMemoryInfo_v2", lib_.memory, &memory);
    has_other_abi_ = last_code_ == nvml::version_mismatch;
    if (!known)
      return;
    auto out = out_.initMemory();
    auto total = memory.total / bytes_per_mib;
    auto reserved = std::min(mib_up(memory.reserved), total);
    auto used = std::min(mib_up(memory.used), total - reserved);
    out.setTotalMib(total);
    out.setReservedMib(reserved);
    out.setUsedMib(used);
    // The parts never exceed the whole, whatever was rounded.
    out.setFreeMib(std::min(memory.free / bytes_per_mib, total - reserved - used));
  }

  // -- processes --------------------------------------------------------------------

  using process_map = std::map<uint32_t, process_memory>;

  /// Adds the processes of one kind; false when they cannot be listed.
  bool add_processes(const char* name, nvml::list_processes* function, process_map& out) {
    std::vector<nvml::process> list(usual_processes);
    for (int attempt = 0; attempt < list_attempts && list.size() <= 2 * max_processes; ++attempt) {
      auto count = static_cast<unsigned>(list.size());
      if (ask(name, function, &count, list.data())) {
        list.resize(std::min<size_t>(count, list.size()));
        for (const auto& process : list)
          add_process(process, out);
        return true;
      }
      if (last_code_ != nvml::insufficient_size)
        return false;
      list.resize(std::max<size_t>(count + usual_processes, 2 * list.size()));
    }
    return false;
  }

  /// A process that both computes and draws is in two lists.
  static void add_process(const nvml::process& process, process_map& out) {
    auto& entry = out[process.pid];
    if (process.used == nvml::not_available)
      return;
    auto mib = static_cast<double>(mib_up(process.used));
    entry.used_mib = std::isnan(entry.used_mib) ? mib : std::max(entry.used_mib, mib);
  }

  /// The kinds other than compute need not exist.
  bool add_others(const char* name, nvml::list_processes* function, process_map& out) {
    return add_processes(name, function, out) || last_code_ == nvml::function_not_found ||
           last_code_ == nvml::not_supported;
  }

  void read_processes() {
    process_map found;
    bool known = add_processes("nvmlDeviceGetComputeRunningProcesses_v3", lib_.compute_processes, found) &&
                 add_others("nvmlDeviceGetGraphicsRunningProcesses_v3", lib_.graphics_processes, found) &&
                 add_others("nvmlDeviceGetMPSComputeRunningProcesses_v3", lib_.mps_processes, found);
    known = known && found.size() <= max_processes;
    if (!known)
      found.clear();
    read_accounting(found);
    if (!known)
      return;
    auto out = out_.initProcesses().initList(static_cast<uint32_t>(found.size()));
    uint32_t i = 0;
    for (const auto& [pid, memory] : found) {
      out[i].setPid(pid);
      out[i].setUsedMib(memory.used_mib);
      out[i++].setMaxUsedMib(memory.max_used_mib);
    }
  }

  void read_accounting(process_map& of) {
    auto mode = whole("nvmlDeviceGetAccountingMode", lib_.accounting_mode);
    if (!mode)
      return;
    out_.setAccounting(flag_of(*mode));
    if (!*mode)
      return;
    for (auto& [pid, memory] : of) {
      nvml::accounting_stats stats;
      if (ask("nvmlDeviceGetAccountingStats", lib_.accounting, pid, &stats) && stats.max_memory != nvml::not_available)
        memory.max_used_mib = static_cast<double>(mib_up(stats.max_memory));
    }
  }

  // -- state ------------------------------------------------------------------------

  void read_mig() {
    unsigned current = 0, pending = 0;
    bool known = ask("nvmlDeviceGetMigMode", lib_.mig_mode, &current, &pending);
    auto mode = [&](unsigned value) {
      if (known)
        return value ? wire::GpuMigMode::ENABLED : wire::GpuMigMode::DISABLED;
      return last_code_ == nvml::not_supported ? wire::GpuMigMode::UNSUPPORTED : wire::GpuMigMode::UNKNOWN;
    };
    out_.setMigMode(mode(current));
    out_.setMigPending(mode(pending));
    out_.setMigParent(known && (current || pending));
  }

  void read_health() {
    unsigned long long errors = 0;
    if (ask("nvmlDeviceGetTotalEccErrors", lib_.ecc_errors, nvml::uncorrected_errors, nvml::volatile_counter, &errors))
      out_.setEccUncorrected(static_cast<double>(errors));
    unsigned correctable = 0, uncorrectable = 0, pending = 0, failed = 0;
    if (ask("nvmlDeviceGetRemappedRows", lib_.remapped_rows, &correctable, &uncorrectable, &pending, &failed)) {
      auto rows = out_.initRemappedRows();
      rows.setCorrectable(correctable);
      rows.setUncorrectable(uncorrectable);
      rows.setPending(pending != 0);
      rows.setFailed(failed != 0);
    }
    if (auto value = whole("nvmlDeviceGetRetiredPagesPendingStatus", lib_.retired_pages_pending))
      out_.setRetiredPagesPending(flag_of(*value));
  }

  void read_clocks() {
    unsigned long long bits = 0;
    if (ask("nvmlDeviceGetCurrentClocksEventReasons", lib_.clock_events, &bits))
      out_.initClockEvents().setBits(bits);
    out_.setSmMhz(clock("nvmlDeviceGetClockInfo", lib_.clock, nvml::sm_clock));
    out_.setMemoryMhz(clock("nvmlDeviceGetClockInfo", lib_.clock, nvml::memory_clock));
    out_.setMaxSmMhz(clock("nvmlDeviceGetMaxClockInfo", lib_.max_clock, nvml::sm_clock));
    out_.setMaxMemoryMhz(clock("nvmlDeviceGetMaxClockInfo", lib_.max_clock, nvml::memory_clock));
  }

  void read_power() {
    constexpr double per_unit = 1000; // NVML has mW and mJ
    out_.setPowerW(number("nvmlDeviceGetPowerUsage", lib_.power_mw) / per_unit);
    out_.setPowerLimitW(number("nvmlDeviceGetEnforcedPowerLimit", lib_.power_limit_mw) / per_unit);
    unsigned long long energy = 0;
    if (ask("nvmlDeviceGetTotalEnergyConsumption", lib_.energy_mj, &energy))
      out_.setEnergyJ(static_cast<double>(energy) / per_unit);
    out_.setTemperatureC(temperature());
  }

  /// The older function is deprecated since NVML 13, the newer one missing before.
  double temperature() {
    nvml::temperature_v1 reading;
    reading.version = nvml::version_of<nvml::temperature_v1>(1);
    reading.sensor = nvml::gpu_sensor;
    if (ask("nvmlDeviceGetTemperatureV", lib_.temperature_versioned, &reading))
      return reading.celsius;
    unsigned value = 0;
    return ask("nvmlDeviceGetTemperature", lib_.temperature, nvml::gpu_sensor, &value) ? value : unknown;
  }

  void read_pcie() {
    out_.setPcieGeneration(number("nvmlDeviceGetCurrPcieLinkGeneration", lib_.pcie_generation));
    out_.setPcieWidth(number("nvmlDeviceGetCurrPcieLinkWidth", lib_.pcie_width));
    out_.setMaxPcieGeneration(number("nvmlDeviceGetMaxPcieLinkGeneration", lib_.max_pcie_generation));
    out_.setMaxPcieWidth(number("nvmlDeviceGetMaxPcieLinkWidth", lib_.max_pcie_width));
  }

  void read_modes() {
    using enum wire::GpuComputeMode;
    constexpr std::array modes{DEFAULT, EXCLUSIVE_THREAD, PROHIBITED, EXCLUSIVE_PROCESS}; // NVML's numbers, 0 to 3
    if (auto mode = whole("nvmlDeviceGetComputeMode", lib_.compute_mode); mode && *mode < modes.size())
      out_.setComputeMode(modes[*mode]);
    if (auto value = whole("nvmlDeviceGetPersistenceMode", lib_.persistence))
      out_.setPersistence(flag_of(*value));
    nvml::utilisation rates;
    if (ask("nvmlDeviceGetUtilizationRates", lib_.utilisation_rates, &rates)) {
      out_.setUtilisationPercent(rates.gpu);
      out_.setMemoryUtilisationPercent(rates.memory);
    }
  }

  const nvml::functions& lib_;
  nvml::device device_;
  wire::GpuReading::Builder out_;
  int last_code_ = nvml::success;
  bool is_gone_ = false; ///< lost, or needs a reset: no further question is asked
  bool has_other_abi_ = false;
};

} // namespace

bool read_device(const nvml::functions& lib, uint32_t index, wire::GpuReading::Builder out) {
  out.setIndex(index);
  nvml::device device = nullptr;
  if (auto code = lib.handle_by_index(index, &device); code != nvml::success) {
    set_fault("nvmlDeviceGetHandleByIndex_v2", code, out);
    return false;
  }
  return reader{lib, device, out}.read();
}

void set_identity(const gpu_identity& from, wire::GpuReading::Builder out) {
  if (!out.hasUuid() && !from.uuid.empty())
    out.setUuid(from.uuid);
  if (!out.hasName() && !from.name.empty())
    out.setName(from.name);
  if (std::isnan(out.getMinor()))
    out.setMinor(from.minor);
}

void set_fault(const char* function, int code, wire::GpuReading::Builder out) {
  using enum wire::GpuState;
  out.setState(code == nvml::gpu_is_lost ? LOST : code == nvml::reset_required ? RESET_REQUIRED : UNREADABLE);
  auto fault = out.initFault();
  fault.setCode(code);
  fault.setText(std::string{function} + ": " + nvml::describe(code));
}

} // namespace hive
