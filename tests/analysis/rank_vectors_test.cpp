#include "analysis/group_sequential.hpp"
#include "analysis/hodges_lehmann.hpp"
#include "analysis/mixture.hpp"
#include "analysis/multiple_tests.hpp"
#include "analysis/outliers.hpp"
#include "analysis/rank_distributions.hpp"
#include "analysis/rank_tests.hpp"
#include "tests/analysis/statistics_vectors.hpp"

namespace hive::analysis {
namespace {

void expect_tails(const auto& got, json expected) {
  expect_close(got.p_two_sided, expected, "p_two_sided");
  expect_close(got.p_less, expected, "p_less");
  expect_close(got.p_greater, expected, "p_greater");
}

void expect_interval(const std::optional<rank_interval>& got, json expected) {
  ASSERT_TRUE(got);
  expect_close(got->estimate, expected, "estimate");
  expect_close(got->lower, expected, "lower");
  expect_close(got->upper, expected, "upper");
  EXPECT_EQ(static_cast<double>(got->c), number(expected, "c"));
  expect_close(got->achieved, expected, "achieved");
}

TEST_F(statistics_vectors, mann_whitney_agrees) {
  each_case("mann_whitney_exact", 14, [](json input, json expected) {
    auto a = values_of(at(input, "a")), b = values_of(at(input, "b"));
    auto got = mann_whitney_exact(a, b);
    ASSERT_TRUE(got);
    expect_close(got->statistic, expected, "U");
    expect_close(static_cast<double>(a.size() * b.size()) - got->statistic, expected, "U2");
    expect_tails(*got, expected);
  });
  each_case("mann_whitney_asymptotic", 12, [](json input, json expected) {
    auto got = mann_whitney_asymptotic(values_of(at(input, "a")), values_of(at(input, "b")));
    ASSERT_TRUE(got);
    expect_close(got->statistic, expected, "U");
    expect_close(got->z, expected, "z");
    expect_tails(*got, expected);
  });
}

TEST_F(statistics_vectors, signed_rank_agrees) {
  each_case("wilcoxon_signed_rank_exact", 12, [](json input, json expected) {
    auto got = wilcoxon_signed_rank(values_of(at(input, "x")));
    ASSERT_TRUE(got);
    EXPECT_EQ(static_cast<double>(got->n), number(expected, "n"));
    expect_close(got->statistic, expected, "W_plus");
    expect_tails(*got, expected);
  });
  each_case("signed_rank_critical", 18, [](json input, json expected) {
    auto got = signed_rank_critical(static_cast<int64_t>(number(input, "n")), number(input, "alpha"));
    EXPECT_EQ(static_cast<double>(got), number(expected, "c"));
  });
}

TEST_F(statistics_vectors, hodges_lehmann_agrees) {
  each_case("hodges_lehmann_one_sample", 12, [](json input, json expected) {
    expect_interval(hodges_lehmann(values_of(at(input, "x")), number(input, "confidence")), expected);
  });
  each_case("hodges_lehmann_shift", 12, [](json input, json expected) {
    auto got = hodges_lehmann_shift(values_of(at(input, "a")), values_of(at(input, "b")), number(input, "confidence"));
    expect_interval(got, expected);
  });
}

TEST_F(statistics_vectors, multiple_tests_agree) {
  each_case("holm", 12,
            [](json input, json expected) { expect_close(holm(values_of(at(input, "p"))), expected, "adjusted"); });
  each_case("benjamini_hochberg", 12, [](json input, json expected) {
    expect_close(benjamini_hochberg(values_of(at(input, "p"))), expected, "adjusted");
  });
}

TEST_F(statistics_vectors, outliers_agree) {
  each_case("gesd", 12, [](json input, json expected) {
    auto most = static_cast<size_t>(number(input, "max_outliers"));
    auto got = generalised_esd(values_of(at(input, "x")), most, number(input, "alpha"));
    ASSERT_EQ(got.has_value(), !expected.isNull());
    if (!got)
      return;
    expect_close(got->statistics, expected, "statistics");
    expect_close(got->critical, expected, "critical");
    EXPECT_EQ(static_cast<double>(got->indices.size()), number(expected, "outliers"));
    expect_close(std::vector<double>(got->indices.begin(), got->indices.end()), expected, "indices");
  });
}

TEST_F(statistics_vectors, mixture_bounds_agree) {
  each_case("normal_mixture", 12, [](json input, json expected) {
    double got =
      normal_mixture_half_width(number(input, "n"), number(input, "s"), number(input, "rho2"), number(input, "alpha"));
    expect_close(got, expected, "half_width");
  });
  each_case("normal_mixture_boundary", 6, [](json input, json expected) {
    double got = normal_mixture_boundary(number(input, "v"), number(input, "rho"), number(input, "log_inverse_alpha"));
    expect_close(got, expected, "bound");
  });
}

TEST_F(statistics_vectors, spending_levels_agree) {
  each_case("group_sequential_boundary", 2, [](json input, json expected) {
    std::vector<uint32_t> looks;
    for (double each : values_of(at(input, "looks")))
      looks.push_back(static_cast<uint32_t>(each));
    expect_close(spending_levels(number(input, "alpha"), looks), expected, "nominal");
  });
}

// The plans have the recorded levels to the last digit: they are the constants of the gate.
TEST_F(statistics_vectors, plans_have_the_recorded_levels) {
  auto cases = at(at(at(file_.root(), "families"), "group_sequential_boundary"), "cases").getArray();
  ASSERT_GE(cases.size(), 2u);
  for (auto [plan, i] : {std::pair{look_plan::short_form, 0u}, {look_plan::long_form, 1u}}) {
    std::vector<double> pairs, levels;
    for (const auto& each : looks_of(plan)) {
      pairs.push_back(each.pairs);
      levels.push_back(each.level);
    }
    EXPECT_EQ(pairs, values_of(at(at(cases[i], "input"), "looks")));
    EXPECT_EQ(levels, values_of(at(at(cases[i], "expected"), "nominal")));
  }
}

} // namespace
} // namespace hive::analysis
