#include "tests/analysis/history_noise.hpp"
#include "tests/analysis/refusal_text.hpp"

#include <gtest/gtest.h>
#include <limits>

namespace hive::analysis {
namespace {

using indices = std::vector<size_t>;

std::string reason_of(std::span<const double> values, const change_options& options = {}) {
  auto result = find_changes(values, options);
  auto* refused = std::get_if<refusal>(&result);
  return refused ? refused->text : "accepted";
}

/// Two levels, with a small noise that repeats.
std::vector<double> step(double before, double after, size_t place, size_t count, double spread = 0.01) {
  std::vector<double> out;
  for (size_t i = 0; i < count; ++i)
    out.push_back((i < place ? before : after) + spread * static_cast<double>(i * 7 % 5));
  return out;
}

/// A few steps of 5 to 20% in Gaussian noise of 2%.
std::vector<double> random_history(noise& random) {
  auto values = noisy_history(random, 40 + static_cast<size_t>(160 * random.uniform()), history_noise::gaussian, 0.02);
  double level = 1;
  for (auto& each : values) {
    if (random.uniform() < 0.02)
      level *= random.succeeds(0.5) ? 1.05 + 0.15 * random.uniform() : 0.8 + 0.15 * random.uniform();
    each *= level;
  }
  return values;
}

std::vector<double> scaled(std::vector<double> values, double factor, double shift = 0) {
  for (auto& each : values)
    each = each * factor + shift;
  return values;
}

TEST(change_points, a_step_is_told_with_its_size) {
  auto found = changes_of(step(100, 110, 30, 50));
  ASSERT_EQ(indices_of(found), indices{30});
  const auto& change = found.changes.front();
  EXPECT_NEAR(change.before, 100.02, 1e-9);
  EXPECT_NEAR(change.after, 110.02, 1e-9);
  EXPECT_NEAR(change.relative, 0.1, 1e-3);
  EXPECT_LT(change.p, 1e-30);
  EXPECT_FALSE(found.drift);
  ASSERT_EQ(found.segments.size(), 2u);
  EXPECT_EQ(found.segments[0].end, 30u);
  EXPECT_EQ(found.current()->begin, 30u);
  EXPECT_EQ(found.current()->end, 50u);
  EXPECT_NEAR(found.current()->level, 110.02, 1e-9);
  EXPECT_NEAR(found.current()->deviation, 0.0145, 1e-3);
}

TEST(change_points, two_values_are_no_change) {
  EXPECT_EQ(indices_of(changes_of(step(100, 110, 48, 50))), indices{});
  // Where the noise is small, three are, with usual ones before them as the outliers of their segment.
  EXPECT_EQ(indices_of(changes_of(step(100, 110, 47, 50))), indices{45});
  EXPECT_EQ(indices_of(changes_of(step(100, 110, 45, 50))), indices{45});
}

TEST(change_points, small_changes_are_of_no_interest) {
  auto values = step(100, 100.4, 30, 60, 0.001);
  EXPECT_EQ(indices_of(changes_of(values)), indices{});
  values = step(100, 101, 30, 60, 0.001);
  EXPECT_EQ(indices_of(changes_of(values)), indices{30});
  EXPECT_EQ(indices_of(changes_of(values, {.floor = 0})), indices{30});
  EXPECT_EQ(indices_of(changes_of(values, {.floor = 0.02})), indices{});
}

TEST(change_points, drift_takes_the_place_of_steps) {
  std::vector<double> values;
  for (int i = 0; i < 60; ++i)
    values.push_back(100 + 0.5 * i + 0.3 * (i * 7 % 5));
  auto found = changes_of(values);
  EXPECT_EQ(indices_of(found), indices{});
  ASSERT_TRUE(found.drift);
  EXPECT_NEAR(found.drift->slope, 0.5, 1e-2);
  EXPECT_NEAR(found.drift->first, 100.6, 0.5);
  EXPECT_NEAR(found.drift->total, 59 * found.drift->slope, 1e-9);
  EXPECT_NEAR(found.drift->relative, found.drift->total / found.drift->first, 1e-12);
  EXPECT_LT(found.drift->p, drift_level);
  EXPECT_NEAR(found.drift->deviation, 0.43, 0.05);
  ASSERT_EQ(found.segments.size(), 1u);
  EXPECT_TRUE(found.spikes.empty());
}

TEST(change_points, a_spike_is_no_change) {
  auto values = step(100, 110, 30, 50);
  values[10] = 150;
  values[40] = 90;
  auto found = changes_of(values);
  EXPECT_EQ(indices_of(found), indices{30});
  ASSERT_EQ(found.spikes.size(), 2u);
  EXPECT_EQ(found.spikes[0].index, 10u);
  EXPECT_EQ(found.spikes[0].value, 150);
  EXPECT_NEAR(found.spikes[0].expected, 100, 0.1);
  EXPECT_EQ(found.spikes[1].index, 40u);
}

TEST(change_points, other_noise_is_labelled) {
  constexpr uint64_t seed = 42;
  SCOPED_TRACE(seed);
  noise random{seed};
  auto values = noisy_history(random, 60, history_noise::gaussian, 0.01);
  for (double each : noisy_history(random, 60, history_noise::gaussian, 0.05))
    values.push_back(each * 1.2);
  auto found = changes_of(values);
  ASSERT_EQ(indices_of(found), indices{60});
  ASSERT_EQ(found.variance_changes.size(), 1u);
  EXPECT_EQ(found.variance_changes[0].index, 60u);
  EXPECT_NEAR(found.variance_changes[0].before, 1, 0.3);
  EXPECT_NEAR(found.variance_changes[0].after, 6, 1.5);
  EXPECT_LE(found.variance_changes[0].p, change_level);
}

TEST(change_points, short_and_constant_series_have_no_change) {
  auto nothing = changes_of({});
  EXPECT_TRUE(nothing.changes.empty() && nothing.segments.empty() && !nothing.current());
  auto one = changes_of(std::vector<double>{7});
  ASSERT_TRUE(one.current());
  EXPECT_EQ(one.current()->level, 7);
  EXPECT_EQ(one.current()->deviation, 0);
  for (double level : {0.0, -3.0, 0.1, 5e-324, 1.7e308}) {
    auto found = changes_of(std::vector<double>(50, level));
    EXPECT_TRUE(found.changes.empty() && !found.drift && found.spikes.empty() && found.variance_changes.empty());
    ASSERT_EQ(found.segments.size(), 1u);
    EXPECT_EQ(found.current()->level, level);
    EXPECT_EQ(found.autocorrelation, 0);
  }
}

TEST(change_points, what_cannot_be_judged_is_refused) {
  std::vector<double> values(40, 1.0);
  values[17] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(reason_of(values), "value 17 of the history is not finite");
  values[3] = -std::numeric_limits<double>::infinity();
  EXPECT_EQ(reason_of(values), "value 3 of the history is not finite");
  EXPECT_EQ(reason_of(std::vector<double>(1'000'000, 1.0)), "a history of 1000000 values exceeds the bound of 2000");
  EXPECT_EQ(reason_of(std::vector<double>(max_history_values, 1.0)), "accepted");
  for (double floor : {-0.1, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()})
    EXPECT_EQ(reason_of({}, {.floor = floor}), "the least magnitude of a change must be a number that is not negative");
}

TEST(change_points, levels_may_be_negative_or_zero) {
  auto below = changes_of(step(-100, -110, 30, 50));
  ASSERT_EQ(indices_of(below), indices{30});
  EXPECT_NEAR(below.changes[0].relative, -0.1, 1e-3);
  // About zero no magnitude is small.
  auto about_zero = changes_of(step(-0.02, 0.98, 30, 50));
  ASSERT_EQ(indices_of(about_zero), indices{30});
  std::vector<double> from_zero(40, 0.0);
  std::fill(from_zero.begin() + 20, from_zero.end(), 3.0);
  auto found = changes_of(from_zero);
  ASSERT_EQ(indices_of(found), indices{20});
  EXPECT_EQ(found.changes[0].relative, std::numeric_limits<double>::infinity());
  EXPECT_EQ(found.changes[0].p, 0);
}

TEST(change_points, the_largest_and_the_smallest_values_are_judged_alike) {
  auto values = step(1, 1.5, 30, 50);
  for (int exponent : {-1000, -60, 60, 1022}) {
    auto factor = std::ldexp(1, exponent);
    auto plain = changes_of(values), found = changes_of(scaled(values, factor));
    ASSERT_EQ(indices_of(found), indices{30});
    EXPECT_EQ(found.changes[0].after, std::ldexp(plain.changes[0].after, exponent));
    EXPECT_EQ(found.changes[0].p, plain.changes[0].p);
  }
}

TEST(change_points, a_factor_changes_no_judgement) {
  constexpr uint64_t seed = 43;
  SCOPED_TRACE(seed);
  noise random{seed};
  for (int run = 0; run < 100; ++run) {
    auto values = random_history(random);
    auto found = changes_of(values);
    for (double factor : {-1.0, 3.7e-9, 1e12}) {
      auto other = changes_of(scaled(values, factor));
      ASSERT_EQ(indices_of(other), indices_of(found)) << "run " << run;
      EXPECT_EQ(other.drift.has_value(), found.drift.has_value());
      EXPECT_EQ(other.spikes.size(), found.spikes.size());
      for (size_t i = 0; i < found.changes.size(); ++i)
        EXPECT_NEAR(other.changes[i].after, factor * found.changes[i].after, 1e-9 * std::abs(other.changes[i].after));
    }
  }
}

TEST(change_points, a_constant_on_top_moves_no_change) {
  // As long as the magnitudes, which it makes smaller or larger, stay above the floor.
  constexpr uint64_t seed = 44;
  SCOPED_TRACE(seed);
  noise random{seed};
  for (int run = 0; run < 100; ++run) {
    auto values = random_history(random);
    auto found = indices_of(changes_of(values));
    EXPECT_EQ(indices_of(changes_of(scaled(values, 1, 30))), found) << "run " << run;
    EXPECT_EQ(indices_of(changes_of(scaled(values, 1, -30))), found) << "run " << run;
  }
}

TEST(change_points, reversed_series_have_reversed_changes) {
  constexpr uint64_t seed = 45;
  SCOPED_TRACE(seed);
  noise random{seed};
  size_t changes = 0;
  for (int run = 0; run < 200; ++run) {
    auto values = random_history(random);
    auto found = indices_of(changes_of(values));
    changes += found.size();
    std::ranges::reverse(values);
    std::ranges::reverse(found);
    for (auto& each : found)
      each = values.size() - each;
    EXPECT_EQ(indices_of(changes_of(values)), found) << "run " << run;
  }
  EXPECT_GT(changes, 200u);
}

TEST(change_points, figures_have_the_same_bits_everywhere) {
  noise random{92};
  auto values = noisy_history(random, 60, history_noise::gaussian, 0.02);
  for (size_t i = 40; i < values.size(); ++i)
    values[i] *= 1.1;
  values[10] = 150;
  auto found = changes_of(values);
  ASSERT_EQ(indices_of(found), indices{40});
  EXPECT_EQ(found.changes[0].before, 0x1.9099305c4501bp+6);
  EXPECT_EQ(found.changes[0].after, 0x1.b9ba71854692ep+6);
  EXPECT_EQ(found.changes[0].p, 0x1.225e6ba5090f3p-75);
  EXPECT_EQ(found.current()->level, 0x1.ba3f1f60c70a6p+6);
  EXPECT_EQ(found.current()->deviation, 0x1.76192fc4c20e3p+0);
  EXPECT_EQ(found.autocorrelation, 0x1.71c6574cf85cap-6);
}

TEST(change_points, segments_cover_the_series) {
  constexpr uint64_t seed = 46;
  SCOPED_TRACE(seed);
  noise random{seed};
  for (int run = 0; run < 100; ++run) {
    auto values = random_history(random);
    auto found = changes_of(values);
    ASSERT_EQ(found.segments.size(), found.changes.size() + 1);
    EXPECT_EQ(found.segments.front().begin, 0u);
    for (size_t i = 0; i < found.changes.size(); ++i) {
      EXPECT_EQ(found.segments[i].end, found.changes[i].index);
      EXPECT_EQ(found.segments[i + 1].begin, found.changes[i].index);
      EXPECT_LE(found.changes[i].p, change_level);
      EXPECT_GE(std::abs(found.changes[i].relative), least_magnitude);
    }
    EXPECT_EQ(found.segments.back().end, values.size());
    for (const auto& each : found.segments)
      EXPECT_GE(each.size(), least_segment_values);
  }
}

} // namespace
} // namespace hive::analysis
