#pragma once

#include "tests/paths.hpp"
#include "tests/support/files.hpp"

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace hive {

/// A device of the fake NVML; see tests/gpu/fake_nvml/fake_nvml.cpp for the values.
struct fake_gpu {
  std::string uuid = "GPU-0";
  std::string name = "Fake GPU";
  uint64_t total_mib = 8192;
  uint64_t reserved_mib = 256;
  std::string state = "ok"; ///< ok, lost, reset, hang, absent
  std::string more = {};    ///< further values, such as "mig=on ecc=2 delay_ms=5"
};

/// Memory of a real process on a device.
struct fake_gpu_process {
  std::string uuid = "GPU-0";
  pid_t pid = 0;
  std::string mib = "100";   ///< or "na"
  std::string free_ms = "0"; ///< after its death; "never": it stays used
  std::string more = {};
};

/// The GPUs of a test, and the files of the fake library that shows them to hive-gpu-probe: change the members, then
/// call `write`.
class fake_gpus {
public:
  explicit fake_gpus(std::filesystem::path directory, std::vector<fake_gpu> those = {fake_gpu{}})
      : devices{std::move(those)}, directory_{std::move(directory)} {
    write();
  }

  std::vector<fake_gpu> devices;
  std::vector<fake_gpu_process> processes;
  /// Further lines, such as "abi other", "foreign device=GPU-0 mib=5" or "call name=nvmlInit_v2 hang".
  std::vector<std::string> lines;

  /// Replaces the world at once: no reader sees half of it.
  void write() const {
    auto next = directory_ / "gpu-world.next";
    put_file(next, text());
    std::filesystem::rename(next, world());
  }

  std::filesystem::path world() const {
    return directory_ / "gpu-world";
  }

  /// Processes of a test append what they hold: see `holding`.
  std::filesystem::path registry() const {
    return directory_ / "gpu-registry";
  }

  /// A line of shell by which a process says what it holds; `pid` is a shell word.
  std::string holding(uint64_t mib, const std::string& uuid = "GPU-0", const std::string& more = "",
                      const std::string& pid = "$$") const {
    return "echo \"device=" + uuid + " pid=" + pid + " mib=" + std::to_string(mib) + (more.empty() ? "" : " " + more) +
           "\" >>'" + registry().string() + "'";
  }

  /// The variable that the fake library needs.
  std::pair<std::string, std::string> environment() const {
    return {"FAKE_NVML_WORLD", world().string()};
  }

  /// Sets it for this process and its children.
  void enter_environment() const {
    ::setenv("FAKE_NVML_WORLD", world().c_str(), 1);
  }

  /// Program and arguments that run another one with it, for `hived_options::wrapper`.
  std::vector<std::string> wrapper() const {
    return {"/usr/bin/env", "FAKE_NVML_WORLD=" + world().string()};
  }

  static std::string library() {
    return HIVE_FAKE_NVML_FILE;
  }

  /// The section of a node's configuration; `more` are further lines of it.
  static std::string config(const std::string& more = {}) {
    return "[gpu]\nlibrary = \"" + library() + "\"\n" + more + (more.empty() ? "" : "\n");
  }

private:
  std::string text() const {
    std::string out = "registry file=" + registry().string() + "\n";
    for (const auto& line : lines)
      out += line + "\n";
    for (const auto& d : devices)
      out += "device uuid=" + d.uuid + " name=\"" + d.name + "\" total=" + std::to_string(d.total_mib) +
             " reserved=" + std::to_string(d.reserved_mib) + " state=" + d.state + " " + d.more + "\n";
    for (const auto& p : processes)
      out += "process device=" + p.uuid + " pid=" + std::to_string(p.pid) + " mib=" + p.mib + " free_ms=" + p.free_ms +
             " " + p.more + "\n";
    return out;
  }

  std::filesystem::path directory_;
};

} // namespace hive
