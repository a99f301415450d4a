#include "analysis/signed_rank_look.hpp"

#include "analysis/hodges_lehmann.hpp"
#include "analysis/normal.hpp"
#include "analysis/rank_distributions.hpp"
#include "analysis/robust.hpp"

#include <cmath>
#include <limits>

namespace hive::analysis {
namespace {

constexpr double unbounded = std::numeric_limits<double>::infinity();
/// Variance of Hodges and Lehmann's estimate relative to the mean's, for normal values: π/3.
constexpr double rank_variance = 1.05;
/// Standard errors between estimate and margin at which a look settles it.
constexpr double settling_errors = 2.6;
constexpr double max_pairs_needed = 1e6;

/// Bounds and p-values of the centre of some changes.
class centre {
public:
  centre(std::span<const double> changes, double inflation)
      : n_{static_cast<int64_t>(changes.size())}, inflation_{inflation}, averages_{changes} {
  }

  double estimate() const {
    return averages_.median();
  }

  double lower(double level) const {
    auto c = critical(level);
    return c < 0 ? -unbounded : averages_.at(c + 1);
  }

  double upper(double level) const {
    auto c = critical(level);
    return c < 0 ? unbounded : averages_.at(averages_.size() - c);
  }

  /// p-value of a centre of at least `limit`.
  double p_below(double limit) const {
    return p_of(averages_.count_at_least(limit));
  }

  /// p-value of a centre of at most `limit`.
  double p_above(double limit) const {
    return p_of(averages_.count_at_most(limit));
  }

private:
  int64_t critical(double level) const {
    return signed_rank_critical(n_, inflated_level(level, inflation_));
  }

  double p_of(int64_t w) const {
    return normal_cdf(normal_quantile(signed_rank_cdf(n_, w)) / std::sqrt(inflation_));
  }

  int64_t n_;
  double inflation_;
  walsh_averages averages_;
};

} // namespace

change_noise noise_of(std::span<const double> changes) {
  change_noise out;
  out.rho = autocorrelation(clip_about_median(changes, change_clip))->rho_used;
  out.inflation = variance_inflation(out.rho);
  out.deviation = spread_about_median(changes).scaled;
  return out;
}

std::optional<uint32_t> pairs_that_settle(const change_noise& noise, double distance) {
  double errors = settling_errors * noise.deviation / distance;
  double pairs = std::ceil(noise.inflation * rank_variance * errors * errors);
  // Not a number where neither the values nor the margin leave a distance.
  if (!(pairs <= max_pairs_needed))
    return std::nullopt;
  return static_cast<uint32_t>(pairs);
}

double distance_settled_by(const change_noise& noise, uint32_t pairs) {
  return settling_errors * noise.deviation * std::sqrt(noise.inflation * rank_variance / pairs);
}

double inflated_level(double level, double inflation) {
  return normal_cdf(std::sqrt(inflation) * normal_quantile(level));
}

look_result judge_look(std::span<const double> changes, double margin, look_plan plan, uint32_t number,
                       uint32_t metrics) {
  auto looks = looks_of(plan);
  look_result out;
  out.number = number;
  out.pairs = looks[number - 1].pairs;
  out.level = looks[number - 1].level;
  auto noise = noise_of(changes);
  out.rho = noise.rho;
  out.inflation = noise.inflation;
  centre at{changes, out.inflation};
  out.estimate = at.estimate();
  out.lower = at.lower(out.level / metrics);
  out.upper = at.upper(out.level);
  out.p_safe = at.p_below(margin);
  out.p_regressed = at.p_above(margin);
  out.p_better = at.p_below(0);
  out.p_worse = at.p_above(0);
  out.pairs_needed = pairs_that_settle(noise, margin - out.estimate);
  if (out.upper < margin)
    out.decided = verdict::safe;
  else if (out.lower > margin)
    out.decided = verdict::regressed;
  else if (number == looks.size() && at.lower(last_look_level / metrics) > 0 &&
           at.lower(last_look_margin_level / metrics) > margin) {
    out.decided = verdict::regressed;
    out.by_last_look = true;
  }
  return out;
}

} // namespace hive::analysis
