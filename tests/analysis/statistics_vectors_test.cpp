#include "analysis/normal.hpp"
#include "analysis/paired.hpp"
#include "analysis/trend.hpp"
#include "analysis/wilson.hpp"
#include "tests/analysis/vector_file.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

// The expected results in tests/data/statistics.json were computed with SciPy, statsmodels and integer counts. Each
// family states its convention there, and the file the tolerance.

namespace hive::analysis {
namespace {

/// A number of the file, which writes infinities as text.
double value_of(json value) {
  if (!value.isString())
    return value.getNumber();
  std::string_view name = value.getString().cStr();
  if (name == "inf")
    return std::numeric_limits<double>::infinity();
  if (name == "-inf")
    return -std::numeric_limits<double>::infinity();
  throw std::runtime_error("no number: " + std::string{name});
}

std::vector<double> values_of(json array) {
  std::vector<double> out;
  for (auto each : array.getArray())
    out.push_back(value_of(each));
  return out;
}

void expect_close(double got, json expected, std::string_view name) {
  auto wanted = value_of(at(expected, name));
  if (std::isinf(wanted) || got == wanted) {
    EXPECT_EQ(got, wanted) << name;
    return;
  }
  double relative = std::abs(wanted) < 1e-30 ? 1e-6 : 1e-9;
  EXPECT_NEAR(got, wanted, std::max(1e-12, relative * std::abs(wanted))) << name;
  // The absolute tolerance would take any small tail for equal, so these are held to the relative one alone.
  if (wanted > 0 && wanted < 1e-3) {
    EXPECT_NEAR(got / wanted, 1, relative) << name;
  }
}

class statistics_vectors : public testing::Test {
protected:
  /// Calls check(input, expected) for all cases of a family.
  template <class Check>
  void each_case(const char* family, size_t count, const Check& check) {
    auto cases = at(at(at(file_.root(), "families"), family), "cases").getArray();
    EXPECT_EQ(cases.size(), count);
    for (uint32_t i = 0; i < cases.size(); ++i) {
      SCOPED_TRACE(std::string{family} + " case " + std::to_string(i));
      check(at(cases[i], "input"), at(cases[i], "expected"));
    }
  }

  vector_file file_{"statistics.json"};
};

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

} // namespace
} // namespace hive::analysis
