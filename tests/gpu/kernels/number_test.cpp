#include "gpu/kernels/number.hpp"

#include "tests/support/seed.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>

#if __has_include(<cuda_bf16.h>)
#include <cuda_bf16.h>
#define HIVE_HAS_CUDA_BF16
#endif

namespace hive::kernels {
namespace {

float float_of(uint32_t bits) {
  float out = 0;
  std::memcpy(&out, &bits, sizeof out);
  return out;
}

TEST(bf16, every_value_survives_the_way_through_float) {
  for (uint32_t bits = 0; bits <= 0xFFFF; ++bits) {
    auto value = to_float(bf16{static_cast<uint16_t>(bits)});
    if (std::isnan(value))
      EXPECT_TRUE(std::isnan(to_float(to_bf16(value)))) << bits;
    else
      EXPECT_EQ(to_bf16(value).bits, bits);
  }
}

TEST(bf16, a_float_becomes_the_nearest_value_and_a_tie_the_even_one) {
  // Between each positive value and the next: below, at and above the middle.
  for (uint32_t low = 0; low < 0x7F7F; ++low) {
    auto middle = low << 16 | 0x8000;
    EXPECT_EQ(to_bf16(float_of(middle - 1)).bits, low);
    EXPECT_EQ(to_bf16(float_of(middle)).bits, low % 2 == 0 ? low : low + 1);
    EXPECT_EQ(to_bf16(float_of(middle + 1)).bits, low + 1);
    EXPECT_EQ(to_bf16(-float_of(middle + 1)).bits, (low + 1) | 0x8000);
  }
}

TEST(bf16, what_is_too_large_becomes_infinite) {
  EXPECT_TRUE(std::isinf(to_float(to_bf16(std::numeric_limits<float>::max()))));
  EXPECT_EQ(to_float(to_bf16(-std::numeric_limits<float>::infinity())), -std::numeric_limits<float>::infinity());
}

/// What CUDA makes of a float where its headers are, else what the definition does: one of the two neighbours is
/// nearer.
uint16_t rounded(float value) {
#ifdef HIVE_HAS_CUDA_BF16
  auto theirs = __float2bfloat16(value);
  uint16_t out = 0;
  std::memcpy(&out, &theirs, sizeof out);
  return out;
#else
  uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  auto below = static_cast<uint16_t>(bits >> 16);
  auto rest = bits & 0xFFFF;
  bool up = rest > 0x8000 || (rest == 0x8000 && below % 2 == 1);
  return static_cast<uint16_t>(below + up);
#endif
}

TEST(bf16, rounding_is_that_of_cuda) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  for (int i = 0; i < 1'000'000; ++i) {
    auto value = float_of(static_cast<uint32_t>(random()));
    if (std::isnan(value))
      continue;
    ASSERT_EQ(to_bf16(value).bits, rounded(value)) << value;
  }
}

} // namespace
} // namespace hive::kernels
