#pragma once

#include <cstdint>
#include <cstdlib>
#include <gtest/gtest.h>
#include <random>
#include <string>

namespace hive {

/// Another seed in every run; HIVE_SEED=n repeats the run of seed n.
inline uint32_t random_seed() {
  auto* given = std::getenv("HIVE_SEED");
  return given ? static_cast<uint32_t>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
}

/// Runs the enclosing test with such a seed, which is told when it fails.
#define HIVE_RANDOM_SEED(seed)                                                                                         \
  const uint32_t seed = hive::random_seed();                                                                           \
  SCOPED_TRACE("seed " + std::to_string(seed))

} // namespace hive
