#include "analysis/canary_rates.hpp"
#include "analysis/hodges_lehmann.hpp"
#include "analysis/item_gate.hpp"
#include "analysis/mixture.hpp"
#include "analysis/outliers.hpp"
#include "analysis/pooled_t.hpp"
#include "analysis/rank_tests.hpp"
#include "analysis/robust.hpp"
#include "analysis/sequential_gate.hpp"
#include "analysis/student_t.hpp"
#include "analysis/unpaired_gate.hpp"

#include <bit>
#include <gtest/gtest.h>
#include <random>

// A verdict has the same bits whatever compiled it. The hashes are those of every build: gcc and clang, with and
// without optimisation and sanitizers. If a change of a rule moves one on purpose, the version of the gate changes with
// it.

namespace hive::analysis {
namespace {

/// FNV-1a over the bits of numbers.
class bit_hash {
public:
  template <class... Numbers>
  void add(Numbers... numbers) {
    (add_bits(std::bit_cast<uint64_t>(static_cast<double>(numbers))), ...);
  }

  uint64_t value() const {
    return hash_;
  }

private:
  void add_bits(uint64_t bits) {
    for (int byte = 0; byte < 8; ++byte)
      hash_ = (hash_ ^ (bits >> (8 * byte) & 0xff)) * 0x100000001b3;
  }

  uint64_t hash_ = 0xcbf29ce484222325;
};

/// Values from `from` on, up to 16 more, by operations that are exact: no compiler can round them differently.
std::vector<double> exact_values(std::mt19937_64& random, double from, size_t n) {
  std::vector<double> out;
  for (size_t i = 0; i < n; ++i)
    out.push_back(from + static_cast<double>(random() >> 44) * 0x1p-16);
  return out;
}

TEST(same_bits, gate) {
  std::mt19937_64 random;
  bit_hash hash;
  for (int run = 0; run < 200; ++run) {
    double from = run % 3 ? 60 : -4, shift = run % 7;
    auto old_values = exact_values(random, from, 120), new_values = exact_values(random, from + shift / 2, 120);
    gate_options options{.absolute_margin = 2,
                         .better = run % 2 ? direction::lower : direction::higher,
                         .plan = run % 5 ? look_plan::short_form : look_plan::long_form,
                         .critical_metrics = 1u + run % 4};
    auto got = judge_pairs(old_values, new_values, options);
    hash.add(static_cast<int>(got.decided), static_cast<int>(got.reason), got.pairs_used, got.tail.mean_change,
             got.tail.p, got.pairs_still_needed.value_or(0));
    for (const auto& each : got.looks)
      hash.add(each.rho, each.inflation, each.estimate, each.lower, each.upper, each.p_safe, each.p_regressed,
               each.p_better, each.p_worse, readable_change(each.estimate, got.scale));
    auto apart = judge_samples(old_values, new_values, options);
    hash.add(static_cast<int>(apart.reason), apart.estimate, apart.lower, apart.upper);
    auto items = judge_items({500, 3u * (run % 9), 2u * (run % 5)}, options);
    hash.add(static_cast<int>(items.decided), items.upper_loss, items.p_worse);
  }
  EXPECT_EQ(hash.value(), 0x35e6e82bef526eb5);
}

TEST(same_bits, student_t) {
  bit_hash hash;
  for (double df : {0.25, 1.0, 2.5, 7.0, 30.0, 123.75, 1e4, 1e6, 1e9})
    for (int step = 1; step < 64; ++step) {
      double t = step * step * 0x1p-6;
      hash.add(student_t_upper(t, df), student_t_cdf(t, df), student_t_quantile(step * 0x1p-6, df),
               student_t_quantile(step * 0x1p-40, df));
    }
  EXPECT_EQ(hash.value(), 0x8398c54f10d65b0f);
}

TEST(same_bits, tests_of_samples) {
  std::mt19937_64 random;
  bit_hash hash;
  for (int run = 0; run < 50; ++run) {
    auto a = exact_values(random, 100, 20), b = exact_values(random, 101, 25);
    auto welch = *welch_t(a, b);
    hash.add(welch.t, *welch.df, welch.p_two_sided);
    auto pooled = *pooled_robust_t(a, b, run * 0x1p-7);
    hash.add(pooled.scale, pooled.left, pooled.right, pooled.t, pooled.df, pooled.p);
    auto shift = *hodges_lehmann_shift(a, b, 0.95);
    hash.add(shift.estimate, shift.lower, shift.upper, shift.achieved);
    hash.add(mann_whitney_exact(a, b)->p_less, mann_whitney_asymptotic(a, b)->p_less);
    auto outliers = *generalised_esd(a, 4, 0.05);
    for (size_t i = 0; i < outliers.statistics.size(); ++i)
      hash.add(outliers.statistics[i], outliers.critical[i]);
    auto trimmed = trim(a, 0.2);
    hash.add(trimmed.trimmed_mean, *trimmed.standard_error, autocorrelation(a)->rho_used);
    hash.add(normal_mixture_half_width(a.size(), pooled.scale, 0.439, 0.05));
  }
  EXPECT_EQ(hash.value(), 0xf8749a6ec0792eaa);
}

/// Counts of five nodes, one of them a canary, by operations on whole numbers alone.
std::vector<block_series> random_counts(std::mt19937_64& random, int64_t failing) {
  std::vector<block_series> out(5, {false, std::vector<good_bad>(20)});
  out[0].is_canary = true;
  for (auto& node : out)
    for (auto& block : node.blocks)
      block = {static_cast<int64_t>(random() % 40),
               static_cast<int64_t>(random() % 8 / (node.is_canary ? 1 : failing))};
  return out;
}

TEST(same_bits, canaries) {
  std::mt19937_64 random;
  bit_hash hash;
  for (int run = 0; run < 300; ++run) {
    auto nodes = random_counts(random, 1 + run % 6);
    stage_progress progress{10, 3u + run % 18, 1u + run % 3};
    auto got = judge_rate(
      nodes, {true, 0.02 + run % 5 * 0.01, 20}, progress, [](uint32_t) { return std::string{}; }, "tasks");
    hash.add(static_cast<int>(got.decided), got.at.has_value());
    if (!got.at)
      continue;
    const auto& at = *got.at;
    hash.add(at.until_block, at.rates.canary.share, at.rates.canary.trials, at.rates.control.share,
             at.rates.control.trials, at.rates.common, at.rates.design_effect, at.range.lower, at.range.upper,
             at.p_worse, at.p_beyond_margin, at.p_within_margin, at.canary_trials_needed.value_or(0));
    for (char c : got.reason)
      hash.add(c);
  }
  EXPECT_EQ(hash.value(), 0xf187914aa5584198);
}

} // namespace
} // namespace hive::analysis
