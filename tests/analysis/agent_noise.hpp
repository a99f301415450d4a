#pragma once

#include "analysis/elementary.hpp"
#include "analysis/false_alarms.hpp"
#include "analysis/normal.hpp"
#include "analysis/number_stream.hpp"
#include "analysis/success_stream.hpp"

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace hive::analysis {

/// Draws with the same bits everywhere: the standard fixes the generator but not its distributions.
class noise {
public:
  explicit noise(uint64_t seed) : random_{seed} {
  }

  /// In (0, 1).
  double uniform() {
    return (static_cast<double>(random_() >> 12) + 0.5) * 0x1p-52;
  }

  bool succeeds(double rate) {
    return uniform() < rate;
  }

  double normal() {
    return normal_quantile(uniform());
  }

  double lognormal(double sigma) {
    return exponential(sigma * normal());
  }

  double pareto(double alpha) {
    return exponential(-natural_log(uniform()) / alpha);
  }

  std::mt19937_64& generator() {
    return random_;
  }

private:
  std::mt19937_64 random_;
};

/// Agents of the simulated fleet, and steps of ten minutes in a week.
inline constexpr uint32_t fleet_agents = 200;
inline constexpr uint32_t steps_per_week = 1'008;

/// The threshold of a fleet whose agents advance so many streams in each step, at one false alarm a week.
inline double fleet_threshold(uint32_t streams_per_step = 1) {
  return alarm_threshold(static_cast<double>(fleet_agents) * steps_per_week * streams_per_step,
                         default_false_alarms_per_week);
}

/// A stream with so many runs in its reference, at this rate; nothing is confirmed at its end.
inline success_stream learned_stream(noise& random, double rate, uint32_t reference, double threshold) {
  success_stream stream;
  // Steps of a stream that is being made do not count: a false alarm before the simulation begins is none of its
  // figures.
  while (stream.reference_runs < reference) {
    add_run(stream, random.succeeds(rate), threshold);
    if (stream.test.held)
      stream = {};
  }
  return stream;
}

/// The runs until a stream is confirmed, at most `limit`; `rate` gives the rate of each run.
template <class Rate>
uint32_t runs_to_confirm(success_stream stream, noise& random, double threshold, uint32_t limit, const Rate& rate) {
  for (uint32_t run = 1; run <= limit; ++run)
    if (add_run(stream, random.succeeds(rate(run)), threshold).after == drift_evidence::confirmed)
      return run;
  return limit + 1;
}

/// The value below which this share of the values lies.
inline uint32_t quantile_of(std::vector<uint32_t> values, double share) {
  std::ranges::sort(values);
  auto place = static_cast<size_t>(share * static_cast<double>(values.size()));
  return values[std::min(place, values.size() - 1)];
}

} // namespace hive::analysis
