#include "gpu/qwen_encoder/model.hpp"

#include "gpu/kernels/host.hpp"
#include "gpu/qwen_encoder/measure.hpp"
#include "tests/support/seed.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace hive::qwen {
namespace {

template <class T>
std::vector<T> encode(const extent& input, uint64_t seed) {
  kernels::host_backend<T> on;
  encoder<kernels::host_backend<T>> model{on, tiny, input, seed};
  model.forward();
  return model.output();
}

TEST(model, all_number_types_compute_the_same_but_for_rounding) {
  HIVE_RANDOM_SEED(seed);
  constexpr extent input{2, 20};
  auto exact = encode<double>(input, seed);
  EXPECT_LT(relative_difference(encode<float>(input, seed), exact), 1e-5);
  // The bound by which a device is checked against the CPU is .1; another seed's weights are far beyond it.
  EXPECT_LT(relative_difference(encode<kernels::bf16>(input, seed), exact), .03);
  EXPECT_GT(relative_difference(encode<double>(input, seed + 1), exact), .5);
}

TEST(model, the_size_of_hidden_states_stays_near_one) {
  double squares = 0;
  auto out = encode<double>({2, 20}, 1);
  for (auto each : out)
    squares += each * each;
  auto size = std::sqrt(squares / static_cast<double>(out.size()));
  EXPECT_GT(size, .3);
  EXPECT_LT(size, 10);
}

TEST(model, a_token_does_not_depend_on_later_ones) {
  // The input depends on the element's index alone, so a shorter sequence is the beginning of a longer one.
  auto longer = encode<double>({1, 12}, 1);
  auto shorter = encode<double>({1, 7}, 1);
  for (size_t i = 0; i < shorter.size(); ++i)
    EXPECT_NEAR(shorter[i], longer[i], 1e-12);
}

TEST(model, a_pass_begins_anew) {
  kernels::host_backend<double> on;
  encoder<kernels::host_backend<double>> model{on, tiny, {1, 5}, 1};
  model.forward();
  auto first = model.output();
  model.forward();
  EXPECT_EQ(model.output(), first);
}

TEST(model, operations_are_those_of_the_products_that_run) {
  for (extent input : {extent{1, 1}, extent{3, 10}}) {
    kernels::host_backend<float> on;
    encoder<kernels::host_backend<float>> model{on, tiny, input, 1};
    model.forward();
    EXPECT_DOUBLE_EQ(on.flops(), flops_of(tiny, input));
  }
}

TEST(model, the_shape_of_qwen2_has_358_million_parameters) {
  EXPECT_NEAR(static_cast<double>(parameters_of(qwen2_half_b)), 358e6, .5e6);
  // 0.72 GFLOP per token beside attention.
  auto per_token = flops_of(qwen2_half_b, {1, 512}) / 512 - 24. * 4 * 512 * 14 * 64;
  EXPECT_NEAR(per_token, .716e9, .005e9);
}

TEST(measure, the_median_is_the_middle) {
  EXPECT_EQ(median({}), 0);
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
}

TEST(measure, rates_are_those_of_the_median_pass) {
  device_request request;
  request.input = {2, 100};
  device_report found;
  found.passes_s = {.5, .1, .2};
  auto out = report(request, found);
  EXPECT_EQ(out.scope, "");
  EXPECT_DOUBLE_EQ(out.figures.at(0).value, 1000);
  EXPECT_DOUBLE_EQ(out.figures.at(1).value, flops_of(qwen2_half_b, request.input) / .2 / 1e12);
}

TEST(measure, a_skipped_device_has_no_figures) {
  device_report found;
  found.skipped = "no CUDA device";
  auto out = report({}, found);
  EXPECT_EQ(out.skipped, "no CUDA device");
  EXPECT_TRUE(out.figures.empty());
}

TEST(measure, a_reference_is_marked_as_simulated) {
  auto found = run_reference({1, 4}, 1, {});
  EXPECT_EQ(found.scope, "simulated");
  EXPECT_EQ(found.figures.size(), 2u);
}

} // namespace
} // namespace hive::qwen
