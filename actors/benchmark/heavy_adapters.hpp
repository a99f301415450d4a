#pragma once

#include "actors/benchmark/adapter_definition.hpp"
#include "actors/benchmark/leased_adapter.hpp"

#include <caf/fwd.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace hive {

/// What the heavy benchmarks have in common in a configuration.
struct heavy_options {
  std::chrono::milliseconds timeout{0};                ///< of a measurement with all its repeats, on its device
  std::chrono::milliseconds wait = defaults::gpu_wait; ///< for a device
  std::filesystem::path python;                        ///< looks for the package hevolveai; empty: python3
  bool own = false;                                    ///< leaves the package alone
};

/// Section [benchmarks.quantiphy].
struct quantiphy_options : heavy_options {
  quantiphy_options() {
    timeout = std::chrono::hours{1};
  }

  std::string url; ///< of an OpenAI-compatible endpoint; empty: skipped
  std::string model;
  uint32_t problems = 100; ///< each is asked twice
  uint64_t seed = 1;
  std::filesystem::path api_key_file;
};

/// Section [benchmarks.embodied_validation].
struct embodied_options : heavy_options {
  embodied_options() {
    timeout = std::chrono::minutes{15};
  }

  uint64_t seed = 1;
};

/// Section [benchmarks.qwen_encoder].
struct qwen_encoder_options : heavy_options {
  qwen_encoder_options() {
    timeout = std::chrono::minutes{10};
  }

  std::string llama_url; ///< of a llama.cpp server, which is measured instead
  uint32_t tokens = 0;   ///< 0: the program's number
  uint32_t batch = 0;    ///< 0: the program's number
};

/// The heavy benchmarks, whose programs are in one directory: each runs under a lease of its own device.
std::vector<adapter_definition> heavy_adapters(caf::actor_system& system, const leased_adapter_services& services,
                                               const std::filesystem::path& programs,
                                               const quantiphy_options& quantiphy, const embodied_options& embodied,
                                               const qwen_encoder_options& qwen);

/// The definition of an adapter that runs `plan` under a lease.
adapter_definition leased_definition(caf::actor_system& system, const leased_adapter_services& services,
                                     adapter_definition about, leased_plan plan);

} // namespace hive
