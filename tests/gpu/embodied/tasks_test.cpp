#include "gpu/embodied/tasks.hpp"

#include "tests/support/seed.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace hive::embodied {
namespace {

/// The share of samples whose nearest mean is their class's.
double accuracy_of_nearest_mean(const task& what, const task_shape& shape) {
  auto width = static_cast<size_t>(shape.inputs);
  size_t right = 0;
  for (size_t i = 0; i < what.test.count(); ++i) {
    size_t best = 0;
    double best_distance = INFINITY;
    for (size_t c = 0; c < static_cast<size_t>(shape.classes); ++c) {
      double distance = 0;
      for (size_t k = 0; k < width; ++k)
        distance += std::pow(static_cast<double>(what.test.inputs[i * width + k]) - what.means[c * width + k], 2);
      if (distance < best_distance) {
        best_distance = distance;
        best = c;
      }
    }
    right += best == static_cast<size_t>(what.test.labels[i]);
  }
  return static_cast<double>(right) / static_cast<double>(what.test.count());
}

TEST(tasks, the_best_accuracy_of_two_classes_is_that_of_their_distance) {
  // Two means at distance d √2: an error when a normal variable exceeds half of that.
  task_shape two{4, 2, 3};
  EXPECT_NEAR(bayes_accuracy(two), std::erfc(-3 / std::sqrt(2.) / std::sqrt(2.)) / 2, 1e-9);
}

TEST(tasks, classes_that_are_all_in_one_place_are_guessed) {
  EXPECT_NEAR(bayes_accuracy({8, 8, 0}), 1. / 8, 1e-9);
}

TEST(tasks, the_nearest_mean_reaches_the_best_accuracy) {
  HIVE_RANDOM_SEED(seed);
  for (task_shape shape : {task_shape{8, 4, 3}, task_shape{32, 8, 3}, task_shape{3, 3, 1}}) {
    constexpr size_t count = 20'000;
    auto best = bayes_accuracy(shape);
    auto deviation = std::sqrt(best * (1 - best) / count);
    EXPECT_NEAR(accuracy_of_nearest_mean(make_task(shape, seed, 0, 1, count), shape), best, 5 * deviation);
  }
}

TEST(tasks, means_are_orthogonal_and_equally_far_out) {
  task_shape shape{8, 4, 3};
  auto what = make_task(shape, 7, 2, 1, 1);
  for (size_t a = 0; a < 4; ++a)
    for (size_t b = 0; b < 4; ++b) {
      double product = 0;
      for (size_t k = 0; k < 8; ++k)
        product += what.means[a * 8 + k] * what.means[b * 8 + k];
      EXPECT_NEAR(product, a == b ? 9 : 0, 1e-9);
    }
}

TEST(tasks, a_seed_and_a_number_make_one_task) {
  task_shape shape{8, 4, 3};
  auto one = make_task(shape, 7, 2, 10, 10);
  auto again = make_task(shape, 7, 2, 10, 10);
  EXPECT_EQ(one.train.inputs, again.train.inputs);
  EXPECT_EQ(one.test.labels, again.test.labels);
  EXPECT_NE(one.means, make_task(shape, 7, 3, 10, 10).means);
  EXPECT_NE(one.means, make_task(shape, 8, 2, 10, 10).means);
  EXPECT_NE(one.train.inputs, one.test.inputs);
}

} // namespace
} // namespace hive::embodied
