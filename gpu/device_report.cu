// hive-gpu-report: prints one JSON line per CUDA device of this machine, with its copy bandwidth measured now.
//
// Exit status: 0 when every device was measured, 1 when one could not be, 3 when there is no device. Needs only the
// NVIDIA driver: the CUDA runtime is linked statically.

#include "gpu/kernels/cuda.cuh"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cuda_runtime.h>
#include <stdexcept>
#include <string>

namespace {

using hive::kernels::check;
using hive::kernels::device_event;
using hive::kernels::uuid_text;
using hive::kernels::why_none;

constexpr int exit_failed = 1;
constexpr int exit_no_device = 3;

/// Large compared with any device's caches, small compared with its memory. On a device with little free memory, a
/// quarter of the free memory is used.
constexpr size_t max_copy_bytes = size_t{256} << 20;
/// Enough repeats for a stable mean; takes some milliseconds on a current device.
constexpr int copies = 20;

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
    std::fprintf(stderr, "hive-gpu-report: no CUDA device: %s\n", why_none(code).c_str());
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
