#pragma once

#include "gpu/kernels/number.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>

/// The kernels of a perceptron that learns by stochastic gradient descent. Samples and the weights of an input are
/// rows.
namespace hive::kernels {

/// out = in · weights + bias, for each sample; negative results become 0 when it is `rectified`. One thread for each
/// element of the output. `weights` has one row per input and, behind them, the bias.
template <class T>
struct dense_forward {
  const T* in;
  const T* weights;
  T* out;
  int inputs;
  int outputs;
  bool rectified;

  HIVE_BODY void operator()(size_t index) const {
    auto column = index % static_cast<size_t>(outputs);
    const T* x = in + index / static_cast<size_t>(outputs) * static_cast<size_t>(inputs);
    auto total = weights[static_cast<size_t>(inputs) * static_cast<size_t>(outputs) + column];
    for (int i = 0; i < inputs; ++i)
      total += x[i] * weights[static_cast<size_t>(i) * static_cast<size_t>(outputs) + column];
    out[index] = rectified && total < T{0} ? T{0} : total;
  }
};

/// Gradient of the mean cross entropy of `samples` by the logits: (softmax(logits) − onehot(label)) / samples. Labels
/// are small whole numbers. In place; one thread for each sample.
template <class T>
struct entropy_gradient {
  T* logits;
  const T* labels;
  int classes;
  int samples;

  HIVE_BODY void operator()(size_t sample) const {
    T* x = logits + sample * static_cast<size_t>(classes);
    T largest = x[0];
    for (int i = 1; i < classes; ++i)
      largest = x[i] > largest ? x[i] : largest;
    T total = 0;
    for (int i = 0; i < classes; ++i) {
      x[i] = std::exp(x[i] - largest);
      total += x[i];
    }
    auto label = static_cast<int>(labels[sample]);
    for (int i = 0; i < classes; ++i)
      x[i] = (x[i] / total - (i == label ? T{1} : T{0})) / static_cast<T>(samples);
  }
};

/// Gradient by a layer's rectified input: out_gradient · weightsᵀ where the input is positive, else 0. One thread for
/// each element of the input.
template <class T>
struct dense_backward {
  const T* in;
  const T* weights;
  const T* out_gradient;
  T* in_gradient;
  int inputs;
  int outputs;

  HIVE_BODY void operator()(size_t index) const {
    auto row = index % static_cast<size_t>(inputs);
    auto sample = index / static_cast<size_t>(inputs);
    T total = 0;
    for (int i = 0; i < outputs; ++i)
      total += out_gradient[sample * static_cast<size_t>(outputs) + static_cast<size_t>(i)] *
               weights[row * static_cast<size_t>(outputs) + static_cast<size_t>(i)];
    in_gradient[index] = in[index] > T{0} ? total : T{0};
  }
};

/// One step of gradient descent: weights −= rate · inᵀ · out_gradient, and the bias likewise. One thread for each
/// weight and bias, which adds over the samples in their order, so that the result does not depend on the machine's
/// timing.
template <class T>
struct dense_update {
  const T* in;
  const T* out_gradient;
  T* weights;
  int inputs;
  int outputs;
  int samples;
  T rate;

  HIVE_BODY void operator()(size_t index) const {
    auto column = index % static_cast<size_t>(outputs);
    auto row = index / static_cast<size_t>(outputs);
    bool is_bias = row == static_cast<size_t>(inputs);
    T total = 0;
    for (int s = 0; s < samples; ++s) {
      auto sample = static_cast<size_t>(s);
      auto by = out_gradient[sample * static_cast<size_t>(outputs) + column];
      total += is_bias ? by : by * in[sample * static_cast<size_t>(inputs) + row];
    }
    weights[index] -= rate * total;
  }
};

} // namespace hive::kernels
