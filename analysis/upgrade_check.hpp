#pragma once

#include "analysis/metric_judgement.hpp"
#include "analysis/metric_rules.hpp"
#include "analysis/verdict.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hive::analysis {

/// Result of an adapter in a capture.
enum class outcome : uint8_t { ok, skipped, error };

/// One measured value. Its texts must outlive the check.
struct metric_point {
  std::string_view adapter;
  std::string_view name;
  double value = 0;
  direction better = direction::higher;
  bool fast = true;            ///< of a fast-tier adapter
  std::string_view scope = {}; ///< values with different scopes are not comparable
  std::string_view unit = {};
  bool gate = true; ///< false: shown without affecting the verdict
  /// Change for the worse, in the metric's unit, that is tolerated when the old value is zero or negative. At least 0;
  /// `no_margin` when none is given.
  double absolute_margin = no_margin;
  /// Worst value that is no regression; `no_margin` when none is given.
  double floor = no_margin;
  environment_fields same_environment = {}; ///< must be equal on both sides, unless policy is threshold
  // For policy statistical.
  double margin = default_margin; ///< tolerated change for the worse, as a share
  double resolution = 0;          ///< smallest step of the values, in the metric's unit
  metric_kind kind = metric_kind::continuous;
  bool advisory = false;                ///< judged, but decides nothing
  std::span<const double> samples = {}; ///< of which `value` is the mean; empty: `value` alone
  bool paired = false;                  ///< whether sample i of both sides was measured one right after the other
  uint32_t left_out = 0;                ///< pairs that do not count
};

/// How an adapter's figures came about.
enum class quality : uint8_t {
  clean,
  disturbed, ///< something else had a part in them
  simulated  ///< computed on a device that is not there
};

struct adapter_point {
  std::string_view name;
  outcome status = outcome::ok;
  std::string_view reason = {};
  quality measured = quality::clean;
  std::string disturbance = {}; ///< what disturbed it
};

/// One side of a comparison. The order of `metrics` decides no more than that of the findings.
struct version_points {
  bool present = false; ///< whether a snapshot of this version exists
  std::string_view version;
  std::span<const std::string> similar; ///< similar version names, in case the version has no snapshot
  environment taken_on;
  std::span<const metric_point> metrics;
  std::span<const adapter_point> adapters;
};

enum class policy : uint8_t { threshold, strict, statistical };
/// The order of the regressions in a result: worst first, or as the old side lists its metrics.
enum class finding_order : uint8_t { severity, snapshot };

struct metric_change {
  std::string_view adapter;
  std::string_view metric;
  double old_value = 0;
  double new_value = 0;
  double change_pct = 0; ///< in percent of the old value; NaN when that is zero
  direction better = direction::higher;
  std::string_view unit = {};
  double floor = no_margin; ///< by which it was judged; `no_margin` when it was judged by its change
};

/// A metric or adapter that could not be compared.
struct missing_metric {
  std::string_view adapter;
  std::string_view metric;
  std::string reason;
  bool blocks = true; ///< whether it prevents a safe verdict
  /// Set for a metric that both versions have. NaN: not measured.
  double old_value = no_margin;
  double new_value = no_margin;
  std::string_view old_unit = {};
  std::string_view new_unit = {};
};

struct upgrade_result {
  verdict decided = verdict::inconclusive;
  std::string reason;                     ///< names the first few deciding findings; at most about 3,000 bytes
  uint32_t compared = 0;                  ///< metrics that were judged
  std::vector<metric_change> regressions; ///< in the order asked for
  std::vector<metric_change> improvements;
  std::vector<missing_metric> missing; ///< blocking ones first
  std::vector<metric_change> ungated;  ///< changes that decide nothing
  /// Under policy statistical, each metric that was judged by its samples: regressed, then inconclusive, then safe
  /// ones; critical ones before advisory ones.
  std::vector<metric_judgement> judgements;
};

/// A metric of two sides as policy statistical judges it: by the old side's rules, as pairs where both are paired. The
/// level of a regression is shared among `critical` metrics.
judged_metric as_judged(const metric_point& was, const metric_point& now, look_plan plan, uint32_t critical);

/// Whether `new_side` may replace `old_side`.
///
/// Two values are comparable only with equal unit, direction and scope; otherwise no policy says safe. (Under
/// threshold, a side without a unit, as in HART OS's snapshots, compares with any.) Neither policy says safe when the
/// snapshots share no metric. Equal values are never a regression. A metric decides nothing when `gate` is false on
/// both sides.
///
/// What was disturbed, on either side, is inconclusive under strict and left out under threshold. What was simulated is
/// compared with nothing else than what was simulated.
///
/// A metric with a floor is judged by it alone, under both policies: a value beyond it is a regression whatever the old
/// value was, even an equal one, since such a metric is itself a change (of an agent since its last baseline). When the
/// two sides state different floors, a value beyond one of them is inconclusive under strict, and a regression under
/// threshold. A floor that only the new side states can make a regression, and spares the metric no other rule.
///
/// Policy threshold is HART OS's rule: a metric present on both sides regresses when new < 0.95·old (higher is better)
/// or new > 1.05·old (lower is better), in double precision; adapters skipped on either side are ignored. Without an
/// old snapshot the verdict is safe ("no baseline to compare"), without a new one inconclusive ("new version snapshot
/// missing").
///
/// Policy strict fails closed. These are inconclusive: a fast-tier metric that only the old side has, a NaN, an adapter
/// that failed on either side, a missing snapshot, and an environment that differs or is unknown in a field that either
/// side's metric needs equal.
/// Old values above zero are judged by the 5% of threshold, others by the metric's absolute margin; without a margin a
/// change is inconclusive. The new side cannot grant itself a margin: one that only it states can make a regression,
/// not a pass. A certain regression outweighs missing data.
///
/// Policy statistical fails closed likewise, and judges the samples of both sides in place of their means
/// (`judge_metric`): pairs where both sides are paired, otherwise as stored. The rules of the old side count. What is
/// inconclusive about a critical metric blocks; an advisory one decides nothing. The level of a regression is shared
/// among the critical metrics.
upgrade_result check_upgrade(const version_points& old_side, const version_points& new_side, policy rule,
                             finding_order order = finding_order::severity, look_plan plan = look_plan::short_form);

} // namespace hive::analysis
