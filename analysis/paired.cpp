#include "analysis/paired.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <random>

namespace hive::analysis {
namespace {

/// P(B ≤ k) for B binomial with n trials of ½. Terms are kept within the range of a double by powers of two.
double lower_half_binomial(uint32_t k, uint32_t n) {
  // Binomial coefficients C(n, 0) … C(n, k), all divided by 2^scale.
  constexpr int step = 512;
  double term = 1, sum = 1;
  int64_t scale = 0;
  for (uint32_t i = 1; i <= k; ++i) {
    term *= static_cast<double>(n - i + 1) / i;
    sum += term;
    if (sum > 0x1p512) {
      term = std::ldexp(term, -step);
      sum = std::ldexp(sum, -step);
      scale += step;
    }
  }
  // Exponents below that of the smallest double give 0, whatever their size.
  auto exponent = std::max<int64_t>(scale - n, -4'000);
  return std::min(1.0, std::ldexp(sum, static_cast<int>(exponent)));
}

/// Digits of a difference that count: fewer than a double has, so that values which only rounding keeps apart (0.1 +
/// 0.2 and 0.3) are equal.
constexpr int counted_bits = 48;

/// Differences as integers, so that sums do not depend on their order. Their sum has at most 62 bits.
std::vector<int64_t> as_integers(std::span<const double> differences) {
  std::vector<int64_t> out;
  double largest = 0;
  for (double each : differences)
    largest = std::max(largest, std::abs(each));
  if (largest == 0)
    return out;
  int bits = std::min(counted_bits, 62 - static_cast<int>(std::bit_width(differences.size())));
  // Scaled by the power of two first: the largest may be so small that its reciprocal is infinite.
  int exponent = 0;
  std::frexp(largest, &exponent);
  for (double each : differences)
    if (auto rounded = std::llround(std::ldexp(each, bits - exponent)))
      out.push_back(rounded);
  return out;
}

/// How often a sum with other signs is as far out as the observed one.
struct sign_counts {
  uint64_t all = 0;
  uint64_t at_least = 0;    ///< sum ≥ observed
  uint64_t as_far_away = 0; ///< |sum| ≥ |observed|

  /// Sums that differ by rounding alone, at most one per item, count as equal.
  void add(int64_t sum, int64_t observed, int64_t rounding) {
    ++all;
    at_least += sum >= observed - rounding;
    as_far_away += std::abs(sum) >= std::abs(observed) - rounding;
  }

  paired_test shares() const {
    auto n = static_cast<double>(all);
    return {static_cast<double>(as_far_away) / n, static_cast<double>(at_least) / n};
  }
};

/// All signs, in the order of a Gray code: each differs from the one before in one item.
paired_test exact_sign_flips(std::vector<int64_t> values, int64_t observed) {
  auto rounding = static_cast<int64_t>(values.size());
  int64_t sum = observed;
  sign_counts counts;
  counts.add(sum, observed, rounding);
  for (uint64_t code = 1; code < uint64_t{1} << values.size(); ++code) {
    auto& flipped = values[static_cast<size_t>(std::countr_zero(code))];
    sum -= 2 * flipped;
    flipped = -flipped;
    counts.add(sum, observed, rounding);
  }
  return counts.shares();
}

paired_test drawn_sign_flips(const std::vector<int64_t>& values, int64_t observed) {
  auto rounding = static_cast<int64_t>(values.size());
  // The standard fixes the sequence of this generator from its default seed on.
  std::mt19937_64 random;
  sign_counts counts;
  counts.add(observed, observed, rounding);
  for (uint32_t draw = 0; draw < sign_flip_draws; ++draw) {
    int64_t sum = 0;
    uint64_t bits = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      bits = i % 64 == 0 ? random() : bits >> 1;
      sum += bits & 1 ? values[i] : -values[i];
    }
    counts.add(sum, observed, rounding);
  }
  return counts.shares();
}

/// The smallest number of items in (0, max_more_items] for which `settles` holds; `settles` stays true once it is.
template <class Settles>
std::optional<uint32_t> first_that(const Settles& settles) {
  if (!settles(max_more_items))
    return std::nullopt;
  uint32_t below = 0, above = max_more_items;
  while (above - below > 1) {
    auto middle = below + (above - below) / 2;
    (settles(middle) ? above : below) = middle;
  }
  return above;
}

std::optional<uint32_t> more_outcomes_needed(uint32_t pairs, uint32_t broken, uint32_t fixed) {
  if (broken <= fixed)
    return std::nullopt;
  return first_that([&](uint32_t more) {
    double growth = (static_cast<double>(pairs) + more) / pairs;
    auto scaled = [&](uint32_t count) { return static_cast<uint32_t>(std::floor(count * growth)); };
    return mcnemar_exact(scaled(broken), scaled(fixed)).p_worse <= paired_level;
  });
}

/// By the normal approximation: the sum of n differences with mean m and mean square s² is m·√n / s deviations away.
std::optional<uint32_t> more_values_needed(std::span<const double> differences) {
  constexpr double z_one_sided_05 = 1.6448536269514722;
  auto n = static_cast<double>(differences.size());
  double sum = 0, squares = 0;
  for (double each : differences) {
    sum += each;
    squares += each * each;
  }
  if (sum <= 0)
    return std::nullopt;
  double needed = std::ceil(z_one_sided_05 * z_one_sided_05 * (squares / n) / (sum / n * (sum / n)) - n);
  if (needed > max_more_items)
    return std::nullopt;
  // The approximation may see enough where the test does not.
  return std::max(1u, static_cast<uint32_t>(std::max(needed, 0.0)));
}

void judge_differences(items_compared& out, std::span<const double> differences) {
  out.test = sign_flip_test(differences);
  out.worse = out.test.p_worse <= paired_level;
  out.more_items_needed = out.worse ? 0 : more_values_needed(differences);
}

double rate_of(uint32_t passes, uint32_t runs) {
  return static_cast<double>(passes) / runs;
}

void list_flips(items_compared& out, const item_outcomes& each) {
  std::string name{each.item};
  bool always_before = each.old_passes == each.old_runs, always_now = each.new_passes == each.new_runs;
  if (each.old_passes > 0 && !always_before)
    out.flaky.push_back(name);
  if (always_before && !always_now)
    out.broken.push_back(std::move(name));
  else if (!always_before && always_now)
    out.fixed.push_back(std::move(name));
}

} // namespace

paired_test mcnemar_exact(uint32_t broken, uint32_t fixed) {
  auto n = broken + fixed;
  return {std::min(1.0, 2 * lower_half_binomial(std::min(broken, fixed), n)),
          // By symmetry P(B ≥ broken) = P(B ≤ fixed).
          lower_half_binomial(fixed, n)};
}

paired_test sign_flip_test(std::span<const double> differences) {
  auto values = as_integers(differences);
  if (values.empty())
    return {};
  auto observed = std::accumulate(values.begin(), values.end(), int64_t{0});
  return values.size() <= max_exact_sign_flips ? exact_sign_flips(std::move(values), observed)
                                               : drawn_sign_flips(values, observed);
}

items_compared compare_outcomes(std::span<const item_outcomes> items) {
  items_compared out;
  out.by_mcnemar = std::ranges::all_of(items, [](const auto& each) {
    return each.old_runs == 0 || each.new_runs == 0 || (each.old_runs == 1 && each.new_runs == 1);
  });
  std::vector<double> losses;
  for (const auto& each : items) {
    if (each.old_runs == 0 || each.new_runs == 0) {
      ++out.unpaired;
      continue;
    }
    losses.push_back(rate_of(each.old_passes, each.old_runs) - rate_of(each.new_passes, each.new_runs));
    list_flips(out, each);
  }
  out.pairs = static_cast<uint32_t>(losses.size());
  if (losses.empty())
    return out;
  out.mean_change = -std::accumulate(losses.begin(), losses.end(), 0.0) / out.pairs;
  if (!out.by_mcnemar) {
    judge_differences(out, losses);
    return out;
  }
  auto broken = static_cast<uint32_t>(out.broken.size()), fixed = static_cast<uint32_t>(out.fixed.size());
  out.test = mcnemar_exact(broken, fixed);
  out.worse = out.test.p_worse <= paired_level;
  out.more_items_needed = out.worse ? 0 : more_outcomes_needed(out.pairs, broken, fixed);
  return out;
}

items_compared compare_values(std::span<const item_values> items, direction better) {
  items_compared out;
  std::vector<double> losses;
  double change = 0;
  for (const auto& each : items) {
    change += each.new_value - each.old_value;
    losses.push_back(better == direction::higher ? each.old_value - each.new_value : each.new_value - each.old_value);
  }
  out.pairs = static_cast<uint32_t>(losses.size());
  if (losses.empty())
    return out;
  out.mean_change = change / out.pairs;
  judge_differences(out, losses);
  return out;
}

} // namespace hive::analysis
