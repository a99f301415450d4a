#include "gpu/qwen_encoder/device.hpp"

namespace hive::qwen {

device_report run_on_device(const device_request&) {
  device_report out;
  out.skipped = "built without CUDA";
  return out;
}

} // namespace hive::qwen
