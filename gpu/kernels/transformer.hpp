#pragma once

#include "gpu/kernels/number.hpp"
#include "gpu/kernels/warp.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>

/// The kernels of a transformer block of Qwen2's form, except for its matrix products. Rows are contiguous.
namespace hive::kernels {

/// Root mean square norm (arXiv 1910.07467): out = in / sqrt(mean(in²) + eps) · weight. One warp for each row.
template <class T>
struct rms_norm {
  const T* in;
  const T* weight;
  T* out;
  int width;
  double eps;

  template <class Warp>
  HIVE_BODY void operator()(Warp warp, size_t row) const {
    using sum = sum_of<T>;
    const T* x = in + row * static_cast<size_t>(width);
    T* y = out + row * static_cast<size_t>(width);
    auto squares = warp.template reduce<sum>(
      [&](int lane) {
        sum total = 0;
        for (int i = lane; i < width; i += warp_lanes)
          total += read(x[i]) * read(x[i]);
        return total;
      },
      add_op{});
    auto scale = sum{1} / std::sqrt(squares / static_cast<sum>(width) + static_cast<sum>(eps));
    warp.each([&](int lane) {
      for (int i = lane; i < width; i += warp_lanes)
        y[i] = write<T>(read(x[i]) * scale * read(weight[i]));
    });
  }
};

/// SwiGLU (arXiv 2002.05202): out = silu(gate) · up, silu(x) = x / (1 + exp(−x)). A row of the input has `width` gates,
/// then `width` ups. One thread for each element of the output.
template <class T>
struct swiglu {
  const T* in;
  T* out;
  int width;

  HIVE_BODY void operator()(size_t index) const {
    using sum = sum_of<T>;
    auto w = static_cast<size_t>(width);
    auto row = index / w;
    auto column = index % w;
    auto gate = read(in[row * 2 * w + column]);
    auto up = read(in[row * 2 * w + w + column]);
    out[index] = write<T>(gate / (sum{1} + std::exp(-gate)) * up);
  }
};

/// How attention's heads share keys and values: `heads` queries in groups of equal size, one key and value per group.
struct head_layout {
  int tokens; ///< of a sequence
  int heads;
  int groups;
  int width; ///< of a head; even
};

/// Splits rows of queries, keys and values (one row per token) into the operands of attention, and turns queries and
/// keys by their position (RoPE, arXiv 2104.09864, with halves paired as in Qwen2: i with i + width / 2). Queries
/// become [sequence][group][token][head of the group][width], keys and values [sequence][group][token][width]. One
/// thread for each pair of elements.
template <class T>
struct split_heads {
  const T* in;
  T* queries;
  T* keys;
  T* values;
  head_layout layout;
  double rope_base;

  HIVE_BODY void operator()(size_t index) const {
    auto half = static_cast<size_t>(layout.width) / 2;
    auto heads = static_cast<size_t>(layout.heads);
    auto groups = static_cast<size_t>(layout.groups);
    auto slots = heads + 2 * groups;
    auto pair = index % half;
    auto slot = index / half % slots;
    auto row = index / half / slots;
    const T* x = in + (row * slots + slot) * 2 * half;
    if (slot >= heads + groups)
      copy(x, values + place(row, slot - heads - groups, 0, 1), pair, half);
    else if (slot >= heads)
      turn(x, keys + place(row, slot - heads, 0, 1), row, pair, half);
    else
      turn(x, queries + place(row, slot / (heads / groups), slot % (heads / groups), heads / groups), row, pair, half);
  }

private:
  HIVE_BODY size_t place(size_t row, size_t group, size_t head, size_t heads_of_group) const {
    auto tokens = static_cast<size_t>(layout.tokens);
    auto in_group = (row / tokens * static_cast<size_t>(layout.groups) + group) * tokens + row % tokens;
    return (in_group * heads_of_group + head) * static_cast<size_t>(layout.width);
  }

