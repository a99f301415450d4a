#pragma once

#include "gpu/kernels/number.hpp"

#include <cstdint>
#include <random>
#include <vector>

namespace hive::kernels {

/// Numbers in [−largest, largest] that bf16 holds exactly, so that all types of numbers begin with the same ones.
inline std::vector<double> random_numbers(size_t count, uint32_t seed, double largest) {
  std::mt19937 random{seed};
  std::uniform_real_distribution<double> values{-largest, largest};
  std::vector<double> out(count);
  for (auto& each : out)
    each = to_float(to_bf16(static_cast<float>(values(random))));
  return out;
}

template <class T>
std::vector<T> as(const std::vector<double>& from) {
  std::vector<T> out;
  for (auto each : from)
    out.push_back(write<T>(static_cast<sum_of<T>>(each)));
  return out;
}

/// How far a result of type T may be from the exact one, relative to the size of its terms.
template <class T>
constexpr double tolerance = 1e-12;
template <>
inline constexpr double tolerance<float> = 1e-5;
/// Half of the last of 8 bits is 2⁻⁹; some roundings come together.
template <>
inline constexpr double tolerance<bf16> = 0.01;

} // namespace hive::kernels
