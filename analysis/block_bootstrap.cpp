#include "analysis/block_bootstrap.hpp"

#include <algorithm>
#include <cmath>

namespace hive::analysis {

uint32_t block_length(size_t n, double inflation) {
  size_t root = 1; // the least whole number whose cube is at least n; std::cbrt differs between libraries
  while (root * root * root < n)
    ++root;
  auto wanted = static_cast<size_t>(std::ceil(static_cast<double>(root) * inflation));
  return static_cast<uint32_t>(std::clamp(wanted, std::min(root, n), std::max(std::min(root, n), n / 3)));
}

block_bootstrap::block_bootstrap(std::span<const double> old_values, std::span<const double> new_values, uint32_t block,
                                 uint64_t seed)
    : old_values_{old_values}, new_values_{new_values}, block_{block}, random_{seed} {
}

void block_bootstrap::draw(std::vector<double>& old_values, std::vector<double>& new_values, size_t pairs) {
  old_values.clear();
  new_values.clear();
  auto starts = old_values_.size() - block_ + 1;
  while (old_values.size() < pairs) {
    auto bits = random_();
    // The upper half as a fraction of the starts, which favours none by more than one in 2^32/starts; the lowest bit
    // is the coin.
    auto start = (bits >> 32) * starts >> 32;
    auto length = std::min<size_t>(block_, pairs - old_values.size());
    bool are_exchanged = bits & 1;
    auto first = (are_exchanged ? new_values_ : old_values_).subspan(start, length);
    auto second = (are_exchanged ? old_values_ : new_values_).subspan(start, length);
    old_values.insert(old_values.end(), first.begin(), first.end());
    new_values.insert(new_values.end(), second.begin(), second.end());
  }
}

} // namespace hive::analysis