  HIVE_BODY static void copy(const T* x, T* y, size_t pair, size_t half) {
    y[pair] = x[pair];
    y[pair + half] = x[pair + half];
  }

  HIVE_BODY void turn(const T* x, T* y, size_t row, size_t pair, size_t half) const {
    using sum = sum_of<T>;
    auto position = static_cast<sum>(row % static_cast<size_t>(layout.tokens));
    auto exponent = -static_cast<sum>(pair) / static_cast<sum>(half);
    auto angle = position * std::pow(static_cast<sum>(rope_base), exponent);
    auto cosine = std::cos(angle);
    auto sine = std::sin(angle);
    auto a = read(x[pair]);
    auto b = read(x[pair + half]);
    y[pair] = write<T>(a * cosine - b * sine);
    y[pair + half] = write<T>(b * cosine + a * sine);
  }
};

/// The reverse for the result of attention: [sequence][group][token][head of the group][width] becomes one row per
/// token. One thread for each element.
template <class T>
struct merge_heads {
  const T* in;
  T* out;
  head_layout layout;

  HIVE_BODY void operator()(size_t index) const {
    auto row_width = static_cast<size_t>(layout.heads) * static_cast<size_t>(layout.width);
    auto group_width = row_width / static_cast<size_t>(layout.groups);
    auto tokens = static_cast<size_t>(layout.tokens);
    auto row = index / row_width;
    auto column = index % row_width;
    auto group = row / tokens * static_cast<size_t>(layout.groups) + column / group_width;
    out[index] = in[(group * tokens + row % tokens) * group_width + column % group_width];
  }
};

/// Softmax over the scores of a query with the tokens up to its own; the weights of later ones are 0. In place. Rows
/// are in the order of split_heads' queries. One warp for each row.
template <class T>
struct causal_softmax {
  T* scores;
  int tokens;
  int heads_of_group;
  double scale; ///< of the scores, before the exponential

  template <class Warp>
  HIVE_BODY void operator()(Warp warp, size_t row) const {
    using sum = sum_of<T>;
    T* x = scores + row * static_cast<size_t>(tokens);
    int seen = static_cast<int>(row / static_cast<size_t>(heads_of_group) % static_cast<size_t>(tokens)) + 1;
    auto by = static_cast<sum>(scale);
    auto largest = warp.template reduce<sum>(
      [&](int lane) {
        sum most = read(x[0]);
        for (int i = lane; i < seen; i += warp_lanes)
          most = max_op{}(most, read(x[i]));
        return most;
      },
      max_op{});
    auto total = warp.template reduce<sum>(
      [&](int lane) {
        sum out = 0;
        for (int i = lane; i < seen; i += warp_lanes)
          out += std::exp((read(x[i]) - largest) * by);
        return out;
      },
      add_op{});
    warp.each([&](int lane) {
      for (int i = lane; i < tokens; i += warp_lanes)
        x[i] = write<T>(i < seen ? std::exp((read(x[i]) - largest) * by) / total : sum{0});
    });
  }
};

/// out = in. One thread for each element.
template <class T>
struct copy_elements {
  const T* in;
  T* out;

  HIVE_BODY void operator()(size_t index) const {
    out[index] = in[index];
  }
};

/// Uniform random numbers in [center − amplitude, center + amplitude], rounded to bf16 whatever T is, so that models of
/// all types have the same weights. The number at an index depends on it and the seed alone (splitmix64). One thread
/// for each element.
template <class T>
struct fill_random {
  T* out;
  uint64_t seed;
  float center;
  float amplitude;

  HIVE_BODY void operator()(size_t index) const {
    uint64_t x = seed + (static_cast<uint64_t>(index) + 1) * 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    x ^= x >> 31;
    auto unit = static_cast<float>(x >> 40) * (1.f / 8388608.f) - 1.f; // 24 bits to [−1, 1)
    out[index] = write<T>(static_cast<sum_of<T>>(to_float(to_bf16(center + amplitude * unit))));
  }
};

} // namespace hive::kernels
