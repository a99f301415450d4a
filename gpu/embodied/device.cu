#include "gpu/embodied/device.hpp"

#include "gpu/kernels/cuda_backend.cuh"
#include "gpu/kernels/host.hpp"

#include <algorithm>
#include <cmath>

namespace hive::embodied {
namespace {

/// Single and double precision part slowly, and some samples of 512 lie between two classes.
constexpr double largest_difference = .05;

/// The largest difference of two matrices' entries.
double difference_of(const accuracy_matrix& a, const accuracy_matrix& b) {
  double out = 0;
  for (size_t i = 0; i < a.size(); ++i)
    for (size_t j = 0; j < a[i].size(); ++j)
      out = std::max(out, std::abs(a[i][j] - b[i][j]));
  return out;
}

double check_tiny() {
  auto never = [] { return false; };
  kernels::cuda_backend<float> on;
  auto learned = run_curriculum(on, tiny, never).accuracy;
  kernels::host_backend<double> host;
  auto out = difference_of(learned, run_curriculum(host, tiny, never).accuracy);
  if (!(out <= largest_difference))
    throw std::runtime_error{"the device's accuracies differ from the CPU's by " + std::to_string(out) +
                             ", which rounding does not explain"};
  return out;
}

} // namespace

device_report run_on_device(const curriculum& what, const std::function<bool()>& stopped) {
  device_report out;
  auto device = kernels::choose_device();
  out.skipped = device.skipped;
  if (!out.skipped.empty())
    return out;
  out.device = device.text;
  out.difference = check_tiny();
  kernels::cuda_backend<float> on;
  out.learned = run_curriculum(on, what, stopped);
  out.memory_bytes = on.bytes();
  return out;
}

} // namespace hive::embodied
