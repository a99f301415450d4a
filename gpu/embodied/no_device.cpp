#include "gpu/embodied/device.hpp"

namespace hive::embodied {

device_report run_on_device(const curriculum&, const std::function<bool()>&) {
  device_report out;
  out.skipped = "built without CUDA";
  return out;
}

} // namespace hive::embodied
