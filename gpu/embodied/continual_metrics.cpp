#include "gpu/embodied/continual_metrics.hpp"

#include <algorithm>
#include <numeric>

namespace hive::embodied {

double average_accuracy(const accuracy_matrix& accuracy) {
  const auto& last = accuracy.back();
  return std::accumulate(last.begin(), last.end(), 0.) / static_cast<double>(last.size());
}

double backward_transfer(const accuracy_matrix& accuracy) {
  double out = 0;
  for (size_t j = 0; j + 1 < accuracy.size(); ++j)
    out += accuracy.back()[j] - accuracy[j][j];
  return out / static_cast<double>(accuracy.size() - 1);
}

double learning_accuracy(const accuracy_matrix& accuracy) {
  double out = 0;
  for (size_t j = 0; j < accuracy.size(); ++j)
    out += accuracy[j][j];
  return out / static_cast<double>(accuracy.size());
}

double forgetting(const accuracy_matrix& accuracy) {
  double out = 0;
  for (size_t j = 0; j + 1 < accuracy.size(); ++j) {
    double best = accuracy[0][j];
    for (size_t l = 1; l + 1 < accuracy.size(); ++l)
      best = std::max(best, accuracy[l][j]);
    out += best - accuracy.back()[j];
  }
  return out / static_cast<double>(accuracy.size() - 1);
}

} // namespace hive::embodied
