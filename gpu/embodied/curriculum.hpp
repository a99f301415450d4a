#pragma once

#include "gpu/embodied/continual_metrics.hpp"
#include "gpu/embodied/learner.hpp"
#include "gpu/embodied/tasks.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace hive::embodied {

/// Tasks that are learned one after the other, each from its own samples alone.
struct curriculum {
  task_shape task;
  learner_shape learner;
  size_t tasks = 5;
  size_t steps = 400;  ///< per task
  size_t tests = 4096; ///< samples per task; a multiple of the learner's batch
  /// Share of a batch that is taken from earlier tasks. 0: plain gradient descent. The programs use that; replay shows
  /// that the metrics see a learner that forgets less.
  double replay = 0;
  uint64_t seed = 1;
};

/// What `--reference` runs on the CPU.
inline constexpr curriculum tiny{{8, 4, 3}, {8, 32, 4, 32, .1}, 5, 60, 512, 0, 1};

struct outcome {
  accuracy_matrix accuracy;     ///< complete unless it was stopped
  std::vector<double> steps_ms; ///< wall time of each step, with the copies to a device and the wait for it
};

/// Learns the curriculum. `stopped` is asked between steps.
template <class Backend>
outcome run_curriculum(Backend& on, const curriculum& what, const std::function<bool()>& stopped);

// --- implementation ---

namespace detail {

/// The samples of step `step`, some of them from earlier tasks if there are any and there is replay.
template <class T>
void fill_batch(const curriculum& what, const std::vector<task>& tasks, size_t current, size_t step,
                std::vector<T>& inputs, std::vector<T>& labels) {
  auto width = static_cast<size_t>(what.task.inputs);
  auto batch = labels.size();
  auto replayed = current == 0 ? size_t{0} : static_cast<size_t>(what.replay * static_cast<double>(batch));
  for (size_t i = 0; i < batch; ++i) {
    bool is_old = i < replayed;
    const auto& from = tasks[is_old ? (step * replayed + i) % current : current].train;
    auto row = (step * batch + i) % from.count();
    labels[i] = static_cast<T>(from.labels[row]);
    for (size_t k = 0; k < width; ++k)
      inputs[i * width + k] = static_cast<T>(from.inputs[row * width + k]);
  }
}

/// The share of samples whose largest logit is that of their label.
template <class Backend>
double accuracy_on(learner<Backend>& model, const samples& test) {
  using T = typename Backend::value;
  auto width = static_cast<size_t>(model.shape().inputs);
  auto classes = static_cast<size_t>(model.shape().classes);
  auto batch = static_cast<size_t>(model.shape().batch);
  size_t right = 0;
  size_t seen = 0;
  for (; seen + batch <= test.count(); seen += batch) {
    auto at = test.inputs.begin() + static_cast<std::ptrdiff_t>(seen * width);
    auto logits = model.logits(std::vector<T>(at, at + static_cast<std::ptrdiff_t>(batch * width)));
    for (size_t i = 0; i < batch; ++i) {
      size_t best = 0;
      for (size_t c = 1; c < classes; ++c)
        best = logits[i * classes + c] > logits[i * classes + best] ? c : best;
      right += best == static_cast<size_t>(test.labels[seen + i]);
    }
  }
  return seen == 0 ? 0 : static_cast<double>(right) / static_cast<double>(seen);
}

} // namespace detail

template <class Backend>
outcome run_curriculum(Backend& on, const curriculum& what, const std::function<bool()>& stopped) {
  using clock = std::chrono::steady_clock;
  using T = typename Backend::value;
  auto batch = static_cast<size_t>(what.learner.batch);
  std::vector<task> tasks;
  for (size_t i = 0; i < what.tasks; ++i)
    tasks.push_back(make_task(what.task, what.seed, i, what.steps * batch, what.tests));
  learner<Backend> model{on, what.learner, what.seed};
  std::vector<T> inputs(batch * static_cast<size_t>(what.task.inputs));
  std::vector<T> labels(batch);
  outcome out;
  for (size_t i = 0; i < what.tasks; ++i) {
    for (size_t step = 0; step < what.steps && !stopped(); ++step) {
      detail::fill_batch(what, tasks, i, step, inputs, labels);
      auto begin = clock::now();
      model.step(inputs, labels);
      out.steps_ms.push_back(std::chrono::duration<double, std::milli>(clock::now() - begin).count());
    }
    if (stopped())
      return out;
    std::vector<double> row;
    for (const auto& each : tasks)
      row.push_back(detail::accuracy_on(model, each.test));
    out.accuracy.push_back(std::move(row));
  }
  return out;
}

} // namespace hive::embodied
