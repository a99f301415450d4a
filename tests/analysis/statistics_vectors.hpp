#pragma once

#include "tests/analysis/vector_file.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <optional>
#include <vector>

namespace hive::analysis {

// The expected results in tests/data/statistics.json were computed with SciPy, statsmodels, mpmath and integer counts.
// Each family states its convention there, and the file the tolerance. HIVE_VECTORS names another folder with a file of
// that name and form.

/// A number of the file, which writes infinities as text.
inline double value_of(json value) {
  if (!value.isString())
    return value.getNumber();
  std::string_view name = value.getString().cStr();
  if (name == "inf")
    return std::numeric_limits<double>::infinity();
  if (name == "-inf")
    return -std::numeric_limits<double>::infinity();
  throw std::runtime_error("no number: " + std::string{name});
}

inline std::vector<double> values_of(json array) {
  std::vector<double> out;
  for (auto each : array.getArray())
    out.push_back(value_of(each));
  return out;
}

inline void expect_close(double got, double wanted, std::string_view name) {
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

inline void expect_close(double got, json expected, std::string_view name) {
  expect_close(got, value_of(at(expected, name)), name);
}

/// null stands for nothing.
inline void expect_close(std::optional<double> got, json expected, std::string_view name) {
  auto wanted = at(expected, name);
  ASSERT_EQ(got.has_value(), !wanted.isNull()) << name;
  if (got)
    expect_close(*got, value_of(wanted), name);
}

inline void expect_close(const std::vector<double>& got, json expected, std::string_view name) {
  auto wanted = values_of(at(expected, name));
  ASSERT_EQ(got.size(), wanted.size()) << name;
  for (size_t i = 0; i < got.size(); ++i)
    expect_close(got[i], wanted[i], std::string{name} + " " + std::to_string(i));
}

class statistics_vectors : public testing::Test {
protected:
  /// Calls check(input, expected) for all cases of a family, of which tests/data has `count`.
  template <class Check>
  void each_case(const char* family, size_t count, const Check& check) {
    auto cases = at(at(at(file_.root(), "families"), family), "cases").getArray();
    if (!other_vectors()) {
      EXPECT_EQ(cases.size(), count);
    }
    EXPECT_GT(cases.size(), 0u);
    for (uint32_t i = 0; i < cases.size(); ++i) {
      SCOPED_TRACE(std::string{family} + " case " + std::to_string(i));
      check(at(cases[i], "input"), at(cases[i], "expected"));
    }
  }

  vector_file file_{"statistics.json"};
};

} // namespace hive::analysis
