#pragma once

#include "analysis/wilson.hpp"

namespace hive::analysis {

/// A share of failures, in [0, 1], that so many trials gave. The trials may be fewer than were counted, and fractional,
/// when they are not independent (J. N. K. Rao and A. J. Scott, "A simple method for the analysis of clustered binary
/// data", 1992); with none, nothing is known of the share.
struct observed_share {
  double share = 0;
  double trials = 0;
};

/// The difference `worse` − `base` of two independent shares: the interval of R. G. Newcombe ("Interval estimation for
/// the difference between independent proportions: comparison of eleven methods", 1998, method 10), which combines the
/// shares' Wilson intervals and needs no failures on either side. It extends by the normal quantile `z` ≥ 0.
interval difference_interval(const observed_share& worse, const observed_share& base, double z);

/// One-sided level at which the lower bound of the difference is exactly `value`: a smaller one shows that the
/// difference is above it. Above one half when the observed difference is below `value`.
double p_difference_above(const observed_share& worse, const observed_share& base, double value);

/// The same for the upper bound: a small one shows that the difference is below `value`.
double p_difference_below(const observed_share& worse, const observed_share& base, double value);

} // namespace hive::analysis
