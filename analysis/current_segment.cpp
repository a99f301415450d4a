#include "analysis/current_segment.hpp"

#include "analysis/magnitude.hpp"
#include "analysis/robust.hpp"
#include "analysis/student_t.hpp"

#include <algorithm>
#include <cmath>

namespace hive::analysis {

std::optional<point_judgement> judge_point(const history_changes& history, double value,
                                           const change_options& options) {
  auto current = history.current();
  if (!current || current->size() < least_segment_values || !std::isfinite(value))
    return std::nullopt;
  point_judgement out{.values = current->size(), .expected = current->level};
  auto n = static_cast<double>(current->size());
  double deviation = current->deviation, leverage = 1 / n, fitted = 1;
  if (const auto& line = history.drift) {
    out.expected = line->last + line->slope;
    deviation = line->deviation;
    leverage += 3 * (n + 1) / (n * (n - 1));
    fitted = 2;
  }
  double inflation = variance_inflation(history.autocorrelation);
  out.difference = value - out.expected;
  out.relative = relative_change(out.expected, value);
  out.t = in_units(out.difference, deviation * std::sqrt(1 + inflation * leverage));
  out.df = std::max(2.0, n / inflation - fitted);
  out.p = student_t_two_sided(out.t, out.df);
  out.stands_out = out.p <= change_level && std::abs(out.relative) >= std::max(options.floor, least_magnitude);
  return out;
}

} // namespace hive::analysis
