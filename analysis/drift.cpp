#include "analysis/drift.hpp"

#include <algorithm>
#include <cmath>

namespace hive::analysis {

double reference_slack(size_t runs) {
  return 1.75 + 100 / static_cast<double>(runs);
}

void advance(cusum& test, double step, double threshold) {
  test.sum = std::max(0.0, test.sum + step);
  test.runs_up = test.sum == 0 ? 0 : std::min(test.runs_up + 1, max_reference_runs);
  if (!test.held) {
    test.held = test.sum > threshold;
    test.runs_at_zero = 0;
    return;
  }
  test.sum = std::min(test.sum, threshold);
  if (test.sum > suspicion_share * threshold)
    test.runs_at_zero = 0;
  else if (test.sum == 0)
    ++test.runs_at_zero;
  if (test.runs_at_zero >= recovery_runs) {
    test.held = false;
    test.runs_at_zero = 0;
  }
}

drift_evidence judge(const cusum& test, double threshold) {
  if (test.held)
    return drift_evidence::confirmed;
  return test.sum > suspicion_share * threshold ? drift_evidence::suspected : drift_evidence::chance;
}

std::optional<uint32_t> estimated_runs(double distance, double per_run) {
  if (per_run <= 0 || distance > per_run * max_estimated_runs)
    return std::nullopt;
  return static_cast<uint32_t>(std::ceil(std::max(distance, 0.0) / per_run));
}

void add_run(block_spread& spread, double value) {
  spread.open_sum += value;
  if (++spread.open_runs < block_runs)
    return;
  if (spread.blocks >= max_blocks) {
    spread.blocks /= 2;
    spread.sum /= 2;
    spread.differences /= 2;
  }
  double difference = spread.blocks > 0 ? spread.open_sum - spread.newest_sum : 0;
  ++spread.blocks;
  spread.sum += spread.open_sum;
  spread.differences += difference * difference;
  spread.newest_sum = spread.open_sum;
  spread.open_runs = 0;
  spread.open_sum = 0;
}

double mean_of(const block_spread& spread) {
  return spread.blocks == 0 ? 0 : spread.sum / (static_cast<double>(spread.blocks) * block_runs);
}

double overdispersion(const block_spread& spread, double variance) {
  if (spread.blocks < min_blocks || variance <= 0)
    return 1;
  double pairs = spread.blocks - 1;
  return std::max(1.0, spread.differences / (2 * pairs * block_runs * variance) - std::sqrt(3 / pairs));
}

} // namespace hive::analysis
