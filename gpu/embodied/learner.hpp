#pragma once

#include "gpu/kernels/mlp.hpp"
#include "gpu/kernels/transformer.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace hive::embodied {

/// Sizes of a perceptron with one hidden layer, and how it learns.
struct learner_shape {
  int inputs = 32;
  int hidden = 256;
  int classes = 8;
  int batch = 128; ///< samples of a step
  double rate = .1;
};

/// A perceptron on a backend: host_backend of kernels/host.hpp or cuda_backend.
template <class Backend>
class learner {
public:
  using T = typename Backend::value;

  learner(Backend& on, const learner_shape& shape, uint64_t seed) : on_{on}, shape_{shape} {
    first_ = layer(shape.inputs, shape.hidden, seed * 2 + 1);
    second_ = layer(shape.hidden, shape.classes, seed * 2 + 2);
    auto batch = static_cast<size_t>(shape.batch);
    in_ = on.allocate(batch * static_cast<size_t>(shape.inputs));
    labels_ = on.allocate(batch);
    hidden_ = on.allocate(batch * static_cast<size_t>(shape.hidden));
    logits_ = on.allocate(batch * static_cast<size_t>(shape.classes));
    hidden_gradient_ = on.allocate(batch * static_cast<size_t>(shape.hidden));
  }

  /// One step of gradient descent on the mean cross entropy of a batch, and its end.
  void step(const std::vector<T>& inputs, const std::vector<T>& labels) {
    using namespace kernels;
    auto batch = static_cast<size_t>(shape_.batch);
    auto hidden = static_cast<size_t>(shape_.hidden);
    auto classes = static_cast<size_t>(shape_.classes);
    forward(inputs);
    on_.upload(labels_, labels);
    on_.run(entropy_gradient<T>{logits_, labels_, shape_.classes, shape_.batch}, batch);
    on_.run(dense_backward<T>{hidden_, second_, logits_, hidden_gradient_, shape_.hidden, shape_.classes},
            batch * hidden);
    auto rate = static_cast<T>(shape_.rate);
    on_.run(dense_update<T>{hidden_, logits_, second_, shape_.hidden, shape_.classes, shape_.batch, rate},
            (hidden + 1) * classes);
    on_.run(dense_update<T>{in_, hidden_gradient_, first_, shape_.inputs, shape_.hidden, shape_.batch, rate},
            (static_cast<size_t>(shape_.inputs) + 1) * hidden);
    on_.wait();
  }

  /// Logits of a batch, one row per sample.
  std::vector<T> logits(const std::vector<T>& inputs) {
    forward(inputs);
    return on_.download(logits_, static_cast<size_t>(shape_.batch) * static_cast<size_t>(shape_.classes));
  }

  const learner_shape& shape() const {
    return shape_;
  }

private:
  T* layer(int inputs, int outputs, uint64_t seed) {
    auto count = static_cast<size_t>(inputs) * static_cast<size_t>(outputs);
    T* out = on_.allocate(count + static_cast<size_t>(outputs)); // biases are 0 at first
    auto amplitude = static_cast<float>(std::sqrt(6. / inputs)); // He et al. 2015, arXiv 1502.01852
    on_.run(kernels::fill_random<T>{out, seed, 0, amplitude}, count);
    return out;
  }

  void forward(const std::vector<T>& inputs) {
    using namespace kernels;
    auto batch = static_cast<size_t>(shape_.batch);
    on_.upload(in_, inputs);
    on_.run(dense_forward<T>{in_, first_, hidden_, shape_.inputs, shape_.hidden, true},
            batch * static_cast<size_t>(shape_.hidden));
    on_.run(dense_forward<T>{hidden_, second_, logits_, shape_.hidden, shape_.classes, false},
            batch * static_cast<size_t>(shape_.classes));
  }

  Backend& on_;
  learner_shape shape_;
  T* first_ = nullptr; ///< weights, then biases
  T* second_ = nullptr;
  T* in_ = nullptr;
  T* labels_ = nullptr;
  T* hidden_ = nullptr;
  T* logits_ = nullptr; ///< and then the gradient by them
  T* hidden_gradient_ = nullptr;
};

} // namespace hive::embodied
