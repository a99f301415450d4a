#include "analysis/item_gate.hpp"

#include "analysis/elementary.hpp"
#include "analysis/paired.hpp"

#include <vector>

namespace hive::analysis {
namespace {

/// Halvings of [0, 1]: more than a double has digits.
constexpr int bisection_steps_of_share = 60;

/// ln C(n, i) for i = 0 … k.
std::vector<double> log_choices(uint32_t k, uint32_t n) {
  std::vector<double> out{0};
  for (uint32_t i = 1; i <= k; ++i)
    out.push_back(out.back() + natural_log(static_cast<double>(n - i + 1) / i));
  return out;
}

double binomial_cdf(const std::vector<double>& choices, uint32_t n, double share) {
  double log_share = natural_log(share), log_rest = natural_log(1 - share), sum = 0;
  for (size_t i = 0; i < choices.size(); ++i) {
    auto successes = static_cast<double>(i);
    sum += exponential(choices[i] + successes * log_share + (n - successes) * log_rest);
  }
  return sum;
}

} // namespace

double binomial_upper_bound(uint32_t k, uint32_t n, double level) {
  if (k >= n)
    return 1;
  auto choices = log_choices(k, n);
  double low = static_cast<double>(k) / n, high = 1;
  for (int i = 0; i < bisection_steps_of_share; ++i) {
    double middle = low + (high - low) / 2;
    (binomial_cdf(choices, n, middle) >= level ? low : high) = middle;
  }
  return low;
}

item_gate_result judge_items(const item_counts& counts, const gate_options& options) {
  item_gate_result out;
  if (problem_of(options)) {
    out.reason = gate_reason::bad_options;
    return out;
  }
  uint64_t flips = uint64_t{counts.broken} + counts.fixed;
  if (flips > counts.items) {
    out.reason = gate_reason::uneven_sides;
    return out;
  }
  if (counts.items == 0)
    return out;
  auto flipped = static_cast<uint32_t>(flips);
  double items = counts.items;
  out.loss = (static_cast<double>(counts.broken) - counts.fixed) / items;
  double share = binomial_upper_bound(counts.broken, flipped, item_level);
  out.upper_loss = flipped * (2 * share - 1) / items;
  out.p_worse = mcnemar_exact(counts.broken, counts.fixed).p_worse;
  out.reason = gate_reason::bounds_span_margin;
  if (out.p_worse <= item_level / options.critical_metrics) {
    out.decided = verdict::regressed;
    out.reason = gate_reason::more_items_fail;
  } else if (out.upper_loss <= options.margin) {
    out.decided = verdict::safe;
    out.reason = gate_reason::upper_bound_below_margin;
  }
  return out;
}

} // namespace hive::analysis
