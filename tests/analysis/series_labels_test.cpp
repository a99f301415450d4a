#include "analysis/series_labels.hpp"
#include "tests/analysis/history_noise.hpp"

#include <gtest/gtest.h>

namespace hive::analysis {
namespace {

std::vector<size_t> spikes_of(std::span<const double> values, std::span<const double> expected) {
  std::vector<size_t> out;
  for (const auto& each : find_spikes(values, clip_series(values), expected))
    out.push_back(each.index);
  return out;
}

TEST(series_labels, a_spike_stands_alone) {
  std::vector<double> values;
  for (int i = 0; i < 30; ++i)
    values.push_back(10 + 0.1 * (i % 3));
  std::vector<double> expected(values.size(), 10.1);
  values[0] = 12;
  values[12] = 15;
  values[20] = values[21] = 15; // two in a row are none
  values[29] = 7;
  EXPECT_EQ(spikes_of(values, expected), (std::vector<size_t>{0, 12, 29}));
}

TEST(series_labels, a_first_value_at_the_new_level_is_no_spike) {
  // Four of the nine around value 20 are low, and value 22 is a spike; so their median is high.
  std::vector<double> values, expected;
  for (int i = 0; i < 40; ++i) {
    expected.push_back(i < 20 ? 100 : 50);
    values.push_back(expected.back() + i % 2);
  }
  values[22] = 100;
  EXPECT_NE(clip_series(values).values[20], values[20]);
  EXPECT_EQ(spikes_of(values, expected), std::vector<size_t>{22});
}

TEST(series_labels, noise_that_grows_is_told) {
  constexpr uint64_t seed = 71;
  SCOPED_TRACE(seed);
  noise random{seed};
  std::vector<double> values;
  for (int i = 0; i < 120; ++i)
    values.push_back((i < 40 ? 1 : i < 80 ? 4 : 3.5) * random.normal());
  auto segments = fit_segments(values, std::vector<size_t>{40, 80});
  auto found = find_variance_changes(values, segments, 0, change_level);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].index, 40u);
  EXPECT_EQ(found[0].before, segments[0].deviation);
  EXPECT_EQ(found[0].after, segments[1].deviation);
}

TEST(series_labels, noise_that_begins_is_told) {
  std::vector<double> values(40, 5.0);
  for (size_t i = 20; i < 40; ++i)
    values[i] = 9 + static_cast<double>(i * 7 % 5);
  auto found = find_variance_changes(values, fit_segments(values, std::vector<size_t>{20}), 0, change_level);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].before, 0);
}

TEST(series_labels, a_step_alone_changes_no_noise) {
  constexpr uint64_t seed = 72;
  SCOPED_TRACE(seed);
  noise random{seed};
  int labels = 0;
  for (int run = 0; run < 200; ++run) {
    auto values = noisy_history(random, 60, history_noise::gaussian, 0.02);
    for (size_t i = 40; i < values.size(); ++i)
      values[i] += 20;
    labels += changes_of(values).variance_changes.size() > 0;
  }
  EXPECT_LE(labels, binomial_bound(200, 0.005));
}

} // namespace
} // namespace hive::analysis
