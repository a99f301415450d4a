#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hive::embodied {

/// What is learned: to tell the Gaussians of a mixture apart. Each class has one, of variance 1 in all directions, and
/// their means are orthogonal, at the same distance from the origin. Each task is the same mixture, rotated at random.
struct task_shape {
  int inputs = 32;
  int classes = 8;     ///< at most `inputs`
  double distance = 3; ///< of a mean from the origin, in standard deviations
};

/// The accuracy of the best possible classifier, which takes the nearest mean: the probability that of as many
/// independent normal variables, one of which has mean `distance`, that one is the largest (orthogonal signals;
/// Proakis, Digital Communications, section on their probability of error). Rotation does not change it.
double bayes_accuracy(const task_shape& shape);

struct samples {
  std::vector<float> inputs; ///< one row per sample
  std::vector<float> labels;

  size_t count() const {
    return labels.size();
  }
};

struct task {
  std::vector<double> means; ///< one row per class
  samples train;
  samples test;
};

/// A task of its own for each seed and number. The same on every machine but for the last digits of its C library's
/// logarithm and cosine.
task make_task(const task_shape& shape, uint64_t seed, uint64_t number, size_t train_count, size_t test_count);

} // namespace hive::embodied
