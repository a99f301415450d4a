#include "analysis/optimal_partition.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hive::analysis {
namespace {

/// What rounding may do to a cost, relative to the cost. A start is dropped only when it loses by more, so that ties
/// are decided as they are without dropping.
constexpr double rounding = 1e-9;
constexpr size_t never = std::numeric_limits<size_t>::max();

/// The last segments that are still possible, in the order of their starts: one array per field, since each value that
/// comes updates them all.
class last_segments {
public:
  explicit last_segments(size_t values) : inverse_(values + 1) {
    for (size_t count = 1; count <= values; ++count)
      inverse_[count] = 1 / static_cast<double>(count);
  }

  /// A segment that begins with the next value; `cost` is that of the best partition before it.
  void open(size_t start, double cost) {
    start_.push_back(start);
    cost_.push_back(cost);
    mean_.push_back(0);
    dropped_at_.push_back(never);
  }

  /// Adds the value that makes it so many to all of them (B. P. Welford, "Note on a method for calculating corrected
  /// sums of squares and products", 1962): unlike sums of squares, this loses nothing to cancellation at large steps.
  void add(double value, size_t values) {
    const size_t* start = start_.data();
    double *mean = mean_.data(), *cost = cost_.data();
    const double* inverse = inverse_.data() + values;
    for (size_t i = 0, all = start_.size(); i < all; ++i) {
      double off = value - mean[i];
      mean[i] += off * *(inverse - start[i]);
      cost[i] += off * (value - mean[i]);
    }
  }

  struct best_start {
    double cost = std::numeric_limits<double>::infinity(); ///< with the last segment, without a penalty for it
    size_t start = 0;
  };

  /// The cheapest of those that begin at `latest` or before, the earliest of equal ones.
  best_start best(size_t latest) const {
    best_start out;
    for (size_t i = 0; i < start_.size() && start_[i] <= latest; ++i)
      if (cost_[i] < out.cost)
        out = {cost_[i], start_[i]};
    return out;
  }

  /// Segments that cost more than `cost` already: one that begins now is better as soon as it is long enough, at
  /// `at` values in all. Until then they may still win.
  void drop_above(double cost, size_t at) {
    for (size_t i = 0; i < start_.size(); ++i)
      if (cost_[i] > cost && dropped_at_[i] == never) {
        dropped_at_[i] = at;
        next_drop_ = std::min(next_drop_, at);
      }
  }

  /// Removes those that are dropped at `values` values.
  void remove_dropped(size_t values) {
    if (values < next_drop_)
      return;
    next_drop_ = never;
    size_t kept = 0;
    for (size_t i = 0; i < start_.size(); ++i) {
      if (dropped_at_[i] <= values)
        continue;
      next_drop_ = std::min(next_drop_, dropped_at_[i]);
      move(i, kept++);
    }
    start_.resize(kept);
    cost_.resize(kept);
    mean_.resize(kept);
    dropped_at_.resize(kept);
  }

private:
  void move(size_t from, size_t to) {
    start_[to] = start_[from];
    cost_[to] = cost_[from];
    mean_[to] = mean_[from];
    dropped_at_[to] = dropped_at_[from];
  }

  std::vector<double> inverse_; ///< 1 / count
  std::vector<size_t> start_;
  std::vector<double> cost_; ///< of the best partition before the segment, and of the segment
  std::vector<double> mean_;
  std::vector<size_t> dropped_at_;
  size_t next_drop_ = never;
};

} // namespace

std::vector<size_t> optimal_partition(std::span<const double> values, double penalty, size_t least) {
  if (values.size() < 2 * least)
    return {};
  last_segments open{values.size()};
  std::vector<size_t> last_start(values.size() + 1, 0);
  open.open(0, 0);
  for (size_t count = 1; count <= values.size(); ++count) {
    open.remove_dropped(count);
    open.add(values[count - 1], count);
    if (count < least)
      continue;
    auto best = open.best(count - least);
    last_start[count] = best.start;
    double with_change = best.cost + penalty;
    if (!std::isfinite(with_change))
      continue;             // squares overflow: no segment begins here
    if (count % least == 0) // seldom enough to cost little
      open.drop_above(with_change + rounding * (1 + with_change), count + least);
    if (count + least <= values.size())
      open.open(count, with_change);
  }
  std::vector<size_t> out;
  for (auto end = last_start.back(); end > 0; end = last_start[end])
    out.push_back(end);
  std::ranges::reverse(out);
  return out;
}

} // namespace hive::analysis
