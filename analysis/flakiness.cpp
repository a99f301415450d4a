#include "analysis/flakiness.hpp"

#include <cmath>

namespace hive::analysis {
namespace {

/// C(c, k) / C(n, k) for k ≤ n.
double chance_that_all_pass(const item_runs& item, uint32_t k) {
  if (item.passes < k)
    return 0;
  double chance = 1;
  for (uint32_t i = 0; i < k; ++i)
    chance *= static_cast<double>(item.passes - i) / (item.runs - i);
  return chance;
}

} // namespace

flakiness measure_flakiness(std::span<const item_runs> items) {
  flakiness out;
  double within = 0, freedom = 0;
  for (const auto& each : items) {
    if (each.runs == 0)
      continue;
    ++out.items;
    double n = each.runs, passes = each.passes;
    out.pass_rate += passes / n;
    if (each.runs == 1)
      continue;
    ++out.repeated;
    out.flaky += each.passes > 0 && each.passes < each.runs;
    out.flip_rate += 2 * passes * (n - passes) / (n * (n - 1));
    within += passes * (n - passes) / n;
    freedom += n - 1;
  }
  if (out.items > 0)
    out.pass_rate /= out.items;
  if (out.repeated > 0) {
    out.flip_rate /= out.repeated;
    out.noise = std::sqrt(within / freedom);
  }
  return out;
}

std::optional<double> pass_power(std::span<const item_runs> items, uint32_t k) {
  if (k == 0 || k > max_pass_power)
    return std::nullopt;
  double sum = 0;
  uint32_t counted = 0;
  for (const auto& each : items)
    if (each.runs >= k) {
      sum += chance_that_all_pass(each, k);
      ++counted;
    }
  if (counted == 0)
    return std::nullopt;
  return sum / counted;
}

void add_run(item_numbers& item, double value) {
  ++item.runs;
  double from_old_mean = value - item.mean;
  item.mean += from_old_mean / item.runs;
  item.squares += from_old_mean * (value - item.mean);
}

std::optional<double> number_noise(std::span<const item_numbers> items) {
  double squares = 0, freedom = 0;
  for (const auto& each : items)
    if (each.runs > 1) {
      squares += each.squares;
      freedom += each.runs - 1;
    }
  if (freedom == 0)
    return std::nullopt;
  return std::sqrt(squares / freedom);
}

} // namespace hive::analysis
