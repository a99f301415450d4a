#pragma once

#include "gpu/kernels/gemm.hpp"
#include "gpu/kernels/transformer.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace hive::qwen {

/// Sizes of a transformer of Qwen2's form: attention with grouped heads, biases on queries, keys and values, SwiGLU.
struct shape {
  int hidden = 896;
  int layers = 24;
  int heads = 14;
  int groups = 2; ///< heads of keys and values
  int head = 64;
  int ffn = 4864;
  double eps = 1e-6;
  double rope_base = 1e6;

  size_t qkv_width() const {
    return static_cast<size_t>(heads + 2 * groups) * static_cast<size_t>(head);
  }
};

/// The blocks of Qwen2-0.5B (config.json of Qwen/Qwen2-0.5B).
inline constexpr shape qwen2_half_b{};
/// As many kinds of heads and layers, so small that a CPU runs it in milliseconds.
inline constexpr shape tiny{64, 2, 4, 2, 16, 160};

/// What one forward pass encodes.
struct extent {
  int batch;
  int tokens; ///< of each sequence

  size_t rows() const {
    return static_cast<size_t>(batch) * static_cast<size_t>(tokens);
  }
};

/// Floating-point operations of the matrix products of one pass, a multiplication and an addition counting as two.
/// Scores are computed for all pairs of tokens, as they are here.
inline double flops_of(const shape& s, const extent& e) {
  auto rows = static_cast<double>(e.rows());
  auto hidden = static_cast<double>(s.hidden);
  auto per_row = 2. * hidden * static_cast<double>(s.qkv_width()) // queries, keys, values
                 + 2. * hidden * s.heads * s.head                 // output of attention
                 + 2. * hidden * 3 * s.ffn                        // gate, up, down
                 + 4. * e.tokens * s.heads * s.head;              // scores and their weighted sum
  return rows * per_row * s.layers;
}

/// Parameters of all blocks.
inline size_t parameters_of(const shape& s) {
  auto hidden = static_cast<size_t>(s.hidden);
  auto per_layer = 2 * hidden + (hidden + 1) * s.qkv_width() + hidden * static_cast<size_t>(s.heads * s.head) +
                   3 * hidden * static_cast<size_t>(s.ffn);
  return per_layer * static_cast<size_t>(s.layers);
}

/// The blocks with seeded random weights, and room for one pass, on a backend: host_backend of kernels/host.hpp or
/// cuda_backend. Both run the same steps with the same products and kernels.
template <class Backend>
class encoder {
public:
  using T = typename Backend::value;

  encoder(Backend& on, const shape& sizes, const extent& input, uint64_t seed)
      : on_{on}, shape_{sizes}, input_{input}, seed_{seed} {
    auto rows = input.rows();
    auto width = static_cast<size_t>(sizes.heads * sizes.head);
    auto group_width = static_cast<size_t>(sizes.groups * sizes.head);
    for (int i = 0; i < sizes.layers; ++i)
      layers_.push_back(make_layer());
    in_ = random(rows * static_cast<size_t>(sizes.hidden), 0, 1);
    hidden_ = on.allocate(rows * static_cast<size_t>(sizes.hidden));
    normed_ = on.allocate(rows * static_cast<size_t>(sizes.hidden));
    qkv_ = on.allocate(rows * sizes.qkv_width());
    queries_ = on.allocate(rows * width);
    keys_ = on.allocate(rows * group_width);
    values_ = on.allocate(rows * group_width);
    scores_ = on.allocate(rows * static_cast<size_t>(sizes.heads) * static_cast<size_t>(input.tokens));
    mixed_ = on.allocate(rows * width);
    merged_ = on.allocate(rows * width);
    gate_up_ = on.allocate(rows * 2 * static_cast<size_t>(sizes.ffn));
    gated_ = on.allocate(rows * static_cast<size_t>(sizes.ffn));
  }

  /// One pass over the seeded input. A device works on after the return; see Backend::wait.
  void forward() {
    on_.run(kernels::copy_elements<T>{in_, hidden_}, input_.rows() * static_cast<size_t>(shape_.hidden));
    for (const auto& layer : layers_) {
      attend(layer);
      feed_forward(layer);
    }
  }

  /// The hidden states after the last pass, one row per token.
  std::vector<T> output() {
    return on_.download(hidden_, input_.rows() * static_cast<size_t>(shape_.hidden));
  }

private:
  struct layer_weights {
    T* attention_norm;
    T* qkv; ///< one row per output, as all weights
    T* qkv_bias;
    T* out;
    T* ffn_norm;
    T* gate_up;
    T* down;
  };

  T* random(size_t count, float center, float amplitude) {
    T* out = on_.allocate(count);
    on_.run(kernels::fill_random<T>{out, seed_ ^ (++filled_ << 32), center, amplitude}, count);
    return out;
  }

