#include "gpu/kernels/mlp.hpp"

#include "gpu/kernels/host.hpp"
#include "tests/gpu/kernels/random_numbers.hpp"
#include "tests/support/seed.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace hive::kernels {
namespace {

constexpr int samples = 6, inputs = 5, hidden = 4, classes = 3;
constexpr double rate = .5;

/// A perceptron, and one step of it by the kernels.
template <class T>
struct perceptron {
  std::vector<T> x, labels, first, second;
  std::vector<T> middle = std::vector<T>(samples * hidden);
  std::vector<T> logits = std::vector<T>(samples * classes);
  std::vector<T> middle_gradient = std::vector<T>(samples * hidden);

  explicit perceptron(uint32_t seed)
      : x{as<T>(random_numbers(samples * inputs, seed, 1))}, first{as<T>(
                                                               random_numbers((inputs + 1) * hidden, seed + 1, 1))},
        second{as<T>(random_numbers((hidden + 1) * classes, seed + 2, 1))} {
    for (int i = 0; i < samples; ++i)
      labels.push_back(static_cast<T>((i + static_cast<int>(seed % 3)) % classes));
  }

  void forward() {
    host_backend<T> on;
    on.run(dense_forward<T>{x.data(), first.data(), middle.data(), inputs, hidden, true}, middle.size());
    on.run(dense_forward<T>{middle.data(), second.data(), logits.data(), hidden, classes, false}, logits.size());
  }

  /// Mean cross entropy.
  double loss() {
    forward();
    double out = 0;
    for (size_t s = 0; s < samples; ++s) {
      double total = 0;
      for (size_t c = 0; c < classes; ++c)
        total += std::exp(static_cast<double>(logits[s * classes + c]));
      out += std::log(total) - static_cast<double>(logits[s * classes + static_cast<size_t>(labels[s])]);
    }
    return out / samples;
  }

  void step() {
    host_backend<T> on;
    forward();
    on.run(entropy_gradient<T>{logits.data(), labels.data(), classes, samples}, samples);
    on.run(dense_backward<T>{middle.data(), second.data(), logits.data(), middle_gradient.data(), hidden, classes},
           middle.size());
    on.run(dense_update<T>{middle.data(), logits.data(), second.data(), hidden, classes, samples, static_cast<T>(rate)},
           second.size());
    on.run(
      dense_update<T>{x.data(), middle_gradient.data(), first.data(), inputs, hidden, samples, static_cast<T>(rate)},
      first.size());
  }
};

TEST(mlp, a_step_goes_down_the_gradient_of_the_loss) {
  HIVE_RANDOM_SEED(seed);
  perceptron<double> stepped{seed};
  auto before = stepped;
  stepped.step();
  // The gradient by differences of the loss, for every weight and bias of both layers.
  constexpr double h = 1e-5;
  auto expect_gradient = [&](std::vector<double> perceptron<double>::*layer) {
    for (size_t i = 0; i < (before.*layer).size(); ++i) {
      auto up = before, down = before;
      (up.*layer)[i] += h;
      (down.*layer)[i] -= h;
      auto gradient = (up.loss() - down.loss()) / (2 * h);
      EXPECT_NEAR((before.*layer)[i] - (stepped.*layer)[i], rate * gradient, 1e-6) << i;
    }
  };
  expect_gradient(&perceptron<double>::first);
  expect_gradient(&perceptron<double>::second);
}

TEST(mlp, single_precision_follows_double_precision) {
  HIVE_RANDOM_SEED(seed);
  perceptron<double> exact{seed};
  perceptron<float> rounded{seed};
  for (int i = 0; i < 5; ++i) {
    exact.step();
    rounded.step();
  }
  for (size_t i = 0; i < exact.first.size(); ++i)
    EXPECT_NEAR(static_cast<double>(rounded.first[i]), exact.first[i], 1e-4);
  for (size_t i = 0; i < exact.second.size(); ++i)
    EXPECT_NEAR(static_cast<double>(rounded.second[i]), exact.second[i], 1e-4);
}

TEST(mlp, logits_whose_exponential_is_infinite_have_a_gradient) {
  std::vector<float> logits{1000, 0, -1000};
  std::vector<float> label{1};
  host_backend<float>{}.run(entropy_gradient<float>{logits.data(), label.data(), 3, 1}, 1);
  EXPECT_EQ(logits, (std::vector<float>{1, -1, 0}));
}

} // namespace
} // namespace hive::kernels
