#pragma once

#include "analysis/change_points.hpp"
#include "tests/analysis/agent_noise.hpp"

#include <array>
#include <cmath>

namespace hive::analysis {

/// The noise of measurements in simulated histories, with standard deviation 1 for the first three.
enum class history_noise : uint8_t {
  gaussian,
  student_t3,
  autoregressive, ///< ρ = 0.4
  bimodal,        ///< Gaussian, and 20% of the values 8% higher
  spikes          ///< Gaussian, and 5% of the values 50% higher
};

inline constexpr std::array history_noises{history_noise::gaussian, history_noise::student_t3,
                                           history_noise::autoregressive, history_noise::bimodal,
                                           history_noise::spikes};

inline const char* name_of(history_noise kind) {
  static constexpr std::array names{"Gaussian", "Student t3", "AR(1) 0.4", "bimodal", "5% spikes"};
  return names[static_cast<size_t>(kind)];
}

/// Largest share of false alarms on 100 values without a change.
inline double most_false_alarms(history_noise kind) {
  static constexpr std::array shares{0.01, 0.02, 0.06, 0.01, 0.035};
  return shares[static_cast<size_t>(kind)];
}

/// Values about 100 with this coefficient of variation.
inline std::vector<double> noisy_history(noise& random, size_t count, history_noise kind, double variation) {
  constexpr double rho = 0.4;
  std::vector<double> out;
  double before = random.normal();
  for (size_t i = 0; i < count; ++i) {
    double deviation = random.normal();
    if (kind == history_noise::student_t3) {
      double squares = 0;
      for (int degree = 0; degree < 3; ++degree) {
        double each = random.normal();
        squares += each * each;
      }
      deviation /= std::sqrt(squares); // √3 makes a t of it, and a t has the variance 3
    }
    if (kind == history_noise::autoregressive)
      before = deviation = rho * before + std::sqrt(1 - rho * rho) * deviation;
    double factor = kind == history_noise::bimodal && random.succeeds(0.2)   ? 1.08
                    : kind == history_noise::spikes && random.succeeds(0.05) ? 1.5
                                                                             : 1;
    out.push_back(100 * (1 + variation * deviation) * factor);
  }
  return out;
}

inline history_changes changes_of(std::span<const double> values, const change_options& options = {}) {
  return std::get<history_changes>(find_changes(values, options));
}

inline std::vector<size_t> indices_of(const history_changes& found) {
  std::vector<size_t> out;
  for (const auto& each : found.changes)
    out.push_back(each.index);
  return out;
}

struct alarm_counts {
  uint32_t changes = 0; ///< series with a step
  uint32_t drift = 0;   ///< and with drift
};

/// False alarms in series of 100 values without a change.
inline alarm_counts count_false_alarms(noise& random, uint32_t series, history_noise kind, double variation) {
  alarm_counts out;
  for (uint32_t i = 0; i < series; ++i) {
    auto found = changes_of(noisy_history(random, 100, kind, variation));
    out.changes += !found.changes.empty();
    out.drift += found.drift.has_value();
  }
  return out;
}

/// Series of 100 values whose last `after` are 5% higher, at 2% variation, in which the newest change is found within
/// `least_segment_values` of its place.
inline uint32_t count_found_steps(noise& random, uint32_t series, history_noise kind, size_t after) {
  uint32_t found = 0;
  for (uint32_t i = 0; i < series; ++i) {
    auto values = noisy_history(random, 100, kind, 0.02);
    auto place = values.size() - after;
    for (auto each = values.begin() + static_cast<ptrdiff_t>(place); each != values.end(); ++each)
      *each *= 1.05;
    auto indices = indices_of(changes_of(values));
    found += !indices.empty() && indices.back() + least_segment_values >= place &&
             indices.back() <= place + least_segment_values;
  }
  return found;
}

/// The values of a count of `series` with this probability stay below it in all but one of 1,000 simulations.
inline double binomial_bound(uint32_t series, double probability) {
  return series * probability + 3.1 * std::sqrt(series * probability * (1 - probability)) + 1;
}

/// Values after the step, and the least share of steps that are found then in Gaussian noise.
struct step_target {
  size_t after;
  double share;
};
inline constexpr std::array step_targets{step_target{5, 0.70}, step_target{8, 0.93}, step_target{10, 0.96}};

} // namespace hive::analysis
