#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

/// The part of NVML's C interface that the probe uses, declared here so that the build needs no NVIDIA package. Names,
/// sizes and versions are those of nvml.h 13.
namespace hive::nvml {

using device = void*;

/// What NVML's functions return: all of its codes that mean something here.
enum code : int {
  success = 0,
  not_supported = 3,
  driver_not_loaded = 9,
  insufficient_size = 7,
  function_not_found = 13,
  gpu_is_lost = 15,
  reset_required = 16,
  version_mismatch = 25, ///< of a struct: library and caller have different ABIs
};

/// What NVML says where it has no number.
inline constexpr uint64_t not_available = ~uint64_t{0};

inline constexpr unsigned uuid_bytes = 96;
inline constexpr unsigned name_bytes = 96;
inline constexpr unsigned driver_version_bytes = 80;

/// The version field of a struct: its size and its number.
template <class Struct>
constexpr uint32_t version_of(uint32_t number) {
  return static_cast<uint32_t>(sizeof(Struct)) | number << 24;
}

/// Bytes. `used` is what was allocated, without `reserved`.
struct memory_v2 {
  uint32_t version = 0;
  uint64_t total = 0;
  uint64_t reserved = 0;
  uint64_t free = 0;
  uint64_t used = 0;
};
static_assert(version_of<memory_v2>(2) == 0x2000028);

/// The same for version 2 and version 3 of the functions that list processes.
struct process {
  uint32_t pid = 0;
  uint64_t used = not_available;
  uint32_t gpu_instance = 0;
  uint32_t compute_instance = 0;
};
static_assert(sizeof(process) == 24);

struct utilisation {
  uint32_t gpu = 0; ///< percent
  uint32_t memory = 0;
};

struct accounting_stats {
  uint32_t gpu_utilisation = 0;
  uint32_t memory_utilisation = 0;
  uint64_t max_memory = not_available; ///< bytes
  uint64_t time_ms = 0;
  uint64_t start_time = 0;
  uint32_t is_running = 0;
  uint32_t reserved[5] = {};
};
static_assert(sizeof(accounting_stats) == 56);

struct temperature_v1 {
  uint32_t version = 0;
  uint32_t sensor = 0;
  int32_t celsius = 0;
};
static_assert(version_of<temperature_v1>(1) == 0x100000c);

inline constexpr unsigned gpu_sensor = 0;
enum clock_type : int { sm_clock = 1, memory_clock = 2 };
inline constexpr int uncorrected_errors = 1;
inline constexpr int volatile_counter = 0;

using get_number = int(device, unsigned*);
using get_wide_number = int(device, unsigned long long*);
using list_processes = int(device, unsigned* count, process*);

/// NVML's functions. All but the first group may be missing in a library, and are null then.
struct functions {
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  int (*count)(unsigned*) = nullptr;
  int (*handle_by_index)(unsigned, device*) = nullptr;
  int (*uuid)(device, char*, unsigned) = nullptr;
  int (*name)(device, char*, unsigned) = nullptr;
  int (*memory)(device, memory_v2*) = nullptr;

  int (*driver_version)(char*, unsigned) = nullptr;
  get_number* minor_number = nullptr;
  int (*mig_mode)(device, unsigned* current, unsigned* pending) = nullptr;
  list_processes* compute_processes = nullptr;
  list_processes* graphics_processes = nullptr;
  list_processes* mps_processes = nullptr;
  int (*ecc_errors)(device, int type, int counter, unsigned long long*) = nullptr;
  int (*remapped_rows)(device, unsigned*, unsigned*, unsigned* pending, unsigned* failed) = nullptr;
  get_number* retired_pages_pending = nullptr;
  get_wide_number* clock_events = nullptr;
  int (*clock)(device, int, unsigned*) = nullptr;
  int (*max_clock)(device, int, unsigned*) = nullptr;
  get_number* power_mw = nullptr;
  get_number* power_limit_mw = nullptr;
  get_wide_number* energy_mj = nullptr;
  int (*temperature)(device, unsigned sensor, unsigned*) = nullptr;
  int (*temperature_versioned)(device, temperature_v1*) = nullptr;
  get_number* pcie_generation = nullptr;
  get_number* pcie_width = nullptr;
  get_number* max_pcie_generation = nullptr;
  get_number* max_pcie_width = nullptr;
  get_number* compute_mode = nullptr;
  get_number* persistence = nullptr;
  int (*utilisation_rates)(device, utilisation*) = nullptr;
  get_number* accounting_mode = nullptr;
  int (*accounting)(device, unsigned pid, accounting_stats*) = nullptr;
  void (*set_memory_limits)() = nullptr; ///< never called: only whether it is there
};

/// Calls a function; code 13 when the library lacks it.
template <class... Parameters, class... Arguments>
int call(int (*function)(Parameters...), Arguments... arguments) {
  return function ? function(arguments...) : int{function_not_found};
}

/// What a code means, in NVML's words: `NVML error 15: the GPU is lost`.
std::string describe(int code);

/// A loaded and initialised library; shut down and unloaded by its destructor.
class library {
public:
  /// ec::not_found when there is no such file or no driver, ec::unsupported when the library cannot be used. The texts
  /// name the library and the reason.
  static caf::expected<std::unique_ptr<library>> open(const std::string& name);

  ~library();
  library(const library&) = delete;
  library& operator=(const library&) = delete;

  const functions& operator*() const {
    return functions_;
  }
  const functions* operator->() const {
    return &functions_;
  }

private:
  struct unload {
    void operator()(void* handle) const;
  };

  explicit library(void* handle) : handle_{handle} {
  }

  /// The first symbol that is needed and missing, or null.
  const char* resolve();

  std::unique_ptr<void, unload> handle_;
  functions functions_;
  bool is_initialised_ = false;
};

} // namespace hive::nvml
