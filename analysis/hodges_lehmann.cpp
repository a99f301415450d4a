#include "analysis/hodges_lehmann.hpp"

#include "analysis/rank_distributions.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>

namespace hive::analysis {
namespace {

constexpr uint64_t sign_bit = uint64_t{1} << 63;

/// The place of a finite double among all doubles in ascending order.
uint64_t place_of(double value) {
  auto bits = std::bit_cast<uint64_t>(value);
  return bits & sign_bit ? ~bits : bits | sign_bit;
}

double value_at(uint64_t place) {
  return std::bit_cast<double>(place & sign_bit ? place & ~sign_bit : ~place);
}

/// The smallest double, between the smallest and the largest entry of a list, that at least k entries do not exceed.
template <class CountAtMost>
double entry_at(int64_t k, double smallest, double largest, const CountAtMost& count_at_most) {
  auto low = place_of(smallest), high = place_of(largest);
  while (low < high) {
    auto middle = low + (high - low) / 2;
    if (count_at_most(value_at(middle)) >= k)
      high = middle;
    else
      low = middle + 1;
  }
  return value_at(low) + 0.0; // the negative zero becomes the positive one
}

template <class List>
double median_of_list(const List& list) {
  auto size = list.size();
  double upper = list.at(size / 2 + 1);
  return size % 2 ? upper : std::midpoint(list.at(size / 2), upper);
}

std::vector<double> sorted_copy(std::span<const double> values) {
  std::vector<double> out{values.begin(), values.end()};
  std::ranges::sort(out);
  return out;
}

/// The interval that leaves out c entries at each end.
template <class List>
rank_interval interval_of(const List& list, int64_t c, double tail) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  rank_interval out{list.median(), -infinity, infinity, c, 1 - 2 * tail};
  if (c >= 0) {
    out.lower = list.at(c + 1);
    out.upper = list.at(list.size() - c);
  }
  return out;
}

} // namespace

walsh_averages::walsh_averages(std::span<const double> values) : halves_{sorted_copy(values)} {
  for (auto& each : halves_)
    each /= 2;
}

int64_t walsh_averages::size() const {
  auto n = static_cast<int64_t>(halves_.size());
  return n * (n + 1) / 2;
}

int64_t walsh_averages::count_at_most(double limit) const {
  // The partners of larger values are a shorter beginning of the list: both ends move inwards.
  int64_t count = 0;
  for (size_t low = 0, end = halves_.size(); low < end; ++low) {
    while (end > low && halves_[low] + halves_[end - 1] > limit)
      --end;
    count += static_cast<int64_t>(end - low);
  }
  return count;
}

int64_t walsh_averages::count_at_least(double limit) const {
  int64_t below = 0;
  for (size_t low = 0, end = halves_.size(); low < end; ++low) {
    while (end > low && halves_[low] + halves_[end - 1] >= limit)
      --end;
    below += static_cast<int64_t>(end - low);
  }
  return size() - below;
}

double walsh_averages::at(int64_t k) const {
  return entry_at(k, 2 * halves_.front(), 2 * halves_.back(), [this](double limit) { return count_at_most(limit); });
}

double walsh_averages::median() const {
  return median_of_list(*this);
}

pairwise_differences::pairwise_differences(std::span<const double> a, std::span<const double> b)
    : a_{sorted_copy(a)}, b_{sorted_copy(b)} {
}

int64_t pairwise_differences::size() const {
  return static_cast<int64_t>(a_.size()) * static_cast<int64_t>(b_.size());
}

double pairwise_differences::at(int64_t k) const {
  return entry_at(k, b_.front() - a_.back(), b_.back() - a_.front(), [this](double limit) {
    int64_t count = 0;
    size_t below = 0;
    for (double each : a_) {
      while (below < b_.size() && b_[below] - each <= limit)
        ++below;
      count += static_cast<int64_t>(below);
    }
    return count;
  });
}

double pairwise_differences::median() const {
  return median_of_list(*this);
}

std::optional<rank_interval> hodges_lehmann(std::span<const double> values, double confidence) {
  if (values.empty())
    return std::nullopt;
  auto n = static_cast<int64_t>(values.size());
  auto c = signed_rank_critical(n, (1 - confidence) / 2);
  return interval_of(walsh_averages{values}, c, signed_rank_cdf(n, c));
}

std::optional<rank_interval> hodges_lehmann_shift(std::span<const double> a, std::span<const double> b,
                                                  double confidence) {
  if (a.empty() || b.empty())
    return std::nullopt;
  mann_whitney_distribution u{static_cast<int64_t>(a.size()), static_cast<int64_t>(b.size())};
  auto c = u.critical((1 - confidence) / 2);
  return interval_of(pairwise_differences{a, b}, c, u.cdf(c));
}

} // namespace hive::analysis
