#pragma once

#include <cstdlib>
#include <cstring>
#include <cuda_runtime.h>
#include <stdexcept>
#include <string>

namespace hive::kernels {

inline void check(cudaError_t code, const char* action) {
  if (code != cudaSuccess)
    throw std::runtime_error{std::string{action} + ": " + cudaGetErrorString(code)};
}

/// A point in the device's own time.
class device_event {
public:
  device_event() {
    check(cudaEventCreate(&event_), "creating an event");
  }

  ~device_event() {
    cudaEventDestroy(event_);
  }

  device_event(const device_event&) = delete;
  device_event& operator=(const device_event&) = delete;

  void record() {
    check(cudaEventRecord(event_), "recording an event");
  }

  /// Milliseconds from `earlier` to this event; waits until the device has passed it.
  float ms_since(const device_event& earlier) const {
    float ms = 0;
    check(cudaEventSynchronize(event_), "waiting for the device");
    check(cudaEventElapsedTime(&ms, earlier.event_, event_), "reading the device's clock");
    return ms;
  }

private:
  cudaEvent_t event_ = nullptr;
};

/// The UUID in the format of the driver's tools.
inline std::string uuid_text(const cudaUUID_t& uuid) {
  constexpr const char* hex = "0123456789abcdef";
  std::string out = "GPU";
  for (size_t i = 0; i < sizeof uuid.bytes; ++i) {
    auto byte = static_cast<unsigned char>(uuid.bytes[i]);
    bool group_begins = i == 0 || i == 4 || i == 6 || i == 8 || i == 10;
    out += group_begins ? "-" : "";
    out += {hex[byte >> 4], hex[byte & 15]};
  }
  return out;
}

/// Why there is no device; `code` is the result of counting the devices.
inline std::string why_none(cudaError_t code) {
  int driver = 0;
  if (cudaDriverGetVersion(&driver) == cudaSuccess && driver == 0)
    return "no NVIDIA driver is loaded";
  return code == cudaSuccess ? "the driver lists none" : cudaGetErrorString(code);
}

/// The device that a measurement runs on, or why there is none.
struct chosen_device {
  std::string skipped;
  std::string text; ///< name and UUID
};

/// Selects the one visible device. CUDA_VISIBLE_DEVICES names the leased one by UUID: a measurement on another one, or
/// with several visible, would be an unleased use, so it throws.
inline chosen_device choose_device() {
  int count = 0;
  if (auto code = cudaGetDeviceCount(&count); code != cudaSuccess || count == 0)
    return {"no CUDA device: " + why_none(code), ""};
  if (count > 1)
    throw std::runtime_error{"CUDA_VISIBLE_DEVICES shows " + std::to_string(count) +
                             " devices; set it to the UUID of the leased one"};
  check(cudaSetDevice(0), "selecting the device");
  cudaDeviceProp device{};
  check(cudaGetDeviceProperties(&device, 0), "reading the device's properties");
  auto uuid = uuid_text(device.uuid);
  // The driver takes a prefix of a UUID too.
  if (const char* wanted = std::getenv("CUDA_VISIBLE_DEVICES"); wanted && std::strncmp(wanted, "GPU-", 4) == 0)
    if (uuid.compare(0, std::strlen(wanted), wanted) != 0)
      throw std::runtime_error{"CUDA_VISIBLE_DEVICES names " + std::string{wanted} + ", and the driver shows " + uuid};
  return {"", std::string{device.name} + " " + uuid};
}

} // namespace hive::kernels
