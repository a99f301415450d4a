#pragma once

#include <vector>

namespace hive::embodied {

/// accuracy[i][j]: on task j after learning task i; as many rows as columns.
using accuracy_matrix = std::vector<std::vector<double>>;

/// Mean accuracy on all tasks after the last one (ACC; Lopez-Paz and Ranzato 2017, arXiv 1706.08840).
double average_accuracy(const accuracy_matrix& accuracy);

/// Mean over all tasks but the last of how much better each became after it was learned (BWT, same source); negative
/// when it was forgotten. At least two tasks.
double backward_transfer(const accuracy_matrix& accuracy);

/// Mean accuracy on each task right after it was learned.
double learning_accuracy(const accuracy_matrix& accuracy);

/// Mean over all tasks but the last of its best accuracy before the end less that at the end (F; Chaudhry et al. 2018,
/// arXiv 1801.10112); in [−1, 1]. At least two tasks.
double forgetting(const accuracy_matrix& accuracy);

} // namespace hive::embodied
