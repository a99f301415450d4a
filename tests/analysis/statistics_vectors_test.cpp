#include "analysis/normal.hpp"
#include "analysis/paired.hpp"
#include "analysis/pooled_t.hpp"
#include "analysis/robust.hpp"
#include "analysis/student_t.hpp"
#include "analysis/trend.hpp"
#include "analysis/wilson.hpp"
#include "tests/analysis/statistics_vectors.hpp"

namespace hive::analysis {
namespace {

TEST_F(statistics_vectors, mann_kendall_agrees) {
  each_case("mann_kendall", 13, [](json input, json expected) {
    auto got = mann_kendall(values_of(at(input, "x")));
    ASSERT_EQ(got.has_value(), !expected.isNull());
    if (!got)
      return;
    EXPECT_EQ(static_cast<double>(got->s), number(expected, "S"));
    expect_close(got->variance, expected, "var");
    expect_close(got->z, expected, "z");
    expect_close(got->p, expected, "p");
  });
}

TEST_F(statistics_vectors, theil_sen_agrees) {
  each_case("theil_sen", 12, [](json input, json expected) {
    auto got = theil_sen(values_of(at(input, "y")), number(input, "confidence"));
    ASSERT_EQ(got.has_value(), !expected.isNull());
    if (!got)
      return;
    expect_close(got->slope, expected, "slope");
    expect_close(got->intercept, expected, "intercept");
    expect_close(got->lower, expected, "lower");
    expect_close(got->upper, expected, "upper");
  });
}

TEST_F(statistics_vectors, mcnemar_agrees) {
  each_case("mcnemar_exact", 13, [](json input, json expected) {
    auto got = mcnemar_exact(static_cast<uint32_t>(number(input, "b")), static_cast<uint32_t>(number(input, "c")));
    expect_close(got.p, expected, "p");
    if (has(expected, "p_worse"))
      expect_close(got.p_worse, expected, "p_worse");
    else
      EXPECT_EQ(got.p_worse, 1); // nothing flipped
  });
}

TEST_F(statistics_vectors, wilson_agrees) {
  each_case("wilson", 13, [](json input, json expected) {
    auto got =
      wilson_interval(number(input, "successes"), number(input, "n"), two_sided_z(number(input, "confidence")));
    expect_close(got.lower, expected, "lower");
    expect_close(got.upper, expected, "upper");
  });
}

TEST_F(statistics_vectors, normal_distribution_agrees) {
  each_case("normal_cdf", 14, [](json input, json expected) {
    auto z = number(input, "z");
    expect_close(normal_cdf(z), expected, "cdf");
    expect_close(normal_upper(z), expected, "upper");
  });
  each_case("normal_quantile", 18,
            [](json input, json expected) { expect_close(normal_quantile(number(input, "p")), expected, "z"); });
}

TEST_F(statistics_vectors, student_t_distribution_agrees) {
  each_case("student_t_cdf", 13, [](json input, json expected) {
    expect_close(student_t_cdf(number(input, "t"), number(input, "df")), expected, "cdf");
    expect_close(student_t_upper(number(input, "t"), number(input, "df")), expected, "upper");
  });
  each_case("student_t_quantile", 16, [](json input, json expected) {
    expect_close(student_t_quantile(number(input, "p"), number(input, "df")), expected, "t");
  });
}

TEST_F(statistics_vectors, welch_t_agrees) {
  each_case("welch_t", 12, [](json input, json expected) {
    auto got = welch_t(values_of(at(input, "a")), values_of(at(input, "b")));
    ASSERT_EQ(got.has_value(), !expected.isNull());
    if (!got)
      return;
    expect_close(got->t, expected, "t");
    expect_close(got->df, expected, "df");
    expect_close(got->p_two_sided, expected, "p_two_sided");
    expect_close(got->p_less, expected, "p_less");
    expect_close(got->p_greater, expected, "p_greater");
  });
}

TEST_F(statistics_vectors, pooled_robust_t_agrees) {
  each_case("pooled_robust_t", 12, [](json input, json expected) {
    auto values = values_of(at(input, "x"));
    auto split = static_cast<size_t>(number(input, "split"));
    auto got = pooled_robust_t(std::span{values}.first(split), std::span{values}.subspan(split), number(input, "rho"));
    ASSERT_TRUE(got);
    expect_close(got->scale, expected, "scale");
    expect_close(got->left, expected, "left");
    expect_close(got->right, expected, "right");
    expect_close(got->t, expected, "t");
    expect_close(got->df, expected, "df");
    expect_close(got->p, expected, "p");
  });
}

TEST_F(statistics_vectors, robust_figures_agree) {
  each_case("mad", 12, [](json input, json expected) {
    auto got = spread_about_median(values_of(at(input, "x")));
    expect_close(got.median, expected, "median");
    expect_close(got.mad, expected, "mad");
    expect_close(got.scaled, expected, "scaled");
  });
  each_case("winsorised", 12, [](json input, json expected) {
    auto got = winsorise(values_of(at(input, "x")), number(input, "k"));
    expect_close(got.mean, expected, "mean");
    expect_close(got.variance, expected, "variance");
    EXPECT_EQ(static_cast<double>(got.clipped), number(expected, "clipped"));
  });
  each_case("trimmed", 12, [](json input, json expected) {
    auto got = trim(values_of(at(input, "x")), number(input, "g"));
    expect_close(got.trimmed_mean, expected, "trimmed_mean");
    expect_close(got.winsorised_mean, expected, "winsorised_mean");
    expect_close(got.winsorised_variance, expected, "winsorised_variance");
    expect_close(got.standard_error, expected, "yuen_se");
  });
}

TEST_F(statistics_vectors, autocorrelation_agrees) {
  each_case("autocorrelation", 12, [](json input, json expected) {
    auto got = autocorrelation(values_of(at(input, "x")));
    ASSERT_EQ(got.has_value(), !expected.isNull());
    if (!got)
      return;
    expect_close(got->rho, expected, "rho");
    expect_close(got->rho_used, expected, "rho_used");
    expect_close(got->inflation, expected, "inflation");
    expect_close(got->n_effective, expected, "n_effective");
  });
}

} // namespace
} // namespace hive::analysis
