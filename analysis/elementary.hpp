#pragma once

namespace hive::analysis {

// Logarithm and exponential whose results have the same bits with every compiler and C library. Those of the C library
// are accurate, but not correctly rounded, so their last bit differs between libraries. These use only operations that
// IEEE 754 defines exactly.

/// Natural logarithm of `x`, with a relative error below 1e-15. Zero gives -infinity, negative values and NaN give NaN.
double natural_log(double x);

/// e to the power of `x`, with a relative error below 1e-15 where the result is a normal number. Too large values give
/// infinity, too small ones 0.
double exponential(double x);

} // namespace hive::analysis
