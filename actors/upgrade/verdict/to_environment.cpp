#include "actors/upgrade/verdict/to_environment.hpp"

#include "messages/text.hpp"

namespace hive {

analysis::environment to_environment(wire::Environment::Reader environment) {
  return {.cpu_model = as_view(environment.getCpuModel()),
          .cores = environment.getCores(),
          .memory_mib = environment.getMemoryMib(),
          .kernel = as_view(environment.getKernel()),
          .gpu = as_view(environment.getGpu()),
          .driver = as_view(environment.getDriver()),
          .governor = as_view(environment.getGovernor()),
          .cpu_limit = as_view(environment.getCpuLimit()),
          .memory_limit = as_view(environment.getMemoryLimit())};
}

} // namespace hive