  /// Weights whose products keep the size of what they multiply: a uniform one of amplitude a has variance a² / 3.
  T* weights(int outputs, int inputs) {
    return random(static_cast<size_t>(outputs) * static_cast<size_t>(inputs), 0,
                  static_cast<float>(std::sqrt(3. / inputs)));
  }

  layer_weights make_layer() {
    auto qkv_width = static_cast<int>(shape_.qkv_width());
    auto hidden = static_cast<size_t>(shape_.hidden);
    layer_weights out{};
    out.attention_norm = random(hidden, 1, .25f);
    out.qkv = weights(qkv_width, shape_.hidden);
    out.qkv_bias = random(shape_.qkv_width(), 0, .25f);
    out.out = weights(shape_.hidden, shape_.heads * shape_.head);
    out.ffn_norm = random(hidden, 1, .25f);
    out.gate_up = weights(2 * shape_.ffn, shape_.hidden);
    out.down = weights(shape_.hidden, shape_.ffn);
    return out;
  }

  void normalise(const T* weight) {
    on_.run_warps(kernels::rms_norm<T>{hidden_, weight, normed_, shape_.hidden, shape_.eps}, input_.rows());
  }

  /// out = in · weightsᵀ.
  static kernels::gemm linear(size_t rows, int inputs, int outputs) {
    kernels::gemm what{static_cast<int>(rows), outputs, inputs};
    what.transposed_b = true;
    return what;
  }

  void attend(const layer_weights& layer) {
    auto rows = input_.rows();
    auto width = shape_.heads * shape_.head;
    auto heads_of_group = shape_.heads / shape_.groups;
    auto all_rows = static_cast<size_t>(shape_.heads) * rows;
    kernels::head_layout layout{input_.tokens, shape_.heads, shape_.groups, shape_.head};
    normalise(layer.attention_norm);
    auto projection = linear(rows, shape_.hidden, static_cast<int>(shape_.qkv_width()));
    projection.bias = true;
    on_.multiply(projection, normed_, layer.qkv, qkv_, layer.qkv_bias);
    on_.run(kernels::split_heads<T>{qkv_, queries_, keys_, values_, layout, shape_.rope_base},
            rows * shape_.qkv_width() / 2);
    auto queries_of_group = heads_of_group * input_.tokens;
    kernels::gemm score{queries_of_group, input_.tokens, shape_.head};
    score.transposed_b = true;
    score.batch = input_.batch * shape_.groups;
    on_.multiply(score, queries_, keys_, scores_, nullptr);
    on_.run_warps(
      kernels::causal_softmax<T>{scores_, input_.tokens, heads_of_group, 1 / std::sqrt(double(shape_.head))}, all_rows);
    kernels::gemm mix{queries_of_group, shape_.head, input_.tokens};
    mix.batch = score.batch;
    on_.multiply(mix, scores_, values_, mixed_, nullptr);
    on_.run(kernels::merge_heads<T>{mixed_, merged_, layout}, rows * static_cast<size_t>(width));
    add_to_hidden(width, merged_, layer.out);
  }

  void feed_forward(const layer_weights& layer) {
    auto rows = input_.rows();
    normalise(layer.ffn_norm);
    on_.multiply(linear(rows, shape_.hidden, 2 * shape_.ffn), normed_, layer.gate_up, gate_up_, nullptr);
    on_.run(kernels::swiglu<T>{gate_up_, gated_, shape_.ffn}, rows * static_cast<size_t>(shape_.ffn));
    add_to_hidden(shape_.ffn, gated_, layer.down);
  }

  void add_to_hidden(int inputs, const T* from, const T* weight) {
    auto what = linear(input_.rows(), inputs, shape_.hidden);
    what.accumulate = true;
    on_.multiply(what, from, weight, hidden_, nullptr);
  }

  Backend& on_;
  shape shape_;
  extent input_;
  uint64_t seed_;
  uint64_t filled_ = 0;
  std::vector<layer_weights> layers_;
  T* in_ = nullptr;
  T* hidden_ = nullptr;
  T* normed_ = nullptr;
  T* qkv_ = nullptr;
  T* queries_ = nullptr;
  T* keys_ = nullptr;
  T* values_ = nullptr;
  T* scores_ = nullptr;
  T* mixed_ = nullptr;
  T* merged_ = nullptr;
  T* gate_up_ = nullptr;
  T* gated_ = nullptr;
};

/// Root mean square of the differences between two results, in units of that of the second.
template <class A, class B>
double relative_difference(const std::vector<A>& a, const std::vector<B>& b) {
  double differences = 0;
  double squares = 0;
  for (size_t i = 0; i < b.size(); ++i) {
    auto x = static_cast<double>(kernels::read(a[i]));
    auto y = static_cast<double>(kernels::read(b[i]));
    differences += (x - y) * (x - y);
    squares += y * y;
  }
  return std::sqrt(differences / squares);
}

} // namespace hive::qwen
