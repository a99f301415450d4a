#include "gpu/embodied/tasks.hpp"

#include <cmath>
#include <numbers>
#include <random>

namespace hive::embodied {
namespace {

/// The standard's distributions differ between libraries; its generators do not.
class normal_numbers {
public:
  explicit normal_numbers(uint64_t seed) : generator_{seed} {
  }

  /// Box and Muller's method.
  double next() {
    auto radius = std::sqrt(-2 * std::log(1 - unit()));
    return radius * std::cos(2 * std::numbers::pi * unit());
  }

  uint32_t below(uint32_t bound) {
    return static_cast<uint32_t>(generator_() % bound);
  }

private:
  /// In [0, 1).
  double unit() {
    return static_cast<double>(generator_() >> 11) * 0x1p-53;
  }

  std::mt19937_64 generator_;
};

double dot(const double* a, const double* b, size_t width) {
  double out = 0;
  for (size_t i = 0; i < width; ++i)
    out += a[i] * b[i];
  return out;
}

/// Orthogonal rows of length `length`, uniform over all directions: normal ones, made orthogonal in turn (Gram and
/// Schmidt).
std::vector<double> orthogonal_rows(normal_numbers& numbers, size_t rows, size_t width, double length) {
  std::vector<double> out(rows * width);
  for (size_t i = 0; i < rows; ++i) {
    auto* row = &out[i * width];
    for (size_t k = 0; k < width; ++k)
      row[k] = numbers.next();
    for (size_t j = 0; j < i; ++j) {
      auto* before = &out[j * width];
      auto share = dot(row, before, width) / dot(before, before, width);
      for (size_t k = 0; k < width; ++k)
        row[k] -= share * before[k];
    }
    auto scale = length / std::sqrt(dot(row, row, width));
    for (size_t k = 0; k < width; ++k)
      row[k] *= scale;
  }
  return out;
}

samples draw(normal_numbers& numbers, const task_shape& shape, const std::vector<double>& means, size_t count) {
  samples out;
  auto width = static_cast<size_t>(shape.inputs);
  for (size_t i = 0; i < count; ++i) {
    auto label = numbers.below(static_cast<uint32_t>(shape.classes));
    out.labels.push_back(static_cast<float>(label));
    for (size_t k = 0; k < width; ++k)
      out.inputs.push_back(static_cast<float>(means[label * width + k] + numbers.next()));
  }
  return out;
}

} // namespace

double bayes_accuracy(const task_shape& shape) {
  auto below = [](double x) { return std::erfc(-x / std::numbers::sqrt2) / 2; };
  auto density = [](double x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi); };
  // The trapezium rule, whose error vanishes for functions that fall so fast; 10 standard deviations on each side.
  constexpr int steps = 2000;
  constexpr double end = 10;
  constexpr double step = 2 * end / steps;
  double out = 0;
  for (int i = 0; i <= steps; ++i) {
    auto x = -end + i * step;
    out += density(x) * std::pow(below(x + shape.distance), shape.classes - 1) * step;
  }
  return out;
}

task make_task(const task_shape& shape, uint64_t seed, uint64_t number, size_t train_count, size_t test_count) {
  normal_numbers numbers{seed * 1'000'003 + number};
  task out;
  out.means =
    orthogonal_rows(numbers, static_cast<size_t>(shape.classes), static_cast<size_t>(shape.inputs), shape.distance);
  out.train = draw(numbers, shape, out.means, train_count);
  out.test = draw(numbers, shape, out.means, test_count);
  return out;
}

} // namespace hive::embodied
