#include "gpu/kernels/transformer.hpp"

#include "gpu/kernels/host.hpp"
#include "tests/gpu/kernels/random_numbers.hpp"
#include "tests/support/seed.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace hive::kernels {
namespace {

template <class T>
class transformer : public testing::Test {
protected:
  void expect_near(const std::vector<T>& given, const std::vector<double>& wanted) {
    ASSERT_EQ(given.size(), wanted.size());
    for (size_t i = 0; i < wanted.size(); ++i)
      ASSERT_NEAR(static_cast<double>(read(given[i])), wanted[i], tolerance<T> * std::max(1., std::abs(wanted[i])))
        << "at " << i;
  }

  host_backend<T> on;
};

using number_types = testing::Types<double, float, bf16>;
TYPED_TEST_SUITE(transformer, number_types);

TYPED_TEST(transformer, rms_norm_is_that_of_double_precision) {
  HIVE_RANDOM_SEED(seed);
  // Narrower than a warp, as wide, and of Qwen2's width.
  for (int width : {5, 32, 896}) {
    auto w = static_cast<size_t>(width);
    auto x = random_numbers(3 * w, seed, 4);
    auto weight = random_numbers(w, seed + 1, 2);
    std::vector<double> wanted;
    for (size_t row = 0; row < 3; ++row) {
      double squares = 0;
      for (size_t i = 0; i < w; ++i)
        squares += x[row * w + i] * x[row * w + i];
      for (size_t i = 0; i < w; ++i)
        wanted.push_back(x[row * w + i] / std::sqrt(squares / width + 1e-6) * weight[i]);
    }
    auto in = as<TypeParam>(x);
    auto scale = as<TypeParam>(weight);
    std::vector<TypeParam> out(in.size());
    this->on.run_warps(rms_norm<TypeParam>{in.data(), scale.data(), out.data(), width, 1e-6}, 3);
    this->expect_near(out, wanted);
  }
}

TYPED_TEST(transformer, rms_norm_of_zeros_is_zero) {
  std::vector<TypeParam> in(7);
  auto weight = as<TypeParam>(std::vector<double>(7, 1));
  std::vector<TypeParam> out(7);
  this->on.run_warps(rms_norm<TypeParam>{in.data(), weight.data(), out.data(), 7, 1e-6}, 1);
  this->expect_near(out, std::vector<double>(7, 0));
}

TYPED_TEST(transformer, swiglu_is_that_of_double_precision_and_bears_large_gates) {
  HIVE_RANDOM_SEED(seed);
  constexpr size_t width = 37;
  auto x = random_numbers(2 * 2 * width, seed, 8);
  x[0] = -1000; // exp(1000) is infinite, and the result 0
  x[1] = 1000;
  std::vector<double> wanted;
  for (size_t row = 0; row < 2; ++row)
    for (size_t i = 0; i < width; ++i) {
      auto gate = x[row * 2 * width + i];
      wanted.push_back(gate / (1 + std::exp(-gate)) * x[row * 2 * width + width + i]);
    }
  auto in = as<TypeParam>(x);
  std::vector<TypeParam> out(2 * width);
  this->on.run(swiglu<TypeParam>{in.data(), out.data(), width}, out.size());
  this->expect_near(out, wanted);
}

TYPED_TEST(transformer, heads_are_split_and_turned_by_their_position) {
  HIVE_RANDOM_SEED(seed);
  constexpr int batch = 2, tokens = 5, heads = 6, groups = 2, width = 8;
  constexpr double base = 1e4;
  constexpr size_t slots = heads + 2 * groups;
  auto x = random_numbers(batch * tokens * slots * width, seed, 2);
  // Element `i` of a slot after rotation; queries and keys alone are turned.
  auto turned = [&](size_t row, size_t slot, size_t i) {
    auto at = [&](size_t k) { return x[(row * slots + slot) * width + k]; };
    if (slot >= heads + groups)
      return at(i);
    auto pair = i % (width / 2);
    auto angle = static_cast<double>(row % tokens) * std::pow(base, -2. * static_cast<double>(pair) / width);
    return i < width / 2 ? at(i) * std::cos(angle) - at(i + width / 2) * std::sin(angle)
                         : at(i) * std::cos(angle) + at(i - width / 2) * std::sin(angle);
  };
  std::vector<double> queries, keys, values;
  for (size_t sequence = 0; sequence < batch; ++sequence)
    for (size_t group = 0; group < groups; ++group)
      for (size_t token = 0; token < tokens; ++token)
        for (size_t head = 0; head < heads / groups; ++head)
          for (size_t i = 0; i < width; ++i) {
            auto row = sequence * tokens + token;
            queries.push_back(turned(row, group * (heads / groups) + head, i));
            if (head == 0) {
              keys.push_back(turned(row, heads + group, i));
              values.push_back(turned(row, heads + groups + group, i));
            }
          }
  auto in = as<TypeParam>(x);
  std::vector<TypeParam> q(queries.size()), k(keys.size()), v(values.size());
  head_layout layout{tokens, heads, groups, width};
  this->on.run(split_heads<TypeParam>{in.data(), q.data(), k.data(), v.data(), layout, base}, in.size() / 2);
  this->expect_near(q, queries);
  this->expect_near(k, keys);
  this->expect_near(v, values);
}

TYPED_TEST(transformer, rotation_keeps_lengths_and_depends_on_distance_alone) {
  // The product of a query and a key is the same for all pairs of tokens that are equally far apart.
  constexpr int tokens = 6, width = 4;
  auto one = random_numbers(3 * width, 1, 1);
  std::vector<double> x;
  for (int i = 0; i < tokens; ++i)
    x.insert(x.end(), one.begin(), one.end());
  auto in = as<TypeParam>(x);
  std::vector<TypeParam> q(tokens * width), k(tokens * width), v(tokens * width);
  this->on.run(split_heads<TypeParam>{in.data(), q.data(), k.data(), v.data(), {tokens, 1, 1, width}, 100.},
               in.size() / 2);
  auto product = [&](size_t a, size_t b) {
    double out = 0;
    for (size_t i = 0; i < width; ++i)
      out += static_cast<double>(read(q[a * width + i])) * static_cast<double>(read(k[b * width + i]));
    return out;
  };
  for (size_t i = 0; i + 2 < tokens; ++i)
    EXPECT_NEAR(product(i, i + 2), product(0, 2), 4 * tolerance<TypeParam>);
}

TYPED_TEST(transformer, merging_heads_undoes_their_splitting) {
  constexpr int batch = 2, tokens = 3, heads = 4, groups = 2, width = 6;
  constexpr size_t slots = heads + 2 * groups;
  auto in = as<TypeParam>(random_numbers(batch * tokens * slots * width, 5, 2));
  std::vector<TypeParam> q(batch * tokens * heads * width), k(batch * tokens * groups * width), v(k.size());
  head_layout layout{tokens, heads, groups, width};
  // At base 1 and position 0 nothing turns, so only the first token can be compared.
  this->on.run(split_heads<TypeParam>{in.data(), q.data(), k.data(), v.data(), layout, 1.}, in.size() / 2);
  std::vector<TypeParam> merged(q.size());
  this->on.run(merge_heads<TypeParam>{q.data(), merged.data(), layout}, merged.size());
  for (size_t sequence = 0; sequence < batch; ++sequence)
    for (size_t i = 0; i < heads * width; ++i)
      EXPECT_EQ(read(merged[sequence * tokens * heads * width + i]), read(in[sequence * tokens * slots * width + i]));
}

TYPED_TEST(transformer, softmax_is_that_of_double_precision_and_sees_no_later_token) {
  HIVE_RANDOM_SEED(seed);
  constexpr size_t tokens = 70, heads_of_group = 3;
  constexpr double scale = .125;
  auto x = random_numbers(2 * tokens * heads_of_group * tokens, seed, 30);
  std::vector<double> wanted;
  for (size_t row = 0; row < x.size() / tokens; ++row) {
    auto seen = row / heads_of_group % tokens + 1;
    double total = 0;
    for (size_t i = 0; i < seen; ++i)
      total += std::exp(x[row * tokens + i] * scale);
    for (size_t i = 0; i < tokens; ++i)
      wanted.push_back(i < seen ? std::exp(x[row * tokens + i] * scale) / total : 0);
  }
  auto scores = as<TypeParam>(x);
  this->on.run_warps(causal_softmax<TypeParam>{scores.data(), tokens, heads_of_group, scale}, x.size() / tokens);
  this->expect_near(scores, wanted);
}

TYPED_TEST(transformer, softmax_bears_scores_whose_exponential_is_infinite) {
  auto scores = as<TypeParam>({1024, -4096, 1024, 1024});
  this->on.run_warps(causal_softmax<TypeParam>{scores.data(), 2, 1, 1.}, 2);
  this->expect_near(scores, {1, 0, .5, .5});
}

TYPED_TEST(transformer, random_numbers_are_the_same_for_all_types_and_cover_their_range) {
  constexpr size_t count = 10'000;
  std::vector<TypeParam> out(count);
  std::vector<double> reference(count);
  this->on.run(fill_random<TypeParam>{out.data(), 7, 1, .25f}, count);
  host_backend<double>{}.run(fill_random<double>{reference.data(), 7, 1, .25f}, count);
  double sum = 0, least = 9, most = -9;
  for (size_t i = 0; i < count; ++i) {
    ASSERT_EQ(static_cast<double>(read(out[i])), reference[i]);
    sum += reference[i];
    least = std::min(least, reference[i]);
    most = std::max(most, reference[i]);
  }
  EXPECT_NEAR(sum / count, 1, .01);
  EXPECT_NEAR(least, .75, .01);
  EXPECT_NEAR(most, 1.25, .01);
}

} // namespace
} // namespace hive::kernels
