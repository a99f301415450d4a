#pragma once

#include <span>

namespace hive::quantiphy {

/// Mean relative accuracy of one answer: the share of the thresholds θ for which |prediction − truth| / |truth| < 1 −
/// θ. `truth` must not be 0.

/// The rule of QuantiPhy (arXiv 2512.19526, evaluator.py of Paulineli/QuantiPhy): θ ∈ {.1, .2, …, .9, .95}. The
/// prediction's sign is ignored, as there; the truth's too, where the original gives every answer to a negative truth a
/// full score.
double mra(double prediction, double truth);

/// The rule of VSI-Bench (arXiv 2412.14171): θ ∈ {.50, .55, …, .95}, strictly below as in the paper.
double strict_mra(double prediction, double truth);

/// The value at or below which 95 % of the values are (nearest rank). 0 when there are none.
double p95(std::span<const double> values);

} // namespace hive::quantiphy
