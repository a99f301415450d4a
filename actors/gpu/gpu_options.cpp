#include "actors/gpu/gpu_options.hpp"

#include "messages/ec.hpp"

#include <algorithm>

namespace hive {
namespace {

constexpr size_t max_name_bytes = 96;                // as the driver's names
constexpr uint64_t max_vram_mib = uint64_t{1} << 24; // 16 TiB
constexpr size_t max_simulated = 64;                 // as in a report

bool is_printable(unsigned char c) {
  return c >= ' ' && c < 0x7f;
}

} // namespace

caf::error simulated_gpu::validate() const {
  if (name.empty() || name.size() > max_name_bytes || !std::ranges::all_of(name, is_printable))
    return fail(ec::invalid, "name must be 1 to " + std::to_string(max_name_bytes) + " printable ASCII characters");
  if (vram_mib < 1 || vram_mib > max_vram_mib)
    return fail(ec::invalid, "vram_mib must lie between 1 and " + std::to_string(max_vram_mib));
  return caf::none;
}

caf::error gpu_options::validate() const {
  if (library.empty() || library.find('\0') != library.npos)
    return fail(ec::invalid, "library must be the name or path of a shared library");
  if (probe.native().find('\0') != std::string::npos)
    return fail(ec::invalid, "probe must be the path of a program");
  if (simulated.size() > max_simulated)
    return fail(ec::invalid, "simulated has more than " + std::to_string(max_simulated) + " elements");
  for (const auto& device : simulated)
    if (auto error = device.validate())
      return error;
  return caf::none;
}

} // namespace hive
