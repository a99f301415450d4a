#pragma once

#include <optional>
#include <span>

namespace hive::analysis {

// Student's t distribution with `df` > 0 degrees of freedom, which may be a fraction, or infinite (the normal
// distribution). The same bits on every machine: only elementary.hpp, normal.hpp and operations that IEEE 754 defines
// exactly. With df not above 0, or NaN, results are NaN.

/// P(T > t), without the cancellation of 1 − cdf. Where the result is above 1e-100, its relative error is below 2e-12
/// for df up to 1e4, 1e-10 up to 1e6, and 1e-9 above. Takes time O(√df), at most about 0.2 ms.
double student_t_upper(double t, double df);

/// P(T ≤ t). Errors as of `student_t_upper`.
double student_t_cdf(double t, double df);

/// P(|T| > |t|).
double student_t_two_sided(double t, double df);

/// The t with P(T ≤ t) = p; -infinity for p ≤ 0, infinity for p ≥ 1. The relative error is below 1e-11 for df up to 1e6
/// and p in [1e-100, 1 − 1e-12].
double student_t_quantile(double p, double df);

struct welch_result {
  double t = 0;             ///< infinite when both sides are constant and differ
  std::optional<double> df; ///< Welch–Satterthwaite; nothing when both sides are constant
  double p_two_sided = 1;
  double p_less = 0.5; ///< of the hypothesis that the mean of `a` is not below that of `b`
  double p_greater = 0.5;
};

/// Welch's t test of two means with unequal variances (B. L. Welch, "The generalization of 'Student's' problem when
/// several different population variances are involved", 1947). Nothing when a side has fewer than two values. Values
/// must be finite.
std::optional<welch_result> welch_t(std::span<const double> a, std::span<const double> b);

} // namespace hive::analysis
