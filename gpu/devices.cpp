#include "gpu/devices.hpp"

#include <dlfcn.h>
#include <memory>
#include <optional>

namespace hive {
namespace {

// The part of NVML's C interface that is used here, declared locally so that no NVIDIA package is needed to build.
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

/// The library with its entry points; complete or not there at all.
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

std::optional<gpu_device> read_device(const nvml& lib, unsigned index) {
  nvml_device device = nullptr;
  char uuid[96] = {};
  char name[96] = {};
  nvml_memory memory{};
  if (lib.handle(index, &device) != nvml_success || lib.uuid(device, uuid, sizeof uuid) != nvml_success ||
      lib.name(device, name, sizeof name) != nvml_success || lib.memory(device, &memory) != nvml_success)
    return std::nullopt;
  return gpu_device{uuid, name, memory.total >> 20};
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
  if (lib->count(&count) == nvml_success)
    for (unsigned i = 0; i < count; ++i)
      if (auto device = read_device(*lib, i))
        out.devices.push_back(std::move(*device));
  lib->shutdown();
  if (out.devices.empty())
    out.reason = "the NVIDIA driver sees no GPU";
  return out;
}

} // namespace hive
