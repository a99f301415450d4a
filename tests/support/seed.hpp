#pragma once

#include <cstdint>
#include <cstdlib>
#include <gtest/gtest.h>
#include <random>
#include <string>

namespace hive {

/// A different seed in every run; HIVE_SEED=n repeats the run with seed n.
inline uint32_t random_seed() {
  auto* given = std::getenv("HIVE_SEED");
  return given ? static_cast<uint32_t>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
}

/// Defines such a seed in the enclosing test, and prints it when the test fails.
#define HIVE_RANDOM_SEED(seed)                                                                                         \
  const uint32_t seed = hive::random_seed();                                                                           \
  SCOPED_TRACE("seed " + std::to_string(seed))

} // namespace hive
