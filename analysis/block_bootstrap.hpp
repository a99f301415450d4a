#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace hive::analysis {

/// Pairs in a block for n > 0 pairs whose autocorrelation inflates the variance by `inflation` ≥ 1: n^(1/3), which
/// balances bias and variance up to a factor (P. Hall, J. L. Horowitz and B.-Y. Jing, "On blocking rules for the
/// bootstrap with dependent data", 1995), times the inflation, since the correlation ends at the ends of a block; at
/// most a third of the pairs, so that blocks differ.
uint32_t block_length(size_t n, double inflation);

/// Draws series of pairs from those of a version with itself, by the moving-block bootstrap (H. R. Künsch, "The
/// jackknife and the bootstrap for general stationary observations", 1989): blocks of neighbours keep the
/// autocorrelation.
///
/// In each block the two sides are exchanged with probability ½. Which of two equal versions is called old is
/// arbitrary, so this is what the hypothesis that nothing changed permits, and it makes the drawn changes centred on 0:
/// with the names as they are, the median that the measured pairs have by chance would count as a change. One coin for
/// the whole series would leave that chance in; one for each pair would destroy the autocorrelation.
///
/// The same seed draws the same series with every compiler.
class block_bootstrap {
public:
  /// As many old values as new ones, at least `block` ≥ 1. They must outlive this object.
  block_bootstrap(std::span<const double> old_values, std::span<const double> new_values, uint32_t block,
                  uint64_t seed);

  /// Replaces the contents of both vectors by `pairs` pairs.
  void draw(std::vector<double>& old_values, std::vector<double>& new_values, size_t pairs);

private:
  std::span<const double> old_values_;
  std::span<const double> new_values_;
  uint32_t block_;
  std::mt19937_64 random_; ///< the standard fixes its sequence
};

} // namespace hive::analysis
