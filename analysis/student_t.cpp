#include "analysis/student_t.hpp"

#include "analysis/elementary.hpp"
#include "analysis/moments.hpp"
#include "analysis/normal.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace hive::analysis {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
/// More degrees of freedom are near enough to infinitely many for a correction of first order.
constexpr double max_exact_df = 1e8;
/// More steps than the continued fraction takes for any df up to `max_exact_df`.
constexpr int max_fraction_steps = 100'000;
/// Newton's method takes about five steps, and at most some twenty for tiny df.
constexpr int max_quantile_steps = 60;

/// ln(1 + y) for y ≥ 0, without the loss of digits for small y (W. Kahan).
double log_one_plus(double y) {
  double sum = 1 + y;
  return sum == 1 ? y : natural_log(sum) * (y / (sum - 1));
}

/// Γ(a + ½)/Γ(a) for a > 0: the asymptotic series in 1/a, reached by Γ(a + 1) = a·Γ(a). Its first term that is left out
/// is below 1e-16.
double half_step_of_gamma(double a) {
  constexpr double series_start = 20;
  constexpr std::array coefficients{-1.0 / 8, 1.0 / 192, -1.0 / 640, 17.0 / 14'336, -31.0 / 18'432};
  double factor = 1;
  for (; a < series_start; a += 1)
    factor *= a / (a + 0.5);
  double logarithm = 0;
  for (auto coefficient = coefficients.rbegin(); coefficient != coefficients.rend(); ++coefficient)
    logarithm = logarithm / (a * a) + *coefficient;
  return factor * std::sqrt(a) * exponential(logarithm / a);
}

/// The continued fraction of the incomplete beta function I_x(a, b) without its first factor (NIST Digital Library of
/// Mathematical Functions, 8.17.22), by the modified Lentz method. Converges fast for x < (a + 1)/(a + b + 2).
double beta_fraction(double x, double a, double b) {
  constexpr double tiny = 1e-300;
  auto never_zero = [](double value) { return std::abs(value) < tiny ? tiny : value; };
  double numerator = 1, denominator = 1 / never_zero(1 - (a + b) * x / (a + 1)), fraction = denominator;
  for (int m = 1; m < max_fraction_steps; ++m) {
    double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    double change = 1;
    for (double term : {even, odd}) {
      denominator = 1 / never_zero(1 + term * denominator);
      numerator = never_zero(1 + term / numerator);
      change = numerator * denominator;
      fraction *= change;
    }
    if (std::abs(change - 1) < std::numeric_limits<double>::epsilon())
      break;
  }
  return fraction;
}

/// Where t > 0 lies in the distribution. P(T > t) = ½·I_x(df/2, ½) with x = df/(df + t²) (NIST DLMF 8.17).
struct place {
  double upper = 0;           ///< P(T > t)
  double centre = 0;          ///< P(0 < T < t)
  double density_times_t = 0; ///< t times the density
};

place locate(double t, double df) {
  double a = df / 2, u = t / std::sqrt(df), y = u * u;
  bool is_far = u > 1e8; // y alone is then 1 + y, and may be infinite
  double log_of_x = is_far ? -2 * natural_log(u) : -log_one_plus(y);
  double x = 1 / (1 + y), rest = y > 1 ? 1 / (1 + 1 / y) : y / (1 + y);
  place out;
  out.density_times_t = half_step_of_gamma(a) * std::numbers::inv_sqrtpi * exponential(a * log_of_x) * std::sqrt(rest);
  if (x < (a + 1) / (a + 2.5)) {
    out.upper = out.density_times_t / (2 * a) * beta_fraction(x, a, 0.5);
    out.centre = 0.5 - out.upper;
  } else {
    out.centre = out.density_times_t * beta_fraction(rest, 0.5, a);
    out.upper = 0.5 - out.centre;
  }
  return out;
}

/// The z with P(Z > z) ≈ P(T > t) for very many degrees of freedom (Abramowitz and Stegun 26.7.8).
double nearly_normal(double t, double df) {
  return t * (1 - 1 / (4 * df)) / std::sqrt(1 + t / df * (t / 2));
}

double upper_of_positive_t(double t, double df) {
  if (std::isinf(t))
    return 0;
  return df > max_exact_df ? normal_upper(nearly_normal(t, df)) : locate(t, df).upper;
}

/// The t > 0 with P(T > t) = tail, P(0 < T < t) = centre. Newton's method on logarithms of t and of the smaller share:
/// both curves are concave, so that from the second step on it nears the root from one side.
double solve(double tail, double centre, double df) {
  double t = -normal_quantile(tail);
  for (int i = 0; i < max_quantile_steps; ++i) {
    auto at = locate(t, df);
    double step = tail < centre ? natural_log(at.upper / tail) * at.upper / at.density_times_t
                                : -natural_log(at.centre / centre) * at.centre / at.density_times_t;
    t *= exponential(step);
    if (!(std::abs(step) > 4 * std::numeric_limits<double>::epsilon()) || std::isinf(t))
      break;
  }
  return t;
}

/// Welch–Satterthwaite. The variances are of the two means; divided by their sum first, since their squares could
/// leave the range of a double.
double welch_df(double of_a, size_t a, double of_b, size_t b) {
  double share_a = of_a / (of_a + of_b), share_b = of_b / (of_a + of_b);
  return 1 / (share_a * share_a / static_cast<double>(a - 1) + share_b * share_b / static_cast<double>(b - 1));
}

} // namespace

double student_t_upper(double t, double df) {
  if (!(df > 0) || std::isnan(t))
    return std::numeric_limits<double>::quiet_NaN();
  if (t == 0)
    return 0.5;
  return t > 0 ? upper_of_positive_t(t, df) : 1 - upper_of_positive_t(-t, df);
}

double student_t_cdf(double t, double df) {
  return student_t_upper(-t, df);
}

double student_t_two_sided(double t, double df) {
  return 2 * student_t_upper(std::abs(t), df);
}

double student_t_quantile(double p, double df) {
  if (!(df > 0) || std::isnan(p))
    return std::numeric_limits<double>::quiet_NaN();
  if (p <= 0 || p >= 1)
    return p <= 0 ? -infinity : infinity;
  if (p == 0.5)
    return 0;
  if (df > max_exact_df) {
    double z = normal_quantile(p), slope = 1 - 1 / (4 * df);
    return z / std::sqrt(slope * slope - z * z / (2 * df));
  }
  double t = solve(p < 0.5 ? p : 1 - p, std::abs(p - 0.5), df);
  return p < 0.5 ? -t : t;
}

std::optional<welch_result> welch_t(std::span<const double> a, std::span<const double> b) {
  if (a.size() < 2 || b.size() < 2)
    return std::nullopt;
  double of_a = *sample_variance(a) / static_cast<double>(a.size());
  double of_b = *sample_variance(b) / static_cast<double>(b.size());
  double difference = mean(a) - mean(b);
  welch_result out;
  if (of_a + of_b > 0) {
    out.t = difference / std::sqrt(of_a + of_b);
    out.df = welch_df(of_a, a.size(), of_b, b.size());
  } else if (difference != 0) {
    out.t = difference > 0 ? infinity : -infinity;
  }
  double df = out.df.value_or(infinity);
  out.p_two_sided = student_t_two_sided(out.t, df);
  out.p_less = student_t_cdf(out.t, df);
  out.p_greater = student_t_upper(out.t, df);
  return out;
}

} // namespace hive::analysis
