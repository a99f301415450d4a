// Stands in for NVIDIA's management library on a machine with a working GPU and one that fell off the bus. Implements
// what hived uses; tests make hived load it instead of the driver's.

#include <cstdio>

namespace {

constexpr int lost = 15; // NVML_ERROR_GPU_IS_LOST
int sound_device = 0;

} // namespace

extern "C" {

int nvmlInit_v2() {
  return 0;
}

int nvmlShutdown() {
  return 0;
}

int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = 2;
  return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  *device = &sound_device;
  return index == 0 ? 0 : lost;
}

int nvmlDeviceGetUUID(void*, char* out, unsigned size) {
  std::snprintf(out, size, "GPU-0");
  return 0;
}

int nvmlDeviceGetName(void*, char* out, unsigned size) {
  std::snprintf(out, size, "Sound GPU");
  return 0;
}

int nvmlDeviceGetMemoryInfo(void*, unsigned long long* memory) {
  memory[0] = memory[1] = 8ULL << 30;
  memory[2] = 0;
  return 0;
}
}
