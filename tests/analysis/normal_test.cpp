#include "analysis/elementary.hpp"
#include "analysis/normal.hpp"

#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace hive::analysis {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

/// |a/b − 1|
double relative_error(double got, long double wanted) {
  return static_cast<double>(std::abs(static_cast<long double>(got) / wanted - 1));
}

TEST(elementary, the_logarithm_is_as_accurate_as_stated) {
  for (double x = 1e-300; x < 1e300; x *= 1.37)
    EXPECT_LT(relative_error(natural_log(x), std::log(static_cast<long double>(x))), 1e-15) << x;
  // Near 1 the result is small, and its relative error is what is hard.
  for (double off = 1e-15; off < 0.7; off *= 1.9)
    for (double x : {1 + off, 1 - off})
      EXPECT_LT(relative_error(natural_log(x), std::log(static_cast<long double>(x))), 1e-15) << off;
  EXPECT_EQ(natural_log(1), 0);
  EXPECT_EQ(natural_log(0), -infinite);
  EXPECT_EQ(natural_log(infinite), infinite);
  EXPECT_TRUE(std::isnan(natural_log(-1)));
  EXPECT_TRUE(std::isnan(natural_log(std::nan(""))));
}

TEST(elementary, the_exponential_is_as_accurate_as_stated) {
  for (double x = -708; x < 709; x += 0.317)
    EXPECT_LT(relative_error(exponential(x), std::exp(static_cast<long double>(x))), 1e-15) << x;
  for (double x = 1e-12; x < 0.5; x *= 3)
    EXPECT_LT(relative_error(exponential(-x), std::exp(static_cast<long double>(-x))), 1e-15) << x;
  EXPECT_EQ(exponential(0), 1);
  EXPECT_EQ(exponential(710), infinite);
  EXPECT_EQ(exponential(-746), 0);
  EXPECT_TRUE(std::isnan(exponential(std::nan(""))));
}

TEST(normal, tails_are_as_accurate_as_stated) {
  boost::math::normal standard;
  for (double z = -37; z < 10; z += 0.0937) {
    double wanted = boost::math::cdf(standard, z);
    EXPECT_LT(relative_error(normal_cdf(z), wanted), z > -10 ? 1e-13 : 1e-11) << z;
    EXPECT_EQ(normal_upper(-z), normal_cdf(z));
  }
}

TEST(normal, the_two_ways_to_a_tail_meet) {
  // The series ends at 2.5, where the continued fraction begins.
  double before = std::nextafter(2.5, 0);
  EXPECT_LT(relative_error(normal_upper(2.5), normal_upper(before)), 1e-13);
}

TEST(normal, the_quantile_inverts_the_distribution) {
  for (double z = -37; z < 8; z += 0.0531) {
    // Near 1, p itself says no more about z than this.
    double certainty = z > 0 ? 1e-16 / normal_upper(z) : 0;
    EXPECT_NEAR(normal_quantile(normal_cdf(z)), z, 1e-13 * std::max(1.0, std::abs(z)) + certainty) << z;
  }
  EXPECT_EQ(normal_quantile(0), -infinite);
  EXPECT_EQ(normal_quantile(1), infinite);
  EXPECT_NEAR(two_sided_z(0.95), 1.959963984540054, 1e-14);
}

} // namespace
} // namespace hive::analysis
