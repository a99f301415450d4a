#include "gpu/devices.hpp"

#include <dlfcn.h>
#include <memory>
#include <optional>

namespace hive {
namespace {

// The part of NVML's C interface used here, declared locally so that the build needs no NVIDIA package.
using nvml_return = int;
using nvml_device = void*;
constexpr nvml_return nvml_success = 0;

struct nvml_memory {
  unsigned long long total;
  unsigned long long free;
  unsigned long long used;
};

struct close_library {
  void operator()(void* handle) const {
    dlclose(handle);
  }
};

/// The library with its entry points; either complete or absent.
class nvml {
public:
  static std::optional<nvml> open() {
    nvml out;
    out.library_.reset(dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL));
    bool complete = out.library_ && out.resolve(out.init, "nvmlInit_v2") && out.resolve(out.shutdown, "nvmlShutdown") &&
                    out.resolve(out.count, "nvmlDeviceGetCount_v2") &&
                    out.resolve(out.handle, "nvmlDeviceGetHandleByIndex_v2") &&
                    out.resolve(out.uuid, "nvmlDeviceGetUUID") && out.resolve(out.name, "nvmlDeviceGetName") &&
                    out.resolve(out.memory, "nvmlDeviceGetMemoryInfo");
    if (!complete)
      return std::nullopt;
    return out;
  }

  nvml_return (*init)() = nullptr;
  nvml_return (*shutdown)() = nullptr;
  nvml_return (*count)(unsigned*) = nullptr;
  nvml_return (*handle)(unsigned, nvml_device*) = nullptr;
  nvml_return (*uuid)(nvml_device, char*, unsigned) = nullptr;
  nvml_return (*name)(nvml_device, char*, unsigned) = nullptr;
  nvml_return (*memory)(nvml_device, nvml_memory*) = nullptr;

private:
  template <class Function>
  bool resolve(Function& out, const char* symbol) {
    out = reinterpret_cast<Function>(dlsym(library_.get(), symbol));
    return out != nullptr;
  }

  std::unique_ptr<void, close_library> library_;
};

/// What the driver reports about a device. A device that it counts but cannot describe, such as a GPU that fell off the
/// bus, is listed as unknown, with no memory.
gpu_device read_device(const nvml& lib, unsigned index) {
  nvml_device device = nullptr;
  if (auto code = lib.handle(index, &device); code != nvml_success)
    return {{}, "unknown GPU (NVML error " + std::to_string(code) + ")", 0};
  char uuid[96] = {};
  char name[96] = {};
  nvml_memory memory{};
  gpu_device out;
  if (lib.uuid(device, uuid, sizeof uuid) == nvml_success)
    out.uuid = uuid;
  auto code = lib.name(device, name, sizeof name);
  out.name = code == nvml_success ? name : "unknown GPU (NVML error " + std::to_string(code) + ")";
  if (lib.memory(device, &memory) == nvml_success)
    out.vram_mib = memory.total >> 20;
  return out;
}

} // namespace

gpu_inventory find_gpus() {
  auto lib = nvml::open();
  if (!lib)
    return {{}, "no NVIDIA driver on this machine"};
  if (auto code = lib->init(); code != nvml_success)
    return {{}, "the NVIDIA driver does not answer (NVML error " + std::to_string(code) + ")"};
  gpu_inventory out;
  unsigned count = 0;
  auto counted = lib->count(&count);
  for (unsigned i = 0; counted == nvml_success && i < count; ++i)
    out.devices.push_back(read_device(*lib, i));
  lib->shutdown();
  if (out.devices.empty())
    out.reason = counted == nvml_success
                   ? "the NVIDIA driver sees no GPU"
                   : "the NVIDIA driver cannot count its GPUs (NVML error " + std::to_string(counted) + ")";
  return out;
}

} // namespace hive
