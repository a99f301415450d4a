#include "analysis/mixture.hpp"

#include "analysis/elementary.hpp"

#include <cmath>

namespace hive::analysis {

double normal_mixture_half_width(double n, double s, double rho_squared, double alpha) {
  double growth = n * rho_squared + 1;
  return s * std::sqrt(2 * growth / (n * n * rho_squared) * natural_log(std::sqrt(growth) / alpha));
}

double normal_mixture_boundary(double v, double rho, double log_inverse_alpha) {
  return std::sqrt((v + rho) * (natural_log((v + rho) / rho) + 2 * log_inverse_alpha));
}

} // namespace hive::analysis
