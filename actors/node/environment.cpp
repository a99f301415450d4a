#include "actors/node/environment.hpp"

#include "actors/scheduling/scheduling.hpp"
#include "platform/container_limits.hpp"
#include "platform/hex.hpp"
#include "platform/sha256.hpp"

#include <charconv>
#include <fstream>
#include <iterator>
#include <span>
#include <sys/utsname.h>

namespace hive {
namespace {

std::string kernel_file(const char* path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::string_view trim(std::string_view text) {
  auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The value of the first line `name : value` in a /proc file.
std::string_view find_value(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    auto colon = line.find(':');
    if (colon != std::string_view::npos && trim(line.substr(0, colon)) == name)
      return trim(line.substr(colon + 1));
  }
  return {};
}

/// What chooses the clock of the first processor; without a choice, as in most virtual machines, `none`.
std::string governor() {
  auto text = kernel_file("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  auto name = trim(std::string_view{text}.substr(0, text.find('\n')));
  return name.empty() ? "none" : std::string{name};
}

std::string hash_prefix(std::string_view text) {
  constexpr size_t prefix_bytes = 8;
  auto digest = sha256(text);
  return to_hex(std::span{digest}.first(prefix_bytes));
}

} // namespace

std::string cpu_model_of(std::string_view cpuinfo) {
  return std::string{find_value(cpuinfo, "model name")};
}

uint64_t memory_mib_of(std::string_view meminfo) {
  constexpr uint64_t kib_per_mib = 1024;
  auto text = find_value(meminfo, "MemTotal");
  uint64_t kib = 0;
  std::from_chars(text.data(), text.data() + text.size(), kib);
  return kib / kib_per_mib;
}

msg<wire::Environment> describe_environment(const std::string& gpu_names, const std::string& driver) {
  utsname system{};
  ::uname(&system);
  auto cpu_model = cpu_model_of(kernel_file("/proc/cpuinfo"));
  auto limits = find_container_limits();
  return msg<wire::Environment>::build([&](wire::Environment::Builder out) {
    out.setCpuModel(cpu_model.empty() ? std::string{system.machine} : cpu_model);
    out.setCores(usable_cores());
    out.setMemoryMib(memory_mib_of(kernel_file("/proc/meminfo")));
    out.setKernel(system.release);
    out.setGpu(gpu_names);
    if (!driver.empty())
      out.setDriver(driver);
    out.setGovernor(governor());
    if (!limits.processors.empty())
      out.setCpuLimit(limits.processors);
    if (!limits.memory.empty())
      out.setMemoryLimit(limits.memory);
    out.setFingerprint(fingerprint_of(out.asReader()));
  });
}

std::string fingerprint_of(wire::Environment::Reader environment) {
  constexpr uint64_t mib_per_gib = 1024;
  auto memory_gib = (environment.getMemoryMib() + mib_per_gib / 2) / mib_per_gib;
  std::string text;
  // The fields contain no line ends, so different machines give different texts.
  (text += environment.getCpuModel().cStr()) += '\n';
  (text += std::to_string(environment.getCores())) += '\n';
  (text += std::to_string(memory_gib)) += '\n';
  (text += environment.getKernel().cStr()) += '\n';
  text += environment.getGpu().cStr();
  return hash_prefix(text);
}

} // namespace hive
