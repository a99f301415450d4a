// hive-gpu-report: prints one JSON line per CUDA device of this machine, with its copy bandwidth measured now.
//
// Exit status: 0 when every device was measured, 1 when one could not be, 3 when there is no device. Needs only the
// NVIDIA driver: the CUDA runtime is linked statically.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cuda_runtime.h>
#include <stdexcept>
#include <string>

namespace {

constexpr int exit_failed = 1;
constexpr int exit_no_device = 3;

/// Large compared with any device's caches, small compared with its memory. On a device with little free memory, a
/// quarter of the free memory is used.
constexpr size_t max_copy_bytes = size_t{256} << 20;
/// Enough repeats for a stable mean; takes some milliseconds on a current device.
constexpr int copies = 20;

void check(cudaError_t code, const char* action) {
  if (code != cudaSuccess)
    throw std::runtime_error{std::string{action} + ": " + cudaGetErrorString(code)};
}

/// Memory of the current device; freed on destruction.
class device_buffer {
public:
  explicit device_buffer(size_t bytes) {
    check(cudaMalloc(&data_, bytes), "allocating device memory");
  }

  ~device_buffer() {
    cudaFree(data_);
  }

  device_buffer(const device_buffer&) = delete;
  device_buffer& operator=(const device_buffer&) = delete;

  void* data() const {
    return data_;
  }

private:
  void* data_ = nullptr;
};

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

/// Bytes read plus bytes written per second by copies within the current device, in GB (10⁹ bytes).
double measure_bandwidth_gb_s() {
  size_t free_bytes = 0;
  size_t total_bytes = 0;
  check(cudaMemGetInfo(&free_bytes, &total_bytes), "reading the free memory");
  auto bytes = std::min(max_copy_bytes, free_bytes / 4);
  device_buffer from{bytes};
  device_buffer to{bytes};
  auto copy = [&] {
    check(cudaMemcpyAsync(to.data(), from.data(), bytes, cudaMemcpyDeviceToDevice), "copying on the device");
  };
  // The first copy includes the device's wake-up time.
  check(cudaMemset(from.data(), 1, bytes), "filling device memory");
  copy();
  device_event begin;
  device_event end;
  begin.record();
  for (int i = 0; i < copies; ++i)
    copy();
  end.record();
  return 2.0 * copies * static_cast<double>(bytes) / (end.ms_since(begin) * 1e6);
}

/// The UUID in the format of the driver's tools.
std::string uuid_text(const cudaUUID_t& uuid) {
  std::string out = "GPU";
  for (size_t i = 0; i < sizeof uuid.bytes; ++i) {
    char hex[3];
    std::snprintf(hex, sizeof hex, "%02x", static_cast<unsigned char>(uuid.bytes[i]));
    bool group_begins = i == 0 || i == 4 || i == 6 || i == 8 || i == 10;
    out += (group_begins ? "-" : "") + std::string{hex};
  }
  return out;
}

/// `text` between quotes; device names are printable ASCII.
std::string json_string(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    out += c;
  }
  return out + '"';
}

/// Why there is no device; `code` is the result of counting the devices.
const char* why_none(cudaError_t code) {
  int driver = 0;
  if (cudaDriverGetVersion(&driver) == cudaSuccess && driver == 0)
    return "no NVIDIA driver is loaded";
  return code == cudaSuccess ? "the driver lists none" : cudaGetErrorString(code);
}

void report(int index) {
  check(cudaSetDevice(index), "selecting the device");
  cudaDeviceProp device{};
  check(cudaGetDeviceProperties(&device, index), "reading the device's properties");
  auto bandwidth = measure_bandwidth_gb_s();
  std::printf("{\"uuid\":%s,\"name\":%s,\"vram_mib\":%zu,\"compute_capability\":\"%d.%d\",\"bandwidth_gb_s\":%.1f}\n",
              json_string(uuid_text(device.uuid)).c_str(), json_string(device.name).c_str(),
              device.totalGlobalMem >> 20, device.major, device.minor, bandwidth);
}

} // namespace

int main() {
  int count = 0;
  if (auto code = cudaGetDeviceCount(&count); code != cudaSuccess || count == 0) {
    std::fprintf(stderr, "hive-gpu-report: no CUDA device: %s\n", why_none(code));
    return exit_no_device;
  }
  int status = 0;
  for (int i = 0; i < count; ++i) {
    try {
      report(i);
    } catch (const std::exception& e) {
      std::fprintf(stderr, "hive-gpu-report: device %d: %s\n", i, e.what());
      status = exit_failed;
    }
  }
  return status;
}
