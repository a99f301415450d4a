#include "apps/hived/wiring/heavy_group.hpp"

#include "actors/benchmark/heavy_adapters.hpp"

#include <system_error>

namespace hive {
namespace {

/// The programs are installed beside this one.
std::filesystem::path program_directory() {
  std::error_code failed;
  auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  return failed ? std::filesystem::path{"."} : self.parent_path();
}

} // namespace

std::vector<adapter_definition> heavy_group::adapters() const {
  const auto& config = node_.config;
  return heavy_adapters(node_.system, {adapters_.runner, adapters_.gpus.scheduler}, program_directory(),
                        config.quantiphy, config.embodied, config.qwen_encoder);
}

} // namespace hive
