#include "analysis/normal.hpp"
#include "analysis/student_t.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <vector>

namespace hive::analysis {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(student_t, upper_tails_by_numerical_integration) {
  // mpmath, 30 digits.
  struct known {
    double t, df, upper, error;
  };
  for (auto [t, df, upper, error] :
       {known{20, 0.5, 0.071697480514230315, 2e-12}, known{12, 47, 3.2437990823293034e-16, 2e-12},
        known{200, 10, 1.200253729743141e-19, 2e-12}, known{37, 1000, 8.6503944049641985e-190, 2e-12},
        known{4, 1000000, 3.1673517005024052e-5, 1e-10}, known{2.5, 3.25, 0.040614248987668449, 2e-12}})
    EXPECT_NEAR(student_t_upper(t, df) / upper, 1, error) << t << " " << df;
}

TEST(student_t, one_and_two_degrees_of_freedom_are_elementary) {
  EXPECT_NEAR(student_t_upper(1, 1), 0.25, 1e-15);
  EXPECT_NEAR(student_t_upper(1e150, 1) * 1e150, 0.3183098861837907, 1e-13); // 1/π
  EXPECT_NEAR(student_t_cdf(std::sqrt(2.0), 2), 0.5 + 0.5 / std::sqrt(2.0), 1e-15);
}

TEST(student_t, is_symmetric) {
  for (double df : {0.5, 4.0, 99.0, 1e7})
    for (double t : {0.01, 1.0, 3.0, 30.0}) {
      EXPECT_EQ(student_t_cdf(-t, df), student_t_upper(t, df));
      EXPECT_NEAR(student_t_cdf(t, df) + student_t_upper(t, df), 1, 1e-15);
      EXPECT_EQ(student_t_two_sided(t, df), student_t_two_sided(-t, df));
      EXPECT_NEAR(student_t_quantile(0.25, df), -student_t_quantile(0.75, df), 1e-12);
    }
}

TEST(student_t, becomes_the_normal_distribution) {
  EXPECT_EQ(student_t_upper(2, infinity), normal_upper(2));
  EXPECT_EQ(student_t_quantile(0.975, infinity), normal_quantile(0.975));
  // Where the correction of first order takes over.
  for (double t : {0.5, 2.0, 8.0, 12.0})
    EXPECT_NEAR(student_t_upper(t, 0.9999999e8) / student_t_upper(t, 1.0000001e8), 1, 2e-9) << t;
  EXPECT_NEAR(student_t_quantile(0.99, 0.9999999e8) / student_t_quantile(0.99, 1.0000001e8), 1, 1e-9);
}

TEST(student_t, quantiles_invert_the_distribution) {
  for (double df : {0.5, 1.0, 2.5, 17.0, 400.0, 1e6})
    for (double p : {1e-100, 1e-12, 0.001, 0.2, 0.3, 0.499, 0.7, 0.95, 0.9999})
      EXPECT_NEAR(student_t_cdf(student_t_quantile(p, df), df) / p, 1, 1e-9) << p << " " << df;
}

TEST(student_t, ends_and_nonsense) {
  EXPECT_EQ(student_t_upper(infinity, 3), 0);
  EXPECT_EQ(student_t_upper(-infinity, 3), 1);
  EXPECT_EQ(student_t_quantile(0, 3), -infinity);
  EXPECT_EQ(student_t_quantile(1, 3), infinity);
  EXPECT_EQ(student_t_quantile(0.5, 3), 0);
  EXPECT_EQ(student_t_quantile(1e-100, 0.1), -infinity); // about -1e1000
  EXPECT_TRUE(std::isnan(student_t_upper(1, 0)));
  EXPECT_TRUE(std::isnan(student_t_upper(1, -2)));
  EXPECT_TRUE(std::isnan(student_t_upper(std::numeric_limits<double>::quiet_NaN(), 2)));
  EXPECT_TRUE(std::isnan(student_t_quantile(0.3, std::numeric_limits<double>::quiet_NaN())));
}

TEST(student_t, welch_does_not_mind_the_unit) {
  std::vector<double> a{3, 5, 4, 6}, b{5, 7, 9, 6, 8};
  auto plain = *welch_t(a, b);
  for (auto* side : {&a, &b})
    for (auto& each : *side)
      each *= 0x1p300;
  auto large = *welch_t(a, b);
  EXPECT_EQ(large.t, plain.t);
  EXPECT_EQ(large.p_two_sided, plain.p_two_sided);
}

} // namespace
} // namespace hive::analysis
