#include "gpu/kernels/gemm.hpp"

#include "tests/gpu/kernels/random_numbers.hpp"
#include "tests/support/seed.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace hive::kernels {
namespace {

/// The definition, by rows.
std::vector<double> product(const gemm& what, const std::vector<double>& a, const std::vector<double>& b,
                            std::vector<double> c, const std::vector<double>& bias) {
  auto m = static_cast<size_t>(what.m), n = static_cast<size_t>(what.n), k = static_cast<size_t>(what.k);
  for (size_t each = 0; each < static_cast<size_t>(what.batch); ++each)
    for (size_t i = 0; i < m; ++i)
      for (size_t j = 0; j < n; ++j) {
        double total = 0;
        for (size_t d = 0; d < k; ++d)
          total += a[each * m * k + i * k + d] * b[each * k * n + (what.transposed_b ? j * k + d : d * n + j)];
        auto& at = c[each * m * n + i * n + j];
        at = total + (what.bias ? bias[j] : 0) + (what.accumulate ? at : 0);
      }
  return c;
}

template <class T>
class gemm_of : public testing::Test {};

using number_types = testing::Types<double, float, bf16>;
TYPED_TEST_SUITE(gemm_of, number_types);

TYPED_TEST(gemm_of, the_form_by_columns_computes_the_product_by_rows) {
  HIVE_RANDOM_SEED(seed);
  for (bool transposed : {false, true})
    for (bool accumulate : {false, true})
      for (bool with_bias : {false, true}) {
        gemm what{5, 7, 3, transposed, accumulate, with_bias, 2};
        auto a = random_numbers(2 * what.size_a(), seed, 2);
        auto b = random_numbers(2 * what.size_b(), seed + 1, 2);
        auto c = random_numbers(2 * what.size_c(), seed + 2, 2);
        auto bias = random_numbers(7, seed + 3, 2);
        auto wanted = product(what, a, b, c, bias);
        auto out = as<TypeParam>(c);
        run_on_host(what, as<TypeParam>(a).data(), as<TypeParam>(b).data(), out.data(), as<TypeParam>(bias).data());
        for (size_t i = 0; i < wanted.size(); ++i)
          ASSERT_NEAR(static_cast<double>(read(out[i])), wanted[i],
                      tolerance<TypeParam> * std::max(1., std::abs(wanted[i])));
      }
}

TEST(gemm, strides_are_those_of_contiguous_rows) {
  gemm what{5, 7, 3};
  auto by = by_columns(what);
  EXPECT_EQ(by.rows, 7);
  EXPECT_EQ(by.columns, 5);
  EXPECT_EQ(by.first_stride, 7);
  what.transposed_b = true;
  EXPECT_EQ(by_columns(what).first_stride, 3);
  EXPECT_EQ(what.flops(), 210);
}

} // namespace
} // namespace hive::kernels
