#pragma once

#include "analysis/verdict.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hive::analysis {

/// Result of a test on pairs: the same items before and after a change.
struct paired_test {
  double p = 1;       ///< two-sided: whether before and after differ
  double p_worse = 1; ///< one-sided: whether after is worse
};

/// McNemar's exact test (Q. McNemar, "Note on the sampling error of the difference between correlated proportions or
/// percentages", 1947, with the binomial in place of its approximation): `broken` items passed before and fail now,
/// `fixed` items failed before and pass now; all others say nothing. p = min(1, 2·P(B ≤ min)) and p_worse = P(B ≥
/// broken) for B binomial with n = broken + fixed and ½. Takes time O(n).
paired_test mcnemar_exact(uint32_t broken, uint32_t fixed);

/// Items with a difference up to which the sign-flip test counts all 2^n signs: a million, in milliseconds.
inline constexpr size_t max_exact_sign_flips = 20;
/// Draws of signs for more items: p-values down to 5e-5, with a standard error of 0.0015 at p = 0.05.
inline constexpr uint32_t sign_flip_draws = 20'000;

/// Permutation test of paired numbers (R. A. Fisher, "The Design of Experiments", 1935): if nothing changed, each
/// difference could as well have the other sign. `differences` are positive where after is worse; zeros say nothing.
/// The statistic is their sum. p_worse is the share of all signs whose sum is at least the observed one; for more than
/// `max_exact_sign_flips` items the share among `sign_flip_draws` signs and the observed ones, drawn by a generator
/// with a fixed seed, so that equal input gives equal results. Differences must be finite. Takes time O(20'000·n).
paired_test sign_flip_test(std::span<const double> differences);

/// What one item did, before and after.
struct item_outcomes {
  std::string_view item;
  uint32_t old_runs = 0;
  uint32_t old_passes = 0;
  uint32_t new_runs = 0;
  uint32_t new_passes = 0;
};

/// A number measured on one item, before and after; the mean where it was measured several times.
struct item_values {
  std::string_view item;
  double old_value = 0;
  double new_value = 0;
};

/// p_worse up to which a comparison of items says that the new side is worse.
inline constexpr double paired_level = 0.05;
/// More items than this are not worth asking for: the difference is then too small to be shown.
inline constexpr uint32_t max_more_items = 100'000;

struct items_compared {
  uint32_t pairs = 0;      ///< items that both sides ran
  uint32_t unpaired = 0;   ///< items that only one side ran; they say nothing
  bool by_mcnemar = false; ///< otherwise by the sign-flip test on the items' rates or values
  double mean_change = 0;  ///< new − old over the pairs, of rates or values
  paired_test test;
  bool worse = false;              ///< p_worse ≤ paired_level
  std::vector<std::string> broken; ///< passed always before, fail at least once now; in the order given
  std::vector<std::string> fixed;  ///< failed at least once before, pass always now
  std::vector<std::string> flaky;  ///< passed and failed before
  /// About how many more items would settle that the new side is worse, if they behaved like these. 0 if it is settled;
  /// nothing if these do not look worse, or more than `max_more_items` would be needed.
  std::optional<uint32_t> more_items_needed;
};

/// Compares the success of items. If each item ran once on each side, by McNemar's exact test; otherwise the rates of
/// the items by the sign-flip test, since several runs of an item are not independent items.
items_compared compare_outcomes(std::span<const item_outcomes> items);

/// Compares a number per item by the sign-flip test. Lists of items stay empty. Values must be finite.
items_compared compare_values(std::span<const item_values> items, direction better);

} // namespace hive::analysis
