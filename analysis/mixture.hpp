#pragma once

namespace hive::analysis {

// Bounds that hold at all times at once, so that a series may be looked at after every value.

/// Half width of the confidence sequence of a mean after n ≥ 1 values of standard deviation `s`, two-sided at `alpha`
/// in (0, 1), asymptotic (I. Waudby-Smith, D. Arbour, R. Sinha, E. Kennedy and A. Ramdas, "Time-uniform central limit
/// theory and asymptotic confidence sequences", 2021): s·√(2(nr + 1)/(n²r) · ln(√(nr + 1)/alpha)). `rho_squared` r > 0
/// chooses where it is tightest.
double normal_mixture_half_width(double n, double s, double rho_squared, double alpha);

/// Bound of the absolute sum of a sub-Gaussian process at intrinsic time v ≥ 0 (S. R. Howard, A. Ramdas, J. McAuliffe
/// and J. Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences", 2021, two-sided normal mixture):
/// √((v + rho)(ln((v + rho)/rho) + 2·log_inverse_alpha)), with rho > 0 and log_inverse_alpha = ln(1/alpha).
double normal_mixture_boundary(double v, double rho, double log_inverse_alpha);

} // namespace hive::analysis
