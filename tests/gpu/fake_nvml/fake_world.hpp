#pragma once

// The world of the fake NVML: devices, processes and faults, as fake_nvml.cpp describes them.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fake_nvml {

using values = std::map<std::string, std::string>;

struct device {
  std::string uuid;
  std::string name;
  std::string state;
  uint64_t total_mib = 0;
  uint64_t reserved_mib = 0;
  uint64_t delay_ms = 0;
  values more;

  /// The value of this name; `otherwise` when it is not given.
  std::string text(const std::string& name, const std::string& otherwise) const;
  /// The same as a number; nothing for `na`.
  std::optional<uint64_t> number(const std::string& name, uint64_t otherwise) const;
};

struct process {
  std::string uuid; ///< of the device
  uint32_t pid = 0;
  std::optional<uint64_t> mib;     ///< nothing: an unknown amount
  std::optional<uint64_t> free_ms; ///< after its death; nothing: never
  std::string kind;
  std::optional<uint64_t> peak_mib;
};

struct foreign_memory {
  std::string uuid;
  uint64_t mib = 0;
};

struct scripted_call {
  std::string function;
  std::string uuid; ///< empty: of all devices
  int code = 0;
  bool hangs = false;
};

struct world {
  std::string driver = "615.43.02";
  bool other_abi = false;
  std::vector<device> devices;
  std::vector<process> processes;
  std::vector<foreign_memory> foreign;
  std::vector<scripted_call> calls;
};

/// Reads the file that FAKE_NVML_WORLD names, and its registries. Ends the process when it cannot be used.
world read_world();

/// The processes of the device that live.
std::vector<process> living(const world& all, const device& of);

/// Memory in use: of the living, of the dead whose memory is not free yet, and foreign memory.
uint64_t used_mib(const world& all, const device& of);

/// The largest memory of the process so far.
uint64_t peak_mib(const device& of, const process& who);

} // namespace fake_nvml
