#include "analysis/optimal_partition.hpp"
#include "tests/analysis/agent_noise.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace hive::analysis {
namespace {

/// Σ(x − mean)².
double squares_of(std::span<const double> values) {
  double sum = 0, squares = 0;
  for (double each : values)
    sum += each;
  for (double each : values)
    squares += (each - sum / static_cast<double>(values.size())) * (each - sum / static_cast<double>(values.size()));
  return squares;
}

double cost_of(std::span<const double> values, std::vector<size_t> starts, double penalty) {
  double cost = penalty * static_cast<double>(starts.size());
  starts.push_back(values.size());
  size_t from = 0;
  for (auto to : starts) {
    cost += squares_of(values.subspan(from, to - from));
    from = to;
  }
  return cost;
}

/// The least cost by its definition, with every start of the last segment.
double least_cost(std::span<const double> values, double penalty, size_t least) {
  std::vector<double> cost(values.size() + 1, std::numeric_limits<double>::infinity());
  cost[0] = -penalty;
  for (size_t end = least; end <= values.size(); ++end)
    for (size_t start = 0; start + least <= end; ++start)
      cost[end] = std::min(cost[end], cost[start] + penalty + squares_of(values.subspan(start, end - start)));
  return cost.back();
}

/// Levels that jump now and then, with noise or in whole numbers, where partitions tie.
std::vector<double> random_series(noise& random, size_t count, bool whole) {
  std::vector<double> out;
  double level = 0;
  for (size_t i = 0; i < count; ++i) {
    if (random.uniform() < 0.05)
      level = std::floor(8 * random.uniform());
    out.push_back(level + (whole ? std::floor(2 * random.uniform()) : random.normal()));
  }
  return out;
}

using indices = std::vector<size_t>;

TEST(optimal_partition, finds_a_step) {
  std::vector<double> values(12, 1.0);
  std::fill(values.begin() + 7, values.end(), 3.0);
  EXPECT_EQ(optimal_partition(values, 4, 5), indices{7});
  EXPECT_EQ(optimal_partition(values, 12, 5), indices{}); // saves 35·4/12 < 12
}

TEST(optimal_partition, segments_have_their_least_length) {
  EXPECT_EQ(optimal_partition(std::vector<double>{0, 0, 9, 9, 9, 9, 9, 9}, 1, 2), indices{2});
  EXPECT_EQ(optimal_partition(std::vector<double>{0, 0, 9, 9, 9, 9, 9, 9}, 1, 3), indices{3});
  EXPECT_EQ(optimal_partition(std::vector<double>{0, 0, 9, 9, 9, 9, 9, 9}, 1, 4), indices{4});
  EXPECT_EQ(optimal_partition(std::vector<double>{0, 0, 9, 9, 9, 9, 9, 9}, 1, 5), indices{});
  EXPECT_EQ(optimal_partition({}, 1, 1), indices{});
}

TEST(optimal_partition, large_steps_cost_no_digits) {
  // With sums of squares the step of 1 would drown in the rounding of 1e16.
  std::vector<double> values;
  for (int i = 0; i < 30; ++i)
    values.push_back((i < 10 ? 0 : 1e8) + (i < 20 ? 0 : 1) + (i % 2 ? 0.01 : -0.01));
  EXPECT_EQ(optimal_partition(values, 1, 5), (indices{10, 20}));
}

TEST(optimal_partition, overflowing_squares_are_avoided) {
  std::vector<double> values(20, 1e200);
  std::fill(values.begin() + 8, values.end(), -1e200);
  EXPECT_EQ(optimal_partition(values, 1, 5), indices{8});
  values[9] = 1e200; // now every partition overflows
  EXPECT_EQ(optimal_partition(values, 1, 5), indices{});
}

TEST(optimal_partition, dropping_starts_changes_nothing) {
  constexpr uint64_t seed = 41;
  SCOPED_TRACE(seed);
  noise random{seed};
  for (int run = 0; run < 300; ++run) {
    auto count = 10 + static_cast<size_t>(110 * random.uniform());
    auto values = random_series(random, count, run % 2);
    double penalty = run % 3 ? 4 * natural_log(static_cast<double>(count)) : 2;
    auto least = 1 + static_cast<size_t>(run % 5);
    auto starts = optimal_partition(values, penalty, least);
    double wanted = least_cost(values, penalty, least);
    EXPECT_NEAR(cost_of(values, starts, penalty), wanted, 1e-9 * (1 + wanted)) << "run " << run;
    starts.push_back(count);
    for (size_t i = 0, from = 0; i < starts.size(); from = starts[i++])
      EXPECT_GE(starts[i] - from, least) << "run " << run;
  }
}

} // namespace
} // namespace hive::analysis
